-- One statement can write, ask whether what it goes by is so, and undo itself where it is not: no round trip between.
-- Before: 0094. After: `all_held` raises what is told as Overtaken where less was found than was wanted.

create function all_held(held bigint, wanted bigint) returns boolean language plpgsql as $$
begin
  if held <> wanted then
    raise exception 'only % of % are as they were supposed to be', held, wanted using errcode = 'serialization_failure';
  end if;
  return true;
end $$;
