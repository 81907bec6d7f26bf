-- The classification of scans, and views of scans, badges, clocks and corrections as they were known at the instant
-- rakornas.known_at. These tables have no versions in history.*_rows: the times in their rows show what was known.

-- Classifies a scan: 'entry', 'exit', or the reason why it is neither. It is used when the scan is submitted and
-- whenever it is read later. It does not decide which entry is the first one.
--
-- Arguments: 'in' or 'out'; whether the badge is one of the meeting; whether the scan was made before it was sent, by
-- the device's clock; whether its time lies within the days of the meeting; whether the meeting has the session that it
-- names; whether the participant is invited to the meeting and to the session; the time of the scan on the service's
-- clock; the time when the badge was revoked, or null; the time of the closing after which the scan came, or null.
CREATE OR REPLACE FUNCTION classify_scan(
    direction text, is_known boolean, is_plausible boolean, is_within_days boolean, session_is_known boolean,
    is_invited boolean, effective_at timestamptz, revoked_at timestamptz, closed_at timestamptz
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
    WHEN NOT is_known THEN 'badge_unknown'
    WHEN NOT is_plausible THEN 'clock_implausible'
    WHEN effective_at > closed_at THEN 'meeting_closed'
    WHEN NOT is_within_days THEN 'outside_meeting'
    WHEN NOT session_is_known THEN 'session_unknown'
    WHEN NOT is_invited THEN 'not_invited'
    WHEN effective_at >= revoked_at THEN 'badge_revoked'
    WHEN closed_at IS NOT NULL THEN 'late_upload'
    WHEN direction = 'out' THEN 'exit'
    ELSE 'entry'
END;

CREATE OR REPLACE VIEW history.device_clocks AS
SELECT meeting, device_id, clock_epoch, period, min(shift) AS shift FROM clock_readings
WHERE received_at <= current_setting('rakornas.known_at')::timestamptz
GROUP BY meeting, device_id, clock_epoch, period;

CREATE OR REPLACE VIEW history.badges AS
SELECT id, meeting, participant, digest, issued_at,
    CASE WHEN revoked_at <= current_setting('rakornas.known_at')::timestamptz THEN revoked_at END AS revoked_at
FROM badges WHERE issued_at <= current_setting('rakornas.known_at')::timestamptz;

CREATE OR REPLACE VIEW history.scans AS
SELECT meeting, id, digest, device_id, clock_epoch, period, sequence, badge, badge_text, direction, session, scanned_at,
    sent_at, received_at, roll_closed_at, reported_outcome, client, request_id,
    CASE WHEN annulled_at <= current_setting('rakornas.known_at')::timestamptz THEN annulled_at END AS annulled_at,
    CASE WHEN annulled_at <= current_setting('rakornas.known_at')::timestamptz THEN annulled_by END AS annulled_by,
    CASE WHEN annulled_at <= current_setting('rakornas.known_at')::timestamptz THEN annulment_reason END
        AS annulment_reason,
    CASE WHEN annulled_at <= current_setting('rakornas.known_at')::timestamptz THEN legal_basis END AS legal_basis
FROM scans WHERE received_at <= current_setting('rakornas.known_at')::timestamptz;

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
