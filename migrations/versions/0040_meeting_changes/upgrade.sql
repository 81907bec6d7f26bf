ALTER TABLE roll_corrections ADD COLUMN start_on date;
ALTER TABLE roll_corrections ADD COLUMN end_on date;
ALTER TABLE roll_corrections ADD COLUMN retention_days int;
-- No release is served meanwhile, so nobody waits for the scan of the table.
-- squawk-ignore ban-drop-constraint
ALTER TABLE roll_corrections DROP CONSTRAINT ck_roll_corrections_kind_known;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE roll_corrections ADD CONSTRAINT ck_roll_corrections_kind_known CHECK (kind IN ('status', 'scan', 'late_upload', 'reopen', 'dates', 'retention'));
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE roll_corrections ADD CONSTRAINT ck_roll_corrections_dates_of_its_kind
CHECK (num_nonnulls(start_on, end_on) = CASE WHEN kind = 'dates' THEN 2 ELSE 0 END);
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE roll_corrections ADD CONSTRAINT ck_roll_corrections_retention_of_its_kind
CHECK ((kind = 'retention') = (retention_days IS NOT NULL));

CREATE OR REPLACE VIEW history.roll_corrections AS
SELECT id, meeting, participant, status, scan, reason, legal_basis, requested_by, requested_at,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmed_by END AS confirmed_by,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmed_at END AS confirmed_at,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmation_reason END
        AS confirmation_reason,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmation_legal_basis END
        AS confirmation_legal_basis,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN 2 ELSE 1 END AS revision,
    kind, status_on, start_on, end_on, retention_days
FROM roll_corrections WHERE requested_at <= current_setting('rakornas.known_at')::timestamptz;
