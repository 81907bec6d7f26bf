DROP VIEW history.closed_roll_lines;
DROP VIEW history.closed_rolls;
DROP TABLE history.closed_roll_lines_rows;
DROP TABLE history.closed_rolls_rows;
DROP TABLE closed_roll_lines;
DROP TABLE closed_rolls;
DROP TABLE closed.participants;
DROP TABLE closed.sessions;
DROP TABLE closed.meeting_days;
DROP TABLE closed.entries_and_exits;
DROP TABLE closed.participant_organizations;
DROP SCHEMA closed;
DELETE FROM roll_corrections WHERE kind = 'late_upload';
ALTER TABLE roll_corrections DROP CONSTRAINT ck_roll_corrections_kind_known;
ALTER TABLE roll_corrections ADD CONSTRAINT ck_roll_corrections_kind_known
    CHECK (kind IN ('status', 'scan', 'reopen'));
