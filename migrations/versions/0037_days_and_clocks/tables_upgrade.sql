-- The views that read the changed tables; upgrade.sql creates them anew.
-- squawk-ignore ban-drop-view
DROP VIEW history.attendance;
-- squawk-ignore ban-drop-view
DROP VIEW history.derived_attendance;
-- squawk-ignore ban-drop-view
DROP VIEW derived_attendance;
-- squawk-ignore ban-drop-view
DROP VIEW history.entries_and_exits;
-- squawk-ignore ban-drop-view
DROP VIEW entries_and_exits;
-- squawk-ignore ban-drop-view
DROP VIEW history.classified_scans;
-- squawk-ignore ban-drop-view
DROP VIEW classified_scans;
-- squawk-ignore ban-drop-view
DROP VIEW history.scans;
-- squawk-ignore ban-drop-view
DROP VIEW history.device_clocks;
-- squawk-ignore ban-drop-function
DROP FUNCTION classify_scan(text, boolean, boolean, boolean, timestamptz, timestamptz);

-- Meetings have a margin for check-ins and a cut-off of their days.
ALTER TABLE meetings ADD COLUMN check_in_margin_minutes integer NOT NULL DEFAULT 180;
ALTER TABLE meetings ADD COLUMN day_ends_at text;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE meetings ADD CONSTRAINT ck_meetings_check_in_margin_minutes_range
CHECK (check_in_margin_minutes BETWEEN 0 AND 720);
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE meetings ADD CONSTRAINT ck_meetings_day_ends_at_shape
CHECK (day_ends_at ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$');
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE meetings ADD CONSTRAINT ck_meetings_within_a_year CHECK (end_on - start_on < 366);

CREATE TABLE meeting_days (
    meeting text NOT NULL CONSTRAINT fk_meeting_days_meeting_meetings
        REFERENCES meetings (code) ON UPDATE CASCADE ON DELETE CASCADE,
    day date NOT NULL,
    begins_at timestamptz NOT NULL,
    cutoff_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    CONSTRAINT pk_meeting_days PRIMARY KEY (meeting, day)
);

-- Participants have statuses of single days. upgrade.sql adds the constraint.
ALTER TABLE participants ADD COLUMN day_statuses jsonb NOT NULL DEFAULT '{}';

-- Devices belong to the client that first used them; until now nobody recorded it, so the first scan decides.
CREATE TABLE devices (
    meeting text NOT NULL CONSTRAINT fk_devices_meeting_meetings REFERENCES meetings (code) ON UPDATE CASCADE,
    device_id text NOT NULL,
    client text,
    CONSTRAINT pk_devices PRIMARY KEY (meeting, device_id),
    CONSTRAINT ck_devices_device_id_length CHECK (length(device_id) BETWEEN 1 AND 100)
);
INSERT INTO devices (meeting, device_id, client)
SELECT meeting, device_id, (
    SELECT client FROM scans WHERE scans.meeting = known.meeting AND scans.device_id = known.device_id
    ORDER BY received_at LIMIT 1
) FROM (SELECT DISTINCT meeting, device_id FROM device_clocks) AS known;
CREATE TABLE device_resets (
    meeting text NOT NULL,
    device_id text NOT NULL,
    reset_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reset_by text NOT NULL,
    former_client text,
    reason text NOT NULL,
    legal_basis text,
    CONSTRAINT pk_device_resets PRIMARY KEY (meeting, device_id, reset_at),
    CONSTRAINT fk_device_resets_meeting_device_id_devices FOREIGN KEY (meeting, device_id)
        REFERENCES devices (meeting, device_id) ON UPDATE CASCADE ON DELETE CASCADE
);

-- All readings of a clock are kept, in periods. What is stored is one period of each epoch.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ix_scans_device_id_clock_epoch_meeting;
-- squawk-ignore ban-drop-constraint
ALTER TABLE scans DROP CONSTRAINT fk_scans_meeting_device_id_clock_epoch_device_clocks;
-- squawk-ignore ban-drop-constraint
ALTER TABLE clock_readings DROP CONSTRAINT fk_clock_readings_meeting_device_id_clock_epoch_device_clocks;
-- squawk-ignore ban-drop-constraint
ALTER TABLE clock_readings DROP CONSTRAINT pk_clock_readings;
ALTER TABLE clock_readings ADD COLUMN period integer NOT NULL DEFAULT 0;
-- squawk-ignore ban-drop-default
ALTER TABLE clock_readings ALTER COLUMN period DROP DEFAULT;
-- squawk-ignore adding-serial-primary-key-field, constraint-missing-not-valid
ALTER TABLE clock_readings ADD CONSTRAINT pk_clock_readings
PRIMARY KEY (meeting, device_id, clock_epoch, received_at, shift);
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE clock_readings ADD CONSTRAINT fk_clock_readings_meeting_device_id_devices
FOREIGN KEY (meeting, device_id) REFERENCES devices (meeting, device_id) ON UPDATE CASCADE ON DELETE CASCADE;
-- squawk-ignore ban-drop-constraint
ALTER TABLE device_clocks DROP CONSTRAINT fk_device_clocks_meeting_meetings;
-- squawk-ignore ban-drop-constraint
ALTER TABLE device_clocks DROP CONSTRAINT ck_device_clocks_device_id_length;
-- squawk-ignore ban-drop-constraint
ALTER TABLE device_clocks DROP CONSTRAINT pk_device_clocks;
ALTER TABLE device_clocks ADD COLUMN period integer NOT NULL DEFAULT 0;
-- squawk-ignore ban-drop-default
ALTER TABLE device_clocks ALTER COLUMN period DROP DEFAULT;
ALTER TABLE device_clocks ADD COLUMN first_shift bigint NOT NULL DEFAULT 0;
UPDATE device_clocks SET first_shift = shift;
-- squawk-ignore ban-drop-default
ALTER TABLE device_clocks ALTER COLUMN first_shift DROP DEFAULT;
-- squawk-ignore adding-serial-primary-key-field, constraint-missing-not-valid
ALTER TABLE device_clocks ADD CONSTRAINT pk_device_clocks PRIMARY KEY (meeting, device_id, clock_epoch, period);
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE device_clocks ADD CONSTRAINT ck_device_clocks_period_not_negative CHECK (period >= 0);
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE device_clocks ADD CONSTRAINT ck_device_clocks_shift_is_least CHECK (shift <= first_shift);
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE device_clocks ADD CONSTRAINT fk_device_clocks_meeting_device_id_devices
FOREIGN KEY (meeting, device_id) REFERENCES devices (meeting, device_id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE scans ADD COLUMN period integer NOT NULL DEFAULT 0;
-- squawk-ignore ban-drop-default
ALTER TABLE scans ALTER COLUMN period DROP DEFAULT;
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE scans ADD CONSTRAINT fk_scans_meeting_device_id_clock_epoch_period_device_clocks
FOREIGN KEY (meeting, device_id, clock_epoch, period)
REFERENCES device_clocks (meeting, device_id, clock_epoch, period) ON UPDATE CASCADE;

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_scans_device_id_clock_epoch_meeting_period ON scans (device_id, clock_epoch, meeting, period);

-- Scans tell after which closing they came.
-- squawk-ignore ban-drop-not-null
ALTER TABLE scans ALTER COLUMN after_closing DROP NOT NULL;
-- squawk-ignore changing-column-type
ALTER TABLE scans ALTER COLUMN after_closing TYPE timestamptz USING CASE WHEN after_closing THEN 'infinity'::timestamptz END;
-- squawk-ignore renaming-column
ALTER TABLE scans RENAME COLUMN after_closing TO roll_closed_at;
UPDATE scans SET roll_closed_at = meetings.roll_closed_at FROM meetings
WHERE scans.roll_closed_at IS NOT NULL AND meetings.code = scans.meeting;

-- The history gets the new columns.
SELECT enable_revisions('meetings', 'meetings', '{code}', '{folded}');
SELECT enable_revisions('participants', 'participants', '{id}', '{folded,open_status}');
