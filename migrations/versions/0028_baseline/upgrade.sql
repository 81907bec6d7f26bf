-- All that revision 0028 consists of. Never edited: later revisions change it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gist;
-- Functions that columns and constraints of the tables call.
\ir locks.sql
\ir days.sql
\ir search.sql
\ir time_zones.sql
\ir tables.sql
\ir history.sql
\ir revisions.sql
\ir parts.sql
\ir rules.sql
\ir scans.sql
\ir attendance_views.sql
SET search_path = history, public;
\ir attendance_views.sql
RESET search_path;
\ir attendance.sql
\ir counts.sql
\ir check_in.sql
\ir retention.sql
\ir audit.sql
\ir clients.sql
