-- A place that is not published is shown to the parties of whose drivers it names a Token.
-- Before: 0030. After: the same tables; such places, and partners' Tokens by what may name them, are found by indexes.

create index location_shown_to_some on location (holder)
  where (owner = holder) is true and not publish and body like '%"publish_allowed_to":[{%';
create index token_by_visual_number on token (holder, lower(body::jsonb ->> 'visual_number'))
  where owner <> holder and (body::jsonb ->> 'visual_number') is not null;
create index token_by_group on token (holder, lower(body::jsonb ->> 'group_id'))
  where owner <> holder and (body::jsonb ->> 'group_id') is not null;
