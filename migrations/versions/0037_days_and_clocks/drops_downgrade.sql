ALTER TABLE participants DROP CONSTRAINT ck_participants_day_statuses_valid;

DROP TRIGGER derive_attendance_of_meeting ON meetings;

DROP FUNCTION derive_attendance_of_meeting;

DROP FUNCTION derive_attendance_of_days;

DROP VIEW history.attendance;

SET search_path = history, public;

DROP VIEW derived_presence;

DROP VIEW derived_attendance;

DROP VIEW entries_and_exits;

DROP VIEW classified_scans;

RESET search_path;

DROP VIEW derived_presence;

DROP VIEW derived_attendance;

DROP VIEW entries_and_exits;

DROP VIEW classified_scans;

DROP FUNCTION are_day_statuses;

DROP FUNCTION is_present_on_a_day;

DROP VIEW history.scans;

DROP VIEW history.device_clocks;

DROP FUNCTION classify_scan;

DROP FUNCTION claim_device;

DROP FUNCTION store_clock_reading;

DROP FUNCTION assign_clock_periods;

DROP FUNCTION is_clock_jump;

DROP FUNCTION store_meeting_days;

DROP VIEW history.meeting_days;

DROP FUNCTION list_meeting_days;
