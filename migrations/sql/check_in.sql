-- One submission of a device. `p`: its number in the call. `waited_us`: the microseconds for which it has waited in the
-- service. `received_at` is null, except in tests that choose it: check_in() computes it from the database's clock. It
-- also computes `period` and `shift`: microseconds to add to the device's time to get the service's.
--
-- The types are dropped first, because CREATE TYPE has no OR REPLACE. check_in() uses them, so a migration that changes
-- a type must also replace check_in(); migrations.replace does that.
-- squawk-ignore ban-drop-type
DROP TYPE IF EXISTS device_submission;
CREATE TYPE device_submission AS (
    p int, device_id text, clock_epoch int, sent_at timestamptz, received_at timestamptz, waited_us bigint, client text,
    request_id text, period int, shift bigint
);

-- One scan of submission `p`. `n`: its number in the submission. `badge`: the SHA-256 of the badge's text.
-- squawk-ignore ban-drop-type
DROP TYPE IF EXISTS device_scan;
CREATE TYPE device_scan AS (
    p int, n int, id uuid, digest bytea, badge bytea, badge_text text, direction text, session text,
    scanned_at timestamptz, sequence bigint
);

-- Lists the scans of a participant that count. It is a function, so that the plan of check_in() does not contain the
-- view: most participants have no earlier scan.
--
-- Arguments: the id of the participant.
-- Returns: rows of entries_and_exits.
CREATE OR REPLACE FUNCTION list_entries_and_exits(of_participant uuid) RETURNS SETOF entries_and_exits
LANGUAGE plpgsql STABLE ROWS 5 AS $$
BEGIN
    RETURN QUERY SELECT * FROM entries_and_exits AS scan WHERE scan.participant = of_participant;
END $$;

-- Stores, classifies and counts the scans of several submissions in one transaction.
--
-- Arguments: the code of the meeting; `submissions`, a JSON array of device_submission, at most one of each device;
-- `device_scans`, a JSON array of device_scan.
--
-- Returns a row for each scan, ordered by `p` and `n`:
--   status        201 if the scan is new, 200 if it was stored before, 409 if it was not stored, because the device
--                 belongs to another client.
--   outcome       The outcome that was reported first; 'device_owned' with the status 409.
--   effective_at  The time of the scan on the service's clock.
--   shift         The clock shift of the device, in microseconds.
-- No row if there is no such meeting.
--
-- Locks, in this order, because two transactions could deadlock otherwise:
--   1. roll_lock_key(meeting), shared. Closing the roll takes it exclusively, so a scan is stored either before the
--      closing, or as one that came after it.
--   2. The row of devices of each device, in the order of their ids. A submission waits for the previous one of its
--      device, because it may change the clock shift and with it the times of all scans of the device.
--   3. The rows of attendance of the participants, in the order of their ids (lock_attendance). Devices that scan the
--      same badge wait for each other there, so that only one of them reports a first entry.
--   4. The scans, by their primary key.
--   5. The counters, in the order of their keys (count_attendance).
--
-- A new entry changes the attendance of nobody if its participant has an earlier entry and no exit as the last scan: then
-- the first entry and the last exit stay what they are. So only the attendance of the other participants is derived.
--
-- LIMIT 1 on lookups of a single row, and the settings of the function, make Postgres look up each row by its key,
-- whatever the statistics say.
CREATE OR REPLACE FUNCTION check_in(of_meeting text, submissions json, device_scans json) RETURNS TABLE (
    p int, n int, status int, outcome text, effective_at timestamptz, shift bigint
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    closed_at timestamptz;
    submission device_submission;
    accepted device_submission[] := '{}';
    refused int[] := '{}';
    reported device_scan[] := ARRAY(SELECT item FROM json_populate_recordset(NULL::device_scan, device_scans) AS item);
    owner text;
    reading record;
    result record;
    affected uuid[];
    is_any_moved boolean := false;
    is_any_settled boolean := false;
    unsettled uuid[];
BEGIN
    PERFORM pg_advisory_xact_lock_shared(roll_lock_key(of_meeting));
    SELECT roll_closed_at INTO closed_at FROM meetings WHERE code = of_meeting;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT array_agg(DISTINCT badge.participant) INTO affected
    FROM unnest(reported) AS item
    CROSS JOIN LATERAL (
        SELECT participant FROM badges WHERE meeting = of_meeting AND digest = item.badge LIMIT 1
    ) AS badge;
    FOR submission IN
        SELECT * FROM json_populate_recordset(NULL::device_submission, submissions) AS item ORDER BY item.device_id
    LOOP
        owner := claim_device(of_meeting, submission.device_id, submission.client);
        IF owner <> submission.client THEN
            refused := refused || submission.p;
            CONTINUE;
        END IF;
        submission.received_at := coalesce(
            submission.received_at, clock_timestamp() - submission.waited_us * interval '1 microsecond'
        );
        reading := store_clock_reading(
            of_meeting, submission.device_id, submission.clock_epoch, submission.sent_at, submission.received_at
        );
        submission.period := reading.period;
        submission.shift := reading.shift;
        accepted := accepted || submission;
        IF reading.is_moved THEN
            is_any_moved := true;
            affected := affected || ARRAY(
                SELECT DISTINCT badge.participant FROM scans AS scan
                CROSS JOIN LATERAL (SELECT participant FROM badges WHERE id = scan.badge LIMIT 1) AS badge
                WHERE scan.meeting = of_meeting AND scan.device_id = submission.device_id
                    AND scan.clock_epoch = submission.clock_epoch
                    AND (reading.are_all_moved OR scan.period = reading.period)
            );
        END IF;
    END LOOP;
    affected := lock_attendance(of_meeting, affected);
    FOR result IN
    WITH timed AS MATERIALIZED (
        SELECT item.*, submission.device_id, submission.clock_epoch, submission.period, submission.sent_at,
            submission.received_at, submission.client, submission.request_id, submission.shift,
            scanned_at + submission.shift * interval '1 microsecond' AS effective_at
        FROM unnest(accepted) AS submission
        JOIN unnest(reported) AS item ON item.p = submission.p
    ), located AS MATERIALIZED (
        SELECT timed.*, badge.id AS known, listed.participant, listed.entry, badge.revoked_at, dated.day,
            listed.entry IS NOT NULL AND listed.left_at IS NULL AND timed.effective_at > listed.arrived_at AS is_inside,
            timed.session IS NULL OR named.code IS NOT NULL AS session_is_known,
            CASE WHEN named.parallel_group IS NULL OR listed.sessions = '{}' THEN false ELSE EXISTS (
                SELECT FROM sessions AS other WHERE other.meeting = of_meeting
                    AND other.parallel_group = named.parallel_group AND other.code <> named.code
                    AND other.code = ANY (listed.sessions)
            ) END AS in_parallel_session
        FROM timed
        LEFT JOIN LATERAL (
            SELECT * FROM badges WHERE meeting = of_meeting AND digest = timed.badge LIMIT 1
        ) AS badge ON true
        LEFT JOIN LATERAL (
            SELECT * FROM attendance WHERE meeting = of_meeting AND participant = badge.participant LIMIT 1
        ) AS listed ON true
        LEFT JOIN LATERAL (
            SELECT code, parallel_group FROM sessions WHERE meeting = of_meeting AND code = timed.session LIMIT 1
        ) AS named ON true
        LEFT JOIN LATERAL (
            SELECT day FROM meeting_days AS meeting_day WHERE meeting_day.meeting = of_meeting
                AND timed.effective_at >= meeting_day.begins_at AND timed.effective_at < meeting_day.ends_at LIMIT 1
        ) AS dated ON true
    ), classified AS MATERIALIZED (
        SELECT located.*, classify_scan(
            direction, known IS NOT NULL, scanned_at <= sent_at, day IS NOT NULL, session_is_known,
            participant IS NOT NULL AND NOT in_parallel_session, effective_at, revoked_at, closed_at
        ) AS classification FROM located
    ), counted AS (
        -- What is stored comes first, because devices that are still offline cannot have known of these scans.
        SELECT DISTINCT participant, id, digest, session, day, effective_at, classification, entry IS NOT NULL AS entered,
            true AS is_reported
        FROM classified WHERE classification IN ('entry', 'exit')
        UNION ALL
        SELECT scan.participant, scan.id, scan.digest, scan.session, scan.day, scan.effective_at, scan.classification,
            true, false
        FROM (SELECT DISTINCT participant FROM classified WHERE entry IS NOT NULL) AS seen
        CROSS JOIN LATERAL list_entries_and_exits(seen.participant) AS scan
    ), told_apart AS (
        SELECT counted.*, CASE
            WHEN NOT entered AND 0 = count(*) FILTER (WHERE classification = 'entry') OVER before THEN 'first_entry'
            WHEN 0 = count(*) FILTER (WHERE classification = 'entry') OVER before_that_day THEN 'another_day'
            WHEN 'entry' = lag(classification) OVER at_entrance THEN 'already_entered'
            ELSE 're_entry'
        END AS entry_outcome
        FROM counted WINDOW
            before AS (PARTITION BY participant ORDER BY is_reported, effective_at, id, digest
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
            before_that_day AS (PARTITION BY participant, day ORDER BY is_reported, effective_at, id, digest
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
            at_entrance AS (PARTITION BY participant, day, session ORDER BY is_reported, effective_at, id, digest)
    ), answered AS (
        SELECT classified.*,
            CASE WHEN classification = 'entry' THEN entry_outcome ELSE classification END AS reported_outcome
        FROM classified
        LEFT JOIN (
            SELECT participant, id, digest, entry_outcome FROM told_apart WHERE is_reported
        ) AS entered USING (participant, id, digest)
    ), stored AS (
        INSERT INTO scans AS existing (
            meeting, id, digest, device_id, clock_epoch, period, sequence, badge, badge_text, direction, session,
            scanned_at, sent_at, received_at, roll_closed_at, reported_outcome, client, request_id
        ) SELECT DISTINCT ON (id, digest)
            of_meeting, id, digest, device_id, clock_epoch, period, sequence, known,
            CASE WHEN known IS NULL THEN badge_text END, direction, session, scanned_at, sent_at, received_at,
            closed_at, reported_outcome, client, request_id
        FROM answered ORDER BY id, digest, n
        ON CONFLICT (meeting, id, digest) DO UPDATE SET
            clock_epoch = excluded.clock_epoch, period = excluded.period, sent_at = excluded.sent_at,
            received_at = excluded.received_at, roll_closed_at = CASE
                WHEN existing.roll_closed_at IS NOT NULL THEN excluded.roll_closed_at
            END
        WHERE (excluded.received_at, excluded.clock_epoch, excluded.sent_at)
            < (existing.received_at, existing.clock_epoch, existing.sent_at)
        RETURNING existing.id, existing.digest, existing.xmax = 0 AS is_new, existing.reported_outcome
    )
    SELECT answer.p, answer.n, CASE WHEN stored.is_new THEN 201 ELSE 200 END AS status,
        coalesce(stored.reported_outcome, before.reported_outcome, answer.reported_outcome) AS outcome,
        coalesce(before.effective_at, answer.effective_at) AS effective_at, answer.shift, answer.participant,
        coalesce(answer.classification = 'entry' AND answer.is_inside AND stored.is_new, false) AS is_settled
    FROM answered AS answer
    LEFT JOIN stored USING (id, digest)
    LEFT JOIN LATERAL (
        SELECT scan.reported_outcome, scan.scanned_at + clock.shift * interval '1 microsecond' AS effective_at
        FROM scans AS scan JOIN device_clocks AS clock USING (meeting, device_id, clock_epoch, period)
        WHERE scan.meeting = of_meeting AND scan.id = answer.id AND scan.digest = answer.digest
            AND stored.is_new IS NULL LIMIT 1
    ) AS before ON true
    UNION ALL
    SELECT item.p, item.n, 409, 'device_owned', NULL::timestamptz, 0::bigint, NULL::uuid, true
    FROM unnest(reported) AS item WHERE item.p = ANY (refused)
    ORDER BY 1, 2
    LOOP
        p := result.p;
        n := result.n;
        status := result.status;
        outcome := result.outcome;
        effective_at := result.effective_at;
        shift := result.shift;
        RETURN NEXT;
        IF result.is_settled THEN
            is_any_settled := true;
        ELSIF result.participant IS NOT NULL THEN
            unsettled := unsettled || result.participant;
        END IF;
    END LOOP;
    IF is_any_settled AND NOT is_any_moved THEN
        affected := CASE WHEN unsettled IS NOT NULL THEN with_represented(unsettled) END;
    END IF;
    IF affected IS NOT NULL THEN
        PERFORM derive_locked_attendance(of_meeting, affected);
    END IF;
END $$;
