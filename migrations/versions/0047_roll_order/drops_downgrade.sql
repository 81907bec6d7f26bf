SET search_path = closed, public;

DROP VIEW live_roll_lines;

SET search_path = history, public;

DROP VIEW roll_presence;

DROP VIEW roll_lines;

DROP VIEW live_roll_lines;

RESET search_path;

DROP VIEW roll_presence;

DROP VIEW roll_lines;

DROP VIEW live_roll_lines;

DROP VIEW history.attendance;

DROP FUNCTION roll_sort_key;

DROP FUNCTION office_rank;
