-- Moves whenever a connection is saved, removed, or confirmed as a Halo of another identity, so
-- that what a Halo answered before is never stored for the one that is connected since.
alter table connections add column revision integer not null default 0;
