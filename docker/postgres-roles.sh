#!/bin/sh
# Run once by the PostgreSQL image on an empty volume: the owner of the tables, and the role the application connects as.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  -v owner_password="$(cat /run/secrets/owner_password)" -v app_password="$(cat /run/secrets/app_password)" <<'SQL'
CREATE ROLE ov_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE ov_app LOGIN PASSWORD :'app_password';
CREATE DATABASE oversight OWNER ov_owner;
REVOKE ALL ON DATABASE oversight FROM PUBLIC;
GRANT CONNECT ON DATABASE oversight TO ov_app;
SQL
