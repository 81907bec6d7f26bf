-- Existing corrections are of the kinds `status` and `scan`. The table has few rows, and no release contains it.
ALTER TABLE roll_corrections ADD COLUMN kind text;
ALTER TABLE roll_corrections ADD COLUMN status_on date;
UPDATE roll_corrections SET kind = CASE WHEN scan IS NULL THEN 'status' ELSE 'scan' END;
-- squawk-ignore adding-not-nullable-field
ALTER TABLE roll_corrections ALTER COLUMN kind SET NOT NULL;
-- squawk-ignore ban-drop-constraint
ALTER TABLE roll_corrections DROP CONSTRAINT ck_roll_corrections_of_one_thing;
-- The trigger require_second_client replaces it.
-- squawk-ignore ban-drop-constraint
ALTER TABLE roll_corrections DROP CONSTRAINT ck_roll_corrections_two_clients;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE roll_corrections ADD CONSTRAINT ck_roll_corrections_kind_known
    CHECK (kind IN ('status', 'scan', 'reopen'));
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE roll_corrections ADD CONSTRAINT ck_roll_corrections_status_on_in_calendar
    CHECK (status_on BETWEEN '1900-01-01' AND '2199-12-31');
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE roll_corrections ADD CONSTRAINT ck_roll_corrections_participant_of_its_kind
    CHECK ((kind = 'status') = (participant IS NOT NULL));
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE roll_corrections ADD CONSTRAINT ck_roll_corrections_day_of_its_kind
    CHECK (kind = 'status' OR status_on IS NULL);
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE roll_corrections ADD CONSTRAINT ck_roll_corrections_scan_of_its_kind
    CHECK ((kind IN ('scan', 'late_upload')) = (scan IS NOT NULL));
