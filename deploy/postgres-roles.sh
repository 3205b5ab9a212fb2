#!/bin/sh
# Run once by the postgres image when it makes the cluster: the role that the service logs in as. It owns nothing and
# gets its rights from plugport_app, to which the migrations grant them.
set -eu

psql --no-psqlrc --quiet --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
    --set=ON_ERROR_STOP=1 --set=password="$SERVICE_PASSWORD" --set=database="$POSTGRES_DB" <<'SQL'
CREATE ROLE plugport_app NOLOGIN;
CREATE ROLE plugport_service LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password' IN ROLE plugport_app;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO plugport_service;
SQL
