-- Two roles and a database, with no more rights than they need. For psql 14 or newer, as a superuser or as one who may make
-- roles and databases, with both passwords in the environment (arguments are for all users of the machine to see):
--
--     psql --no-psqlrc -v ON_ERROR_STOP=1 -d postgres -f roles.sql
--
-- connectorlog_owner owns the tables: `connectorlog store migrate` connects with it, and nothing else does.
-- connectorlog reads and writes rows: what servers connect with.
--
-- A server holds at most 11 connections: max_connections has to be 11 a server, and some for yourself. A pooler between has to
-- keep sessions whole (pool_mode = session of PgBouncer): statements are prepared, and servers listen to each other.

\set ON_ERROR_STOP on
\set owner_password ''
\set server_password ''
\getenv owner_password CONNECTORLOG_OWNER_PASSWORD
\getenv server_password CONNECTORLOG_CATALOG_PASSWORD
SELECT :'owner_password' = '' OR :'server_password' = '' AS is_missing \gset
\if :is_missing
    DO $$ BEGIN RAISE EXCEPTION 'set CONNECTORLOG_OWNER_PASSWORD and CONNECTORLOG_CATALOG_PASSWORD'; END $$;
\endif

SET password_encryption = 'scram-sha-256';
CREATE ROLE connectorlog_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE connectorlog LOGIN PASSWORD :'server_password';
-- Who is no superuser has to be a member of the role that a database is made for.
GRANT connectorlog_owner TO CURRENT_USER;

CREATE DATABASE connectorlog OWNER connectorlog_owner ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;
REVOKE ALL ON DATABASE connectorlog FROM PUBLIC;
GRANT CONNECT ON DATABASE connectorlog TO connectorlog;

\connect connectorlog
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO connectorlog_owner;
GRANT USAGE ON SCHEMA public TO connectorlog;
-- Tables that migrations will make.
ALTER DEFAULT PRIVILEGES FOR ROLE connectorlog_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO connectorlog;
