-- Rolls that are closed already are copied as they are now. Those that were anonymised have no lines to copy.
SELECT copy_roll(code, roll_closed_at, NULL) FROM meetings
WHERE roll_closed_at IS NOT NULL AND anonymised_at IS NULL ORDER BY code;
