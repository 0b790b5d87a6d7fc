-- A process refuses to start on a schema that lacks its migrations.
grant select on _sqlx_migrations to infima_app;
