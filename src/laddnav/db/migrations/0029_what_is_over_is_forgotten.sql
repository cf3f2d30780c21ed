-- What is over is found by its age, what is due is found without reading all.
-- Before: 0022. After: the same rows; commands and deliveries that are over are found by their age, commands that
-- nobody answered by their time, those of a partner by the partner; and a line says what it was compared with last.

create index ocpi_command_over on ocpi_command (asked_at) where state not in ('asked', 'accepted');
create index ocpi_command_open on ocpi_command (expires_at) where state in ('asked', 'accepted');
create index ocpi_command_of_partner on ocpi_command (holder, connection_id, id);
-- Of a Location or Tariff one stays, for who was told of it has to hear of its end; unless it is one word of many.
create index ocpi_delivery_over on ocpi_delivery (delivered_at)
  where delivered_at is not null and (module not in ('locations', 'tariffs') or path <> object_key);

alter table ocpi_line add column compared text; -- with what is so around it, when what its partner was told was checked
