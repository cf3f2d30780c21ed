-- Mail that we send, with what is attached.
-- Before: 0001. After: there is none.

create table mail (
  holder text not null,
  ref text not null,
  key text not null,                  -- what it tells of; the same is the same mail
  state text not null,
  next_at timestamptz,                -- when it is tried; null: it was sent, or nobody takes it
  claimed_until timestamptz,          -- by a process that is sending it
  made_at timestamptz not null,
  forgotten boolean not null default false, -- what it said, and to whom
  body text not null,
  primary key (holder, ref),
  unique (holder, key)
);
create unique index mail_by_ref on mail (ref);
create index mail_due on mail (next_at) where next_at is not null;
create index mail_failed on mail (holder, ref) where state = 'FAILED';
create index mail_old on mail (made_at) where state = 'SENT' and not forgotten;

create table mail_attached (
  holder text not null,
  mail text not null,
  number integer not null,
  name text not null,
  kind text not null,                 -- its media type
  data bytea not null,
  primary key (holder, mail, number),
  foreign key (holder, mail) references mail (holder, ref)
);
