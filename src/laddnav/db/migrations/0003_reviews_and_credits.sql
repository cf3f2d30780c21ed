-- Before: a session of ours has one CDR for ever; a partner's CDR is billed as it comes.
-- After: it has one that is not credited, whatever came late; a partner's CDR is billed once somebody, or a check of it,
-- accepted it.

-- How often a session of ours was closed: a successor follows only on a credit CDR, and comes one number higher.
alter table cdr add column closing integer not null default 1;
-- What a credit CDR takes back, as id_key.
alter table cdr add column credited_key text;
drop index cdr_of_session_once;
create unique index cdr_of_session_once on cdr (holder, owner, session_key, closing) where owner = holder and not credit;
create unique index cdr_credited_once on cdr (holder, owner, credited_key) where owner = holder and credit;
create index cdr_credits on cdr (holder, owner, credited_key) where credit;
-- The same charge under another id, and another at the same time, are found by their EVSE.
create index cdr_of_evse on cdr (holder, owner, evse_uid, started_at);

-- What we think of a partner's CDR: at most one row a CDR, written when it is first judged.
create table cdr_review (
  holder text not null,
  owner text not null,
  id_key text not null,
  ref text not null,               -- of the CDR
  standing text not null,
  disputed_at timestamptz,         -- null: it was accepted as it came
  other_key text,                  -- the CDR that it repeats or credits, whose fate may change ours
  body text not null,
  last_updated timestamptz not null,
  primary key (holder, owner, id_key)
);
create index cdr_review_disputes on cdr_review (holder, ref) where disputed_at is not null;
create index cdr_review_waiting on cdr_review (holder, owner, other_key) where standing = 'DISPUTED';

-- What was billed before there was a check stays so.
insert into cdr_review (holder, owner, id_key, ref, standing, body, last_updated)
select holder, owner, id_key, ref, 'ACCEPTED', json_build_object(
    'holder', json_build_object('country', split_part(holder, '*', 1), 'party', split_part(holder, '*', 2)),
    'owner', json_build_object('country', split_part(owner, '*', 1), 'party', split_part(owner, '*', 2)),
    'cdr_id', id, 'ref', ref, 'standing', 'ACCEPTED', 'currency', currency, 'stated', total_excl,
    'reviewed_at', to_char(last_updated at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text, last_updated
from cdr where owner <> holder;

-- What a tariff said before: a session keeps the version of its start, and so does the check of its CDR.
create table tariff_version (
  holder text not null,
  owner text not null,
  id_key text not null,
  last_updated timestamptz not null,
  body text not null,
  primary key (holder, owner, id_key, last_updated)
);
