#!/bin/sh
# Run once by the image of PostgreSQL, when it sets up an empty volume: Augury's role owns its database and is nothing
# more, and the superuser has no password, so that it can sign in from inside the container alone.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv admin POSTGRES_USER
\getenv password POSTGRES_PASSWORD
create role augury login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'password';
create database augury owner augury;
revoke all on database augury from public;
revoke connect on database postgres from public;
alter role :"admin" password null;
SQL
