-- squawk-ignore renaming-column
ALTER TABLE scans RENAME COLUMN roll_closed_at TO after_closing;
-- squawk-ignore changing-column-type
ALTER TABLE scans ALTER COLUMN after_closing TYPE boolean USING after_closing IS NOT NULL;
-- squawk-ignore adding-not-nullable-field
ALTER TABLE scans ALTER COLUMN after_closing SET NOT NULL;
ALTER TABLE scans DROP CONSTRAINT fk_scans_meeting_device_id_clock_epoch_period_device_clocks;
DROP INDEX ix_scans_device_id_clock_epoch_meeting_period;
ALTER TABLE scans DROP COLUMN period;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_scans_device_id_clock_epoch_meeting ON scans (device_id, clock_epoch, meeting);

-- One clock for each epoch, with the least shift; and of the readings those that are needed for it.
DELETE FROM device_clocks AS clock WHERE EXISTS (
    SELECT FROM device_clocks AS other WHERE (other.meeting, other.device_id, other.clock_epoch)
        = (clock.meeting, clock.device_id, clock.clock_epoch)
        AND (other.shift, other.period) < (clock.shift, clock.period)
);
ALTER TABLE device_clocks DROP CONSTRAINT fk_device_clocks_meeting_device_id_devices;
ALTER TABLE device_clocks DROP CONSTRAINT pk_device_clocks;
ALTER TABLE device_clocks DROP COLUMN period;
ALTER TABLE device_clocks DROP COLUMN first_shift;
ALTER TABLE device_clocks ADD CONSTRAINT pk_device_clocks PRIMARY KEY (meeting, device_id, clock_epoch);
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE device_clocks ADD CONSTRAINT ck_device_clocks_device_id_length
CHECK (length(device_id) BETWEEN 1 AND 100);
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE device_clocks ADD CONSTRAINT fk_device_clocks_meeting_meetings
FOREIGN KEY (meeting) REFERENCES meetings (code) ON UPDATE CASCADE;
ALTER TABLE clock_readings DROP CONSTRAINT fk_clock_readings_meeting_device_id_devices;
ALTER TABLE clock_readings DROP CONSTRAINT pk_clock_readings;
ALTER TABLE clock_readings DROP COLUMN period;
DELETE FROM clock_readings AS reading WHERE EXISTS (
    SELECT FROM clock_readings AS other WHERE (other.meeting, other.device_id, other.clock_epoch, other.shift)
        = (reading.meeting, reading.device_id, reading.clock_epoch, reading.shift)
        AND other.received_at < reading.received_at
);
ALTER TABLE clock_readings ADD CONSTRAINT pk_clock_readings PRIMARY KEY (meeting, device_id, clock_epoch, shift);
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE clock_readings ADD CONSTRAINT fk_clock_readings_meeting_device_id_clock_epoch_device_clocks
FOREIGN KEY (meeting, device_id, clock_epoch)
REFERENCES device_clocks (meeting, device_id, clock_epoch) ON UPDATE CASCADE ON DELETE CASCADE;
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE scans ADD CONSTRAINT fk_scans_meeting_device_id_clock_epoch_device_clocks
FOREIGN KEY (meeting, device_id, clock_epoch)
REFERENCES device_clocks (meeting, device_id, clock_epoch) ON UPDATE CASCADE;
DROP TABLE device_resets;
DROP TABLE devices;
DROP TABLE meeting_days;

-- The columns of meetings and participants, in their history, and in the contents of revisions.
DROP VIEW history.meetings;
DROP VIEW history.participants;
ALTER TABLE history.meetings_rows DROP COLUMN check_in_margin_minutes, DROP COLUMN day_ends_at;
ALTER TABLE history.participants_rows DROP COLUMN day_statuses;
ALTER TABLE meetings DROP COLUMN check_in_margin_minutes, DROP COLUMN day_ends_at, DROP CONSTRAINT ck_meetings_within_a_year;
ALTER TABLE participants DROP COLUMN day_statuses;
SELECT enable_revisions('meetings', 'meetings', '{code}', '{folded}');
SELECT enable_revisions('participants', 'participants', '{id}', '{folded,open_status}');
ALTER TABLE revisions DISABLE TRIGGER USER;
UPDATE revisions SET before = before - ARRAY['check_in_margin_minutes', 'day_ends_at'],
    after = after - ARRAY['check_in_margin_minutes', 'day_ends_at'] WHERE resource = 'meetings';
UPDATE revisions SET before = before - 'day_statuses', after = after - 'day_statuses' WHERE resource = 'participants';
ALTER TABLE revisions ENABLE TRIGGER USER;
