#!/bin/sh
# Runs once, when the database is created: makes the application's role, with its password. `migrate` finds the role and
# grants it what it needs.
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set password="$(cat "$INFIMA_APP_PASSWORD_FILE")" <<'SQL'
create role infima_app login password :'password';
SQL
