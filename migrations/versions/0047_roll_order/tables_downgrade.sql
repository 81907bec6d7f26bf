DROP VIEW history.closed_roll_lines;
ALTER TABLE history.closed_roll_lines_rows DROP COLUMN sort_key;
ALTER TABLE closed_roll_lines DROP COLUMN sort_key;
SELECT enable_history('closed_roll_lines', 'meeting', 'participant');
