-- What a version of OCPI has no words for, of an object of ours; an object of which nothing is lost has no row.
create table ocpi_loss (
  holder text not null,
  module text not null,
  version text not null,
  id_key text not null,
  lost text[] not null,            -- fields as paths in our own words, without places in lists; '*' is all of it
  primary key (holder, module, version, id_key)
);
