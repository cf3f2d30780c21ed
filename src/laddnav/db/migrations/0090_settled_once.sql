-- What a month's statements granted a host, so that what comes late is held against it.
-- Before: 0082. After: of each statement, what it said of each agreement and month.

create table share_granted (
  holder text not null,
  agreement text not null,
  month text not null,              -- of which: that of the statement, or an earlier one of which shares came late
  statement text not null,
  shares numeric not null,
  fixed numeric not null,
  guarantee numeric not null,
  primary key (holder, agreement, month, statement),
  foreign key (holder, agreement) references share_agreement (holder, ref),
  foreign key (holder, statement) references host_statement (holder, ref)
);

-- Statements of before told fixed sums and guarantees of their own month alone; their shares are of any.
insert into share_granted (holder, agreement, month, statement, shares, fixed, guarantee)
select holder, agreement, month, statement, sum(shares), sum(fixed), sum(guarantee)
from (
  select holder, agreement, month, statement, amount as shares, 0::numeric as fixed, 0::numeric as guarantee
  from share where statement is not null
  union all
  select s.holder, line ->> 'agreement', s.month, s.ref, 0, coalesce(line ->> 'fixed', '0')::numeric,
    coalesce(line ->> 'guarantee', '0')::numeric
  from host_statement s, json_array_elements(s.body::json -> 'lines') as line
) as said
group by holder, agreement, month, statement;

-- Charges of which nobody said where their energy is bought: found when somebody does. A share that waits for that is
-- looked at once more now.
create index margin_without_site on margin (holder, location_id)
  where unknown && array['NO_SITE', 'NO_ZONE', 'NO_GRID_TARIFF'];
update margin set again_at = now() where again_at is null and unknown && array['NO_ENERGY'];
