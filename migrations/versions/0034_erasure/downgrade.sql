DROP TRIGGER reject_nearer_erasure ON meetings;
DROP FUNCTION reject_nearer_erasure();
DROP FUNCTION has_had_participants(text);
DROP FUNCTION erasure_due_at(date, int, text);
DROP INDEX history.participants_rows_meeting;
