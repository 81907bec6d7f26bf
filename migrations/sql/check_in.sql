-- One submission of a device. `p`: its number in the call. `shift`: microseconds to add to the device's time to get the
-- service's; check_in() computes it.
--
-- The types are dropped first, because CREATE TYPE has no OR REPLACE. check_in() uses them, so a migration that changes
-- a type must also replace check_in(); migrations.replace does that.
-- squawk-ignore ban-drop-type
DROP TYPE IF EXISTS device_submission;
CREATE TYPE device_submission AS (
    p int, device_id text, clock_epoch int, sent_at timestamptz, received_at timestamptz, client text, request_id text,
    shift bigint
);

-- One scan of submission `p`. `n`: its number in the submission. `badge`: the SHA-256 of the badge's text.
-- squawk-ignore ban-drop-type
DROP TYPE IF EXISTS device_scan;
CREATE TYPE device_scan AS (
    p int, n int, id uuid, digest bytea, badge bytea, badge_text text, direction text, session text,
    scanned_at timestamptz, sequence bigint
);

-- Stores, classifies and counts the scans of several submissions in one transaction.
--
-- Arguments: the code of the meeting; `submissions`, a JSON array of device_submission, at most one of each device;
-- `device_scans`, a JSON array of device_scan.
--
-- Returns a row for each scan, ordered by `p` and `n`:
--   status        201 if the scan is new, 200 if it was stored before.
--   outcome       The outcome that was reported first.
--   effective_at  The time of the scan on the service's clock.
--   shift         The clock shift of the device, in microseconds.
-- No row if there is no such meeting.
--
-- Locks, in this order, because two transactions could deadlock otherwise:
--   1. roll_lock_key(meeting), shared. Closing the roll takes it exclusively, so a scan is stored either before the
--      closing, or as one that came after it.
--   2. The row of device_clocks of each device, in the order of device and epoch. A submission waits for the previous
--      one of its device, because it may change the clock shift and with it the times of all scans of the device.
--   3. The rows of attendance of the participants, in the order of their ids (lock_attendance). Devices that scan the
--      same badge wait for each other there, so that only one of them reports a first entry.
--   4. The scans, by their primary key.
--   5. The counters, in the order of their keys (count_attendance).
--
-- LIMIT 1 on lookups of a single row, and the settings of the function, make Postgres look up each row by its key,
-- whatever the statistics say.
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
