-- The former release knows no other kinds.
DELETE FROM roll_corrections WHERE kind NOT IN ('status', 'scan');
ALTER TABLE roll_corrections DROP CONSTRAINT ck_roll_corrections_scan_of_its_kind;
ALTER TABLE roll_corrections DROP CONSTRAINT ck_roll_corrections_day_of_its_kind;
ALTER TABLE roll_corrections DROP CONSTRAINT ck_roll_corrections_participant_of_its_kind;
ALTER TABLE roll_corrections DROP CONSTRAINT ck_roll_corrections_status_on_in_calendar;
ALTER TABLE roll_corrections DROP CONSTRAINT ck_roll_corrections_kind_known;
ALTER TABLE roll_corrections DROP COLUMN status_on;
ALTER TABLE roll_corrections DROP COLUMN kind;
ALTER TABLE roll_corrections ADD CONSTRAINT ck_roll_corrections_of_one_thing
    CHECK (num_nonnulls(participant, scan) = 1);
ALTER TABLE roll_corrections ADD CONSTRAINT ck_roll_corrections_two_clients CHECK (confirmed_by <> requested_by);
