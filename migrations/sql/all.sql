-- The current text of all functions, views and triggers, in the order in which they depend on each other. The tables
-- are described in app/models.
--
-- Migrations contain copies, which are never edited. To change a function, edit it here and run
-- `python -m migrations.replace`, which writes the next migration. A test runs this file on a migrated database and
-- expects no change. A DBA can do the same and roll back:
--
--     PGOPTIONS='-c client_min_messages=warning -c lock_timeout=1s' psql -q -v ON_ERROR_STOP=1 \
--         -c BEGIN -f migrations/sql/all.sql -c ROLLBACK
\ir locks.sql
\ir days.sql
\ir search.sql
\ir time_zones.sql
\ir history.sql
\ir revisions.sql
\ir parts.sql
\ir rules.sql
\ir meeting_days.sql
\ir device_clocks.sql
\ir scans.sql
\ir day_statuses.sql
\ir scan_views.sql
\ir attendance_views.sql
SET search_path = history, public;
\ir scan_views.sql
\ir attendance_views.sql
RESET search_path;
\ir roll_order.sql
\ir closed_inputs.sql
SET search_path = closed, public;
\ir attendance_views.sql
RESET search_path;
\ir attendance.sql
\ir live_roll_lines.sql
\ir roll_views.sql
\ir roll_groups.sql
SET search_path = history, public;
\ir live_roll_lines.sql
\ir roll_views.sql
SET search_path = closed, public;
\ir live_roll_lines.sql
RESET search_path;
\ir counts.sql
\ir check_in.sql
\ir roll_secrets.sql
\ir erasure.sql
\ir retention.sql
\ir audit.sql
\ir clients.sql
\ir corrections.sql
\ir callers.sql
\ir closed_rolls.sql
