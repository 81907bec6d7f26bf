-- squawk-ignore constraint-missing-not-valid
ALTER TABLE participants ADD CONSTRAINT ck_participants_day_statuses_valid CHECK (are_day_statuses(day_statuses));

-- The new columns in the history, and the new members in the contents of revisions. No trigger runs: none of this is a
-- change of the record.
UPDATE history.meetings_rows SET check_in_margin_minutes = 180;
UPDATE history.participants_rows SET day_statuses = '{}';
ALTER TABLE revisions DISABLE TRIGGER USER;
UPDATE revisions SET before = before || '{"check_in_margin_minutes": 180, "day_ends_at": null}'
WHERE resource = 'meetings' AND before IS NOT NULL;
UPDATE revisions SET after = after || '{"check_in_margin_minutes": 180, "day_ends_at": null}'
WHERE resource = 'meetings' AND after IS NOT NULL;
UPDATE revisions SET before = before || '{"day_statuses": {}}' WHERE resource = 'participants' AND before IS NOT NULL;
UPDATE revisions SET after = after || '{"day_statuses": {}}' WHERE resource = 'participants' AND after IS NOT NULL;
ALTER TABLE revisions ENABLE TRIGGER USER;

-- The days of the meetings that exist, and the attendance that depends on them.
SELECT derive_attendance_of_days(code, true) FROM meetings ORDER BY code;
