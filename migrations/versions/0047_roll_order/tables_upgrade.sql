ALTER TABLE closed_roll_lines ADD COLUMN sort_key text;
SELECT enable_history('closed_roll_lines', 'meeting', 'participant');
