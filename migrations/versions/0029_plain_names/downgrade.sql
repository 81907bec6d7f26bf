CREATE OR REPLACE VIEW history.scans AS
SELECT meeting, id, digest, device_id, clock_epoch, sequence, badge, badge_text, direction, session, scanned_at,
    sent_at, received_at, after_closing, reported_outcome, client, request_id,
    CASE WHEN annulled_at <= current_setting('rakornas.known_at')::timestamptz THEN annulled_at END AS annulled_at,
    CASE WHEN annulled_at <= current_setting('rakornas.known_at')::timestamptz THEN annulled_by END AS annulled_by,
    CASE WHEN annulled_at <= current_setting('rakornas.known_at')::timestamptz THEN annulled_for END AS annulled_for,
    CASE WHEN annulled_at <= current_setting('rakornas.known_at')::timestamptz THEN legal_basis END AS legal_basis
FROM scans WHERE received_at <= current_setting('rakornas.known_at')::timestamptz;

CREATE OR REPLACE VIEW history.roll_corrections AS
SELECT id, meeting, participant, status, scan, reason, legal_basis, asked_by, asked_at,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmed_by END AS confirmed_by,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmed_at END AS confirmed_at,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmed_for END AS confirmed_for,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmed_basis END
        AS confirmed_basis,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN 2 ELSE 1 END AS revision
FROM roll_corrections WHERE asked_at <= current_setting('rakornas.known_at')::timestamptz;

-- Each scan with its participant, its effective time and its classification. A participant who is assigned to one of
-- several parallel sessions is not invited to another of them. The subqueries with LIMIT 1 and OFFSET 0 are never
-- flattened, so Postgres goes from a participant to their badges, from a badge to its scans and from a scan to the
-- clock of its device, whatever the statistics say. With ordinary joins and old statistics, Postgres read all scans of
-- all devices for each participant; statistics are old just when all participants arrive.
CREATE OR REPLACE VIEW classified_scans AS
SELECT meeting, id, digest, device_id, clock_epoch, sequence, badge, badge_text, direction, session, scanned_at,
    sent_at, received_at, after_closing, reported_outcome, client, request_id, annulled_at, annulled_by, annulled_for,
    legal_basis, participant, revoked_at, effective_at, in_parallel_session,
    classify_scan(direction, badge IS NOT NULL, after_closing, participant IS NOT NULL AND NOT in_parallel_session,
        effective_at, revoked_at) AS classification
FROM (
    SELECT scan.*, listed.id AS participant, badge.revoked_at,
        scan.scanned_at + clock.shift * interval '1 microsecond' AS effective_at,
        CASE WHEN scan.session IS NULL OR listed.id IS NULL THEN false ELSE EXISTS (
            SELECT FROM sessions AS named
            JOIN sessions AS other ON other.meeting = named.meeting
                AND other.parallel_group = named.parallel_group AND other.code <> named.code
            JOIN participant_sessions AS seat ON seat.meeting = other.meeting AND seat.session = other.code
            WHERE named.meeting = scan.meeting AND named.code = scan.session AND seat.participant = listed.id
        ) END AS in_parallel_session
    FROM scans AS scan
    CROSS JOIN LATERAL (
        SELECT shift FROM device_clocks AS clock WHERE clock.meeting = scan.meeting
            AND clock.device_id = scan.device_id AND clock.clock_epoch = scan.clock_epoch LIMIT 1
    ) AS clock
    LEFT JOIN badges AS badge ON badge.id = scan.badge
    LEFT JOIN participants AS listed ON listed.id = badge.participant
) AS located;

SET search_path = history, public;

-- Each scan with its participant, its effective time and its classification. A participant who is assigned to one of
-- several parallel sessions is not invited to another of them. The subqueries with LIMIT 1 and OFFSET 0 are never
-- flattened, so Postgres goes from a participant to their badges, from a badge to its scans and from a scan to the
-- clock of its device, whatever the statistics say. With ordinary joins and old statistics, Postgres read all scans of
-- all devices for each participant; statistics are old just when all participants arrive.
CREATE OR REPLACE VIEW classified_scans AS
SELECT meeting, id, digest, device_id, clock_epoch, sequence, badge, badge_text, direction, session, scanned_at,
    sent_at, received_at, after_closing, reported_outcome, client, request_id, annulled_at, annulled_by, annulled_for,
    legal_basis, participant, revoked_at, effective_at, in_parallel_session,
    classify_scan(direction, badge IS NOT NULL, after_closing, participant IS NOT NULL AND NOT in_parallel_session,
        effective_at, revoked_at) AS classification
FROM (
    SELECT scan.*, listed.id AS participant, badge.revoked_at,
        scan.scanned_at + clock.shift * interval '1 microsecond' AS effective_at,
        CASE WHEN scan.session IS NULL OR listed.id IS NULL THEN false ELSE EXISTS (
            SELECT FROM sessions AS named
            JOIN sessions AS other ON other.meeting = named.meeting
                AND other.parallel_group = named.parallel_group AND other.code <> named.code
            JOIN participant_sessions AS seat ON seat.meeting = other.meeting AND seat.session = other.code
            WHERE named.meeting = scan.meeting AND named.code = scan.session AND seat.participant = listed.id
        ) END AS in_parallel_session
    FROM scans AS scan
    CROSS JOIN LATERAL (
        SELECT shift FROM device_clocks AS clock WHERE clock.meeting = scan.meeting
            AND clock.device_id = scan.device_id AND clock.clock_epoch = scan.clock_epoch LIMIT 1
    ) AS clock
    LEFT JOIN badges AS badge ON badge.id = scan.badge
    LEFT JOIN participants AS listed ON listed.id = badge.participant
) AS located;

RESET search_path;

-- Anonymises the participants of a meeting whose retention period is over: deletes all rows about them, from history
-- too; the counters stay. Takes the lock roll_lock_key(meeting) exclusively, then the meeting's row FOR UPDATE. Returns
-- the number of participants deleted, or null if there is no such meeting, its period is not over, or it was done
-- before.
CREATE OR REPLACE FUNCTION anonymise_participants(of_meeting text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    deleted int;
BEGIN
    PERFORM pg_advisory_xact_lock(roll_lock_key(of_meeting));
    PERFORM FROM meetings WHERE code = of_meeting AND forgotten_at IS NULL
        AND end_on + retention_days < (clock_timestamp() AT TIME ZONE time_zone)::date FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('rakornas.anonymising', 'on', true);
    DELETE FROM roll_corrections WHERE meeting = of_meeting;
    DELETE FROM scans WHERE meeting = of_meeting;
    DELETE FROM badges WHERE meeting = of_meeting;
    DELETE FROM device_clocks WHERE meeting = of_meeting;
    UPDATE participants SET represents = NULL WHERE meeting = of_meeting AND represents IS NOT NULL;
    DELETE FROM participants WHERE meeting = of_meeting;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    DELETE FROM revisions WHERE resource = 'participants'
        AND of_meeting IN (before ->> 'meeting', after ->> 'meeting');
    DELETE FROM idempotency_keys
    WHERE headers ->> 'Location' LIKE format('/v1/meetings/%s/participants%%', of_meeting);
    DELETE FROM history.participant_sessions_rows WHERE meeting = of_meeting;
    DELETE FROM history.participants_rows WHERE meeting = of_meeting;
    UPDATE meetings SET forgotten_at = clock_timestamp(), roll_closed_at = coalesce(roll_closed_at, clock_timestamp())
    WHERE code = of_meeting;
    PERFORM set_config('rakornas.anonymising', '', true);
    RETURN deleted;
END $$;
