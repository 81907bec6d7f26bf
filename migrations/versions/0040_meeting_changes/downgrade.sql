-- The former code does not know these kinds.
DELETE FROM roll_corrections WHERE kind IN ('dates', 'retention');
DROP VIEW history.roll_corrections;
CREATE OR REPLACE VIEW history.roll_corrections AS
SELECT id, meeting, participant, status, scan, reason, legal_basis, requested_by, requested_at,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmed_by END AS confirmed_by,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmed_at END AS confirmed_at,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmation_reason END
        AS confirmation_reason,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmation_legal_basis END
        AS confirmation_legal_basis,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN 2 ELSE 1 END AS revision,
    kind, status_on
FROM roll_corrections WHERE requested_at <= current_setting('rakornas.known_at')::timestamptz;
ALTER TABLE roll_corrections DROP CONSTRAINT ck_roll_corrections_retention_of_its_kind;
ALTER TABLE roll_corrections DROP CONSTRAINT ck_roll_corrections_dates_of_its_kind;
ALTER TABLE roll_corrections DROP CONSTRAINT ck_roll_corrections_kind_known;
ALTER TABLE roll_corrections ADD CONSTRAINT ck_roll_corrections_kind_known CHECK (kind IN ('status', 'scan', 'late_upload', 'reopen'));
ALTER TABLE roll_corrections DROP COLUMN retention_days;
ALTER TABLE roll_corrections DROP COLUMN end_on;
ALTER TABLE roll_corrections DROP COLUMN start_on;
