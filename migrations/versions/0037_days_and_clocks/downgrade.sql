-- Trigger on sessions and meetings: a session lies within the days of its meeting, in the meeting's time zone. A change
-- of a session locks the meeting's row FOR SHARE, because both may change at the same time. The meeting's trigger can
-- be deferred, so that a meeting can be moved together with its sessions.
CREATE OR REPLACE FUNCTION require_sessions_within_meeting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    meeting_row meetings;
    outside text;
BEGIN
    IF TG_TABLE_NAME = 'sessions' THEN
        SELECT * INTO meeting_row FROM meetings WHERE code = NEW.meeting FOR SHARE;
    ELSE
        SELECT * INTO meeting_row FROM meetings WHERE code = NEW.code;
    END IF;
    SELECT s.code INTO outside FROM sessions s
    WHERE s.meeting = meeting_row.code
        AND (TG_TABLE_NAME = 'meetings' OR s.code = to_jsonb(NEW) ->> 'code')
        AND ((s.starts_at AT TIME ZONE meeting_row.time_zone)::date
                NOT BETWEEN meeting_row.start_on AND meeting_row.end_on
            OR ((s.ends_at - interval '1 microsecond') AT TIME ZONE meeting_row.time_zone)::date
                NOT BETWEEN meeting_row.start_on AND meeting_row.end_on)
    LIMIT 1;
    IF outside IS NOT NULL THEN
        RAISE EXCEPTION 'session % of % lies outside the days of its meeting', outside, meeting_row.code
            USING ERRCODE = 'check_violation', TABLE = 'sessions', CONSTRAINT = 'ck_sessions_within_meeting',
            HINT = format('%s/%s', meeting_row.code, outside);
    END IF;
    RETURN NULL;
END $$;

-- What a scan means: 'entry', 'exit', or the reason why it is neither. The same function classifies a scan when it is
-- reported and ever after. Which entry is the first one is not decided here.
CREATE OR REPLACE FUNCTION classify_scan(
    direction text, is_known boolean, after_closing boolean, is_invited boolean, effective_at timestamptz,
    revoked_at timestamptz
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
    WHEN NOT is_known THEN 'badge_unknown'
    WHEN after_closing THEN 'meeting_closed'
    WHEN NOT is_invited THEN 'not_invited'
    WHEN effective_at >= revoked_at THEN 'badge_revoked'
    WHEN direction = 'out' THEN 'exit'
    ELSE 'entry'
END;

CREATE OR REPLACE VIEW history.device_clocks AS
SELECT meeting, device_id, clock_epoch, min(shift) AS shift FROM clock_readings
WHERE received_at <= current_setting('rakornas.known_at')::timestamptz GROUP BY meeting, device_id, clock_epoch;

CREATE OR REPLACE VIEW history.scans AS
SELECT meeting, id, digest, device_id, clock_epoch, sequence, badge, badge_text, direction, session, scanned_at,
    sent_at, received_at, after_closing, reported_outcome, client, request_id,
    CASE WHEN annulled_at <= current_setting('rakornas.known_at')::timestamptz THEN annulled_at END AS annulled_at,
    CASE WHEN annulled_at <= current_setting('rakornas.known_at')::timestamptz THEN annulled_by END AS annulled_by,
    CASE WHEN annulled_at <= current_setting('rakornas.known_at')::timestamptz THEN annulment_reason END
        AS annulment_reason,
    CASE WHEN annulled_at <= current_setting('rakornas.known_at')::timestamptz THEN legal_basis END AS legal_basis
FROM scans WHERE received_at <= current_setting('rakornas.known_at')::timestamptz;

-- Each scan with its participant, its effective time and its classification. A participant who is assigned to one of
-- several parallel sessions is not invited to another of them. The subqueries with LIMIT 1 and OFFSET 0 are never
-- flattened, so Postgres goes from a participant to their badges, from a badge to its scans and from a scan to the
-- clock of its device, whatever the statistics say. With ordinary joins and old statistics, Postgres read all scans of
-- all devices for each participant; statistics are old just when all participants arrive.
CREATE OR REPLACE VIEW classified_scans AS
SELECT meeting, id, digest, device_id, clock_epoch, sequence, badge, badge_text, direction, session, scanned_at,
    sent_at, received_at, after_closing, reported_outcome, client, request_id, annulled_at, annulled_by,
    annulment_reason, legal_basis, participant, revoked_at, effective_at, in_parallel_session,
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

-- The scans of each participant that count: entries and exits that are not annulled.
CREATE OR REPLACE VIEW entries_and_exits AS
SELECT issued.participant, scan.id, scan.digest, scan.session, scan.effective_at, scan.classification
FROM badges AS issued
CROSS JOIN LATERAL (
    SELECT id, digest, session, effective_at, classification, annulled_at FROM classified_scans
    WHERE badge = issued.id OFFSET 0
) AS scan
WHERE scan.classification IN ('entry', 'exit') AND scan.annulled_at IS NULL;

-- One row a participant. What the scans show goes before the status that was set by hand, and that before who came in
-- their place (who represents them). Late: the first entry is after the start of the session at whose gate it was or,
-- where the gate names no session or its hour is unknown, of the first session that is for all or that the participant
-- is assigned to.
CREATE OR REPLACE VIEW derived_attendance AS
SELECT listed.meeting, listed.id AS participant, listed.organization, listed.office,
    ARRAY(SELECT jsonb_array_elements_text(listed.parts -> 'sessions')) AS sessions,
    CASE
        WHEN seen.entry IS NOT NULL THEN 'present'
        WHEN listed.status <> 'expected' THEN listed.status
        WHEN EXISTS (
            SELECT FROM participants AS delegate
            WHERE delegate.meeting = listed.meeting AND delegate.represents = listed.id
        ) AND EXISTS (
            WITH RECURSIVE instead AS (
                SELECT delegate.id, delegate.status FROM participants AS delegate
                WHERE delegate.meeting = listed.meeting AND delegate.represents = listed.id
                UNION
                SELECT delegate.id, delegate.status FROM instead
                JOIN participants AS delegate
                    ON delegate.meeting = listed.meeting AND delegate.represents = instead.id
            )
            SELECT FROM instead WHERE instead.status = 'present' OR EXISTS (
                SELECT FROM entries_and_exits AS scan
                WHERE scan.participant = instead.id AND scan.classification = 'entry'
            )
        ) THEN 'represented'
        ELSE 'expected'
    END AS status,
    CASE WHEN seen.entry IS NULL THEN listed.late ELSE coalesce(seen.entered_at > coalesce(
        (SELECT starts_at FROM sessions WHERE meeting = listed.meeting AND code = seen.session),
        (SELECT min(starts_at) FROM sessions WHERE meeting = listed.meeting
            AND (parallel_group IS NULL OR listed.parts -> 'sessions' ? code))
    ), false) END AS late,
    coalesce(seen.entered_at, listed.arrived_at) AS arrived_at,
    CASE WHEN seen.entry IS NULL THEN listed.left_at ELSE seen.left_at END AS left_at,
    seen.entry
FROM participants AS listed
LEFT JOIN LATERAL (
    SELECT
        (array_agg(scan.id ORDER BY effective_at, scan.id, digest)
            FILTER (WHERE classification = 'entry'))[1] AS entry,
        min(effective_at) FILTER (WHERE classification = 'entry') AS entered_at,
        (array_agg(session ORDER BY effective_at, scan.id, digest)
            FILTER (WHERE classification = 'entry'))[1] AS session,
        (array_agg(CASE WHEN classification = 'exit' THEN effective_at END
            ORDER BY effective_at, scan.id, digest))[count(*)] AS left_at
    FROM entries_and_exits AS scan WHERE scan.participant = listed.id
) AS seen ON true;

SET search_path = history, public;

-- Each scan with its participant, its effective time and its classification. A participant who is assigned to one of
-- several parallel sessions is not invited to another of them. The subqueries with LIMIT 1 and OFFSET 0 are never
-- flattened, so Postgres goes from a participant to their badges, from a badge to its scans and from a scan to the
-- clock of its device, whatever the statistics say. With ordinary joins and old statistics, Postgres read all scans of
-- all devices for each participant; statistics are old just when all participants arrive.
CREATE OR REPLACE VIEW classified_scans AS
SELECT meeting, id, digest, device_id, clock_epoch, sequence, badge, badge_text, direction, session, scanned_at,
    sent_at, received_at, after_closing, reported_outcome, client, request_id, annulled_at, annulled_by,
    annulment_reason, legal_basis, participant, revoked_at, effective_at, in_parallel_session,
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

-- The scans of each participant that count: entries and exits that are not annulled.
CREATE OR REPLACE VIEW entries_and_exits AS
SELECT issued.participant, scan.id, scan.digest, scan.session, scan.effective_at, scan.classification
FROM badges AS issued
CROSS JOIN LATERAL (
    SELECT id, digest, session, effective_at, classification, annulled_at FROM classified_scans
    WHERE badge = issued.id OFFSET 0
) AS scan
WHERE scan.classification IN ('entry', 'exit') AND scan.annulled_at IS NULL;

-- One row a participant. What the scans show goes before the status that was set by hand, and that before who came in
-- their place (who represents them). Late: the first entry is after the start of the session at whose gate it was or,
-- where the gate names no session or its hour is unknown, of the first session that is for all or that the participant
-- is assigned to.
CREATE OR REPLACE VIEW derived_attendance AS
SELECT listed.meeting, listed.id AS participant, listed.organization, listed.office,
    ARRAY(SELECT jsonb_array_elements_text(listed.parts -> 'sessions')) AS sessions,
    CASE
        WHEN seen.entry IS NOT NULL THEN 'present'
        WHEN listed.status <> 'expected' THEN listed.status
        WHEN EXISTS (
            SELECT FROM participants AS delegate
            WHERE delegate.meeting = listed.meeting AND delegate.represents = listed.id
        ) AND EXISTS (
            WITH RECURSIVE instead AS (
                SELECT delegate.id, delegate.status FROM participants AS delegate
                WHERE delegate.meeting = listed.meeting AND delegate.represents = listed.id
                UNION
                SELECT delegate.id, delegate.status FROM instead
                JOIN participants AS delegate
                    ON delegate.meeting = listed.meeting AND delegate.represents = instead.id
            )
            SELECT FROM instead WHERE instead.status = 'present' OR EXISTS (
                SELECT FROM entries_and_exits AS scan
                WHERE scan.participant = instead.id AND scan.classification = 'entry'
            )
        ) THEN 'represented'
        ELSE 'expected'
    END AS status,
    CASE WHEN seen.entry IS NULL THEN listed.late ELSE coalesce(seen.entered_at > coalesce(
        (SELECT starts_at FROM sessions WHERE meeting = listed.meeting AND code = seen.session),
        (SELECT min(starts_at) FROM sessions WHERE meeting = listed.meeting
            AND (parallel_group IS NULL OR listed.parts -> 'sessions' ? code))
    ), false) END AS late,
    coalesce(seen.entered_at, listed.arrived_at) AS arrived_at,
    CASE WHEN seen.entry IS NULL THEN listed.left_at ELSE seen.left_at END AS left_at,
    seen.entry
FROM participants AS listed
LEFT JOIN LATERAL (
    SELECT
        (array_agg(scan.id ORDER BY effective_at, scan.id, digest)
            FILTER (WHERE classification = 'entry'))[1] AS entry,
        min(effective_at) FILTER (WHERE classification = 'entry') AS entered_at,
        (array_agg(session ORDER BY effective_at, scan.id, digest)
            FILTER (WHERE classification = 'entry'))[1] AS session,
        (array_agg(CASE WHEN classification = 'exit' THEN effective_at END
            ORDER BY effective_at, scan.id, digest))[count(*)] AS left_at
    FROM entries_and_exits AS scan WHERE scan.participant = listed.id
) AS seen ON true;

RESET search_path;

-- Past attendance is computed at each query.
CREATE OR REPLACE VIEW history.attendance AS
SELECT meeting, participant, organization, office, sessions, status, late, arrived_at, left_at, entry,
    CASE WHEN status = 'sick' THEN 'excused' ELSE status END AS open_status FROM history.derived_attendance;

-- Trigger on sessions: derives the attendance of all who were scanned at the meeting, because who is late depends on
-- when a session starts, and who is invited on which sessions are parallel. Takes the lock roll_lock_key(meeting)
-- exclusively, because it must see the scans that gates are just storing. Its name puts it before the other triggers
-- that take locks: see locks.sql.
CREATE OR REPLACE FUNCTION derive_attendance_of_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_meeting text := CASE WHEN TG_OP = 'DELETE' THEN OLD.meeting ELSE NEW.meeting END;
    scanned uuid[];
BEGIN
    PERFORM pg_advisory_xact_lock(roll_lock_key(of_meeting));
    SELECT array_agg(DISTINCT participant) INTO scanned FROM badges WHERE meeting = of_meeting
        AND EXISTS (SELECT FROM scans WHERE scans.meeting = of_meeting AND scans.badge = badges.id);
    IF scanned IS NOT NULL THEN
        PERFORM derive_attendance(of_meeting, scanned);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER derive_attendance_of_sessions
AFTER INSERT OR DELETE OR UPDATE OF starts_at, parallel_group ON sessions
FOR EACH ROW EXECUTE FUNCTION derive_attendance_of_sessions();

-- One submission of a device: `p` its number in the call, `shift` what must be added to the device's time to get the
-- service's, in microseconds, computed from the readings so far. The types are dropped first because CREATE TYPE knows
-- no OR REPLACE. check_in() uses them: whoever changes a type must replace check_in() too.
-- squawk-ignore ban-drop-type
DROP TYPE IF EXISTS device_submission;
CREATE TYPE device_submission AS (
    p int, device_id text, clock_epoch int, sent_at timestamptz, received_at timestamptz, client text, request_id text,
    shift bigint
);

-- Stores, classifies and counts the scans of some submissions, no two of one device, in one statement.
--
-- Arguments: the meeting's code; `submissions`, a JSON array of device_submission; `device_scans`, a JSON array of
-- device_scan. Returns a row for each scan, in order: its numbers; status 201 if the scan is new, 200 if it was stored
-- before; the outcome that was reported first; its effective time; and the device's clock shift in microseconds.
-- Returns no row if there is no such meeting.
--
-- Locks, always in this order, because two submissions could deadlock otherwise:
--   1. roll_lock_key(meeting), shared by all gates. Closing the roll takes it exclusively, so a scan is stored either
--      before the closing or as one that came after it.
--   2. The clock of each device, in the order of device and epoch. A submission waits for the one before it of its
--      device, whose clock it may move, and with it the times of all that the device has seen.
--   3. The attendance rows of the participants, in the order of their ids (lock_attendance). Gates that see the same
--      badge wait for each other there, so that only one gate reports a first entry.
--   4. The scans, by their unique key.
--   5. The counters, in the order of their keys (count_attendance).
--
-- LIMIT 1 where there can be no more rows, and no sequential scans: each row is looked up by its key, whatever the
-- statistics say.
CREATE OR REPLACE FUNCTION check_in(of_meeting text, submissions json, device_scans json) RETURNS TABLE (
    p int, n int, status int, outcome text, effective_at timestamptz, shift bigint
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    is_closed boolean;
    submission device_submission;
    clocked device_submission[] := '{}';
    reported device_scan[] := ARRAY(SELECT item FROM json_populate_recordset(NULL::device_scan, device_scans) AS item);
    former_shift bigint;
    affected uuid[];
    moved uuid[];
BEGIN
    PERFORM pg_advisory_xact_lock_shared(roll_lock_key(of_meeting));
    SELECT roll_closed_at IS NOT NULL INTO is_closed FROM meetings WHERE code = of_meeting;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT array_agg(DISTINCT badge.participant) INTO affected
    FROM unnest(reported) AS item
    CROSS JOIN LATERAL (
        SELECT participant FROM badges WHERE meeting = of_meeting AND digest = item.badge LIMIT 1
    ) AS badge;
    FOR submission IN
        SELECT * FROM json_populate_recordset(NULL::device_submission, submissions) AS item
        ORDER BY item.device_id, item.clock_epoch
    LOOP
        submission.shift := extract(epoch FROM submission.received_at - submission.sent_at) * 1000000;
        INSERT INTO device_clocks AS clock (meeting, device_id, clock_epoch, shift)
        SELECT of_meeting, submission.device_id, submission.clock_epoch, submission.shift WHERE NOT EXISTS (
            SELECT FROM device_clocks AS clock WHERE clock.meeting = of_meeting
                AND clock.device_id = submission.device_id AND clock.clock_epoch = submission.clock_epoch
        ) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            INSERT INTO clock_readings VALUES (
                of_meeting, submission.device_id, submission.clock_epoch, submission.shift, submission.received_at
            );
        ELSE
            SELECT clock.shift INTO former_shift FROM device_clocks AS clock WHERE clock.meeting = of_meeting
                AND clock.device_id = submission.device_id AND clock.clock_epoch = submission.clock_epoch
            FOR NO KEY UPDATE;
            IF submission.shift < former_shift THEN
                INSERT INTO clock_readings VALUES (
                    of_meeting, submission.device_id, submission.clock_epoch, submission.shift, submission.received_at
                );
                UPDATE device_clocks AS clock SET shift = submission.shift WHERE clock.meeting = of_meeting
                    AND clock.device_id = submission.device_id AND clock.clock_epoch = submission.clock_epoch;
                SELECT array_agg(DISTINCT badge.participant) INTO moved
                FROM scans AS scan
                CROSS JOIN LATERAL (SELECT participant FROM badges WHERE id = scan.badge LIMIT 1) AS badge
                WHERE scan.meeting = of_meeting AND scan.device_id = submission.device_id
                    AND scan.clock_epoch = submission.clock_epoch;
                affected := affected || moved;
            END IF;
            submission.shift := least(submission.shift, former_shift);
        END IF;
        clocked := array_append(clocked, submission);
    END LOOP;
    affected := lock_attendance(of_meeting, affected);
    RETURN QUERY
    WITH located AS MATERIALIZED (
        SELECT item.*, submission.device_id, submission.clock_epoch, submission.sent_at, submission.received_at,
            submission.client, submission.request_id, submission.shift, badge.id AS known, listed.participant,
            listed.entry,
            scanned_at + submission.shift * interval '1 microsecond' AS effective_at,
            badge.revoked_at,
            CASE WHEN item.session IS NULL OR listed.sessions = '{}' THEN false ELSE EXISTS (
                SELECT FROM sessions AS named
                JOIN sessions AS other ON other.meeting = named.meeting
                    AND other.parallel_group = named.parallel_group AND other.code <> named.code
                WHERE named.meeting = of_meeting AND named.code = item.session
                    AND other.code = ANY (listed.sessions)
            ) END AS in_parallel_session
        FROM unnest(clocked) AS submission
        JOIN unnest(reported) AS item ON item.p = submission.p
        LEFT JOIN LATERAL (
            SELECT * FROM badges WHERE meeting = of_meeting AND digest = item.badge LIMIT 1
        ) AS badge ON true
        LEFT JOIN LATERAL (
            SELECT * FROM attendance WHERE meeting = of_meeting AND participant = badge.participant LIMIT 1
        ) AS listed ON true
    ), classified AS (
        SELECT located.*, classify_scan(
            direction, known IS NOT NULL, is_closed, participant IS NOT NULL AND NOT in_parallel_session, effective_at,
            revoked_at
        ) AS classification FROM located
    ), answered AS (
        SELECT classified.*, CASE
            WHEN classification <> 'entry' THEN classification
            WHEN entry IS NULL AND 1 = dense_rank() OVER (
                PARTITION BY participant, classification ORDER BY effective_at, id, digest
            ) THEN 'first_entry'
            ELSE 'already_entered'
        END AS reported_outcome FROM classified
    ), stored AS (
        INSERT INTO scans AS existing (
            meeting, id, digest, device_id, clock_epoch, sequence, badge, badge_text, direction, session, scanned_at,
            sent_at, received_at, after_closing, reported_outcome, client, request_id
        ) SELECT DISTINCT ON (id, digest)
            of_meeting, id, digest, device_id, clock_epoch, sequence, known,
            CASE WHEN known IS NULL THEN badge_text END, direction, session, scanned_at, sent_at, received_at,
            is_closed, reported_outcome, client, request_id
        FROM answered ORDER BY id, digest, n
        ON CONFLICT (meeting, id, digest) DO UPDATE SET
            clock_epoch = least(existing.clock_epoch, excluded.clock_epoch),
            sent_at = CASE
                WHEN excluded.received_at < existing.received_at THEN excluded.sent_at ELSE existing.sent_at
            END,
            received_at = least(existing.received_at, excluded.received_at),
            after_closing = existing.after_closing AND excluded.after_closing
        WHERE excluded.clock_epoch < existing.clock_epoch OR excluded.received_at < existing.received_at
            OR existing.after_closing > excluded.after_closing
        RETURNING existing.id, existing.digest, existing.xmax = 0 AS is_new, existing.reported_outcome
    )
    SELECT answer.p, answer.n, CASE WHEN stored.is_new THEN 201 ELSE 200 END,
        coalesce(stored.reported_outcome, before.reported_outcome, answer.reported_outcome),
        CASE WHEN before.clock_epoch < answer.clock_epoch THEN before.scanned_at + (
            SELECT clock.shift FROM device_clocks AS clock WHERE clock.meeting = of_meeting
                AND clock.device_id = answer.device_id AND clock.clock_epoch = before.clock_epoch
        ) * interval '1 microsecond' ELSE answer.effective_at END,
        answer.shift
    FROM answered AS answer
    LEFT JOIN stored USING (id, digest)
    LEFT JOIN LATERAL (
        SELECT * FROM scans WHERE meeting = of_meeting AND id = answer.id AND digest = answer.digest
            AND stored.is_new IS NOT TRUE LIMIT 1
    ) AS before ON true
    ORDER BY answer.p, answer.n;
    IF affected IS NOT NULL THEN
        PERFORM derive_locked_attendance(of_meeting, affected);
    END IF;
END $$;

-- Deletes the participants of a meeting after its retention period, and everything else that is about them. The roll is
-- closed if it was open. A new secret makes the digests of its issued rolls impossible to compute again.
--
-- Arguments: the code of the meeting; the commit that deleted it, null for a meeting that exists.
-- Locks: roll_lock_key(meeting), exclusively; then the meeting's row, FOR UPDATE; then the rows that it deletes.
-- Returns: no row if there is no such meeting, its period is not over, or there was nothing more to erase; else the
-- number of deleted participants, and of other rows that were deleted or lost a text.
CREATE OR REPLACE FUNCTION erase_personal_data(
    of_meeting text, of_deletion bigint, OUT participants int, OUT records int
) RETURNS SETOF record
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    existed_after timestamptz;
    existed_until timestamptz := 'infinity';
    is_first boolean := false;
    affected int;
    table_name text;
BEGIN
    PERFORM pg_advisory_xact_lock(roll_lock_key(of_meeting));
    IF of_deletion IS NULL THEN
        SELECT anonymised_at IS NULL INTO is_first FROM meetings WHERE code = of_meeting FOR UPDATE;
    ELSE
        SELECT stamp INTO existed_until FROM history.commits WHERE id = of_deletion;
    END IF;
    PERFORM FROM retention_periods AS period
    WHERE period.meeting = of_meeting AND period.deletion IS NOT DISTINCT FROM of_deletion
        AND due_at <= clock_timestamp();
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT coalesce(max(stamp), '-infinity') INTO existed_after
    FROM revisions JOIN history.commits ON commits.id = revisions.commit
    WHERE resource = 'meetings' AND key = of_meeting AND action = 'deleted' AND stamp < existed_until;
    participants := 0;
    records := 0;
    IF of_deletion IS NULL THEN
        PERFORM set_config('rakornas.anonymising', 'on', true);
        FOREACH table_name IN ARRAY ARRAY[
            'roll_corrections', 'roll_digests', 'scans', 'badges', 'device_clocks'
        ] LOOP
            EXECUTE format('DELETE FROM %I WHERE meeting = $1', table_name) USING of_meeting;
            GET DIAGNOSTICS affected = ROW_COUNT;
            records := records + affected;
        END LOOP;
        UPDATE participants AS listed SET represents = NULL WHERE meeting = of_meeting AND represents IS NOT NULL;
        DELETE FROM participants AS listed WHERE meeting = of_meeting;
        GET DIAGNOSTICS participants = ROW_COUNT;
    END IF;
    records := records + erase_records(of_meeting, existed_after, existed_until);
    IF of_deletion IS NULL THEN
        UPDATE meetings SET anonymised_at = coalesce(anonymised_at, clock_timestamp()),
            roll_closed_at = coalesce(roll_closed_at, clock_timestamp())
        WHERE code = of_meeting AND (anonymised_at IS NULL OR roll_closed_at IS NULL);
        PERFORM set_config('rakornas.anonymising', '', true);
        IF is_first OR participants > 0 THEN
            UPDATE roll_secrets SET secret = DEFAULT WHERE meeting = of_meeting;
        END IF;
    END IF;
    IF is_first OR participants + records > 0 THEN
        RETURN NEXT;
    END IF;
END $$;
