-- Assigns all readings of one clock epoch of a device to their periods anew, and their scans with them. It is needed
-- only for a reading that was received before another one that is stored already.
--
-- Arguments: the meeting, the device and the clock epoch.
-- Locks: none that the caller does not have; it has locked the row of devices.
-- Returns: whether the time of a scan that is stored already may have changed.
CREATE OR REPLACE FUNCTION reassign_clock_periods(of_meeting text, of_device text, of_epoch int) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    former_shifts constant bigint[] := ARRAY(
        SELECT clock.shift FROM device_clocks AS clock WHERE clock.meeting = of_meeting
            AND clock.device_id = of_device AND clock.clock_epoch = of_epoch ORDER BY clock.period
    );
    is_moved boolean;
    reading clock_readings;
    former clock_readings;
    this_period int := 0;
    first_shift bigint;
    least_shift bigint;
BEGIN
    FOR reading IN
        SELECT * FROM clock_readings
        WHERE meeting = of_meeting AND device_id = of_device AND clock_epoch = of_epoch ORDER BY received_at, shift
    LOOP
        IF former.received_at IS NOT NULL AND (
            is_clock_jump(reading.shift, first_shift, least_shift) OR EXISTS (
                SELECT FROM device_resets AS reset WHERE reset.meeting = of_meeting AND reset.device_id = of_device
                    AND reset.reset_at > former.received_at AND reset.reset_at <= reading.received_at
            )
        ) THEN
            this_period := this_period + 1;
            first_shift := NULL;
        END IF;
        IF first_shift IS NULL THEN
            first_shift := reading.shift;
            least_shift := reading.shift;
        END IF;
        least_shift := least(least_shift, reading.shift);
        former := reading;
        INSERT INTO device_clocks AS clock (meeting, device_id, clock_epoch, period, first_shift, shift)
        VALUES (of_meeting, of_device, of_epoch, this_period, first_shift, least_shift)
        ON CONFLICT (meeting, device_id, clock_epoch, period) DO UPDATE SET
            first_shift = excluded.first_shift, shift = excluded.shift;
        UPDATE clock_readings AS stored SET period = this_period
        WHERE stored.meeting = of_meeting AND stored.device_id = of_device AND stored.clock_epoch = of_epoch
            AND stored.received_at = reading.received_at AND stored.shift = reading.shift
            AND stored.period <> this_period;
    END LOOP;
    UPDATE scans AS scan SET period = stored.period FROM clock_readings AS stored
    WHERE scan.meeting = of_meeting AND scan.device_id = of_device AND scan.clock_epoch = of_epoch
        AND stored.meeting = of_meeting AND stored.device_id = of_device AND stored.clock_epoch = of_epoch
        AND stored.received_at = scan.received_at
        AND stored.shift = extract(epoch FROM scan.received_at - scan.sent_at) * 1000000
        AND scan.period <> stored.period;
    is_moved := FOUND;
    DELETE FROM device_clocks WHERE meeting = of_meeting AND device_id = of_device AND clock_epoch = of_epoch
        AND period > this_period;
    RETURN is_moved OR former_shifts <> ARRAY(
        SELECT clock.shift FROM device_clocks AS clock WHERE clock.meeting = of_meeting
            AND clock.device_id = of_device AND clock.clock_epoch = of_epoch ORDER BY clock.period
    );
END $$;

-- Makes a device of a meeting the client's, if it belongs to nobody, and locks it.
--
-- Arguments: the meeting, the device and the client.
-- Locks: the row of devices, FOR NO KEY UPDATE.
-- Returns: the client that the device belongs to.
CREATE OR REPLACE FUNCTION claim_device(of_meeting text, of_device text, by_client text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    owner text;
BEGIN
    SELECT client INTO owner FROM devices WHERE meeting = of_meeting AND device_id = of_device FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO devices (meeting, device_id, client) VALUES (of_meeting, of_device, by_client) ON CONFLICT DO NOTHING;
        SELECT client INTO owner FROM devices WHERE meeting = of_meeting AND device_id = of_device FOR NO KEY UPDATE;
    END IF;
    IF owner IS NULL THEN
        UPDATE devices SET client = by_client WHERE meeting = of_meeting AND device_id = of_device;
        owner := by_client;
    END IF;
    RETURN owner;
END $$;

-- Stores a reading of a device's clock, and updates its period.
--
-- Arguments: the meeting, the device and the clock epoch; the instants at which the submission was sent, by the device's
-- clock, and received.
-- Locks: none that the caller does not have; it has locked the row of devices.
-- Returns: the period of the reading and the period's shift; whether the shifts of scans that are stored already have
-- changed, and whether that concerns all periods of the epoch.
CREATE OR REPLACE FUNCTION store_clock_reading(
    of_meeting text, of_device text, of_epoch int, sent_at timestamptz, received_at timestamptz,
    OUT period int, OUT shift bigint, OUT is_moved boolean, OUT are_all_moved boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    this_shift constant bigint := extract(epoch FROM received_at - sent_at) * 1000000;
    latest record;
BEGIN
    is_moved := false;
    are_all_moved := false;
    SELECT clock.period, clock.first_shift, clock.shift AS least_shift, reading.latest_at, EXISTS (
        SELECT FROM device_resets AS reset WHERE reset.meeting = of_meeting AND reset.device_id = of_device
            AND reset.reset_at > reading.latest_at AND reset.reset_at <= received_at
    ) AS is_reset INTO latest
    FROM (
        SELECT max(known.received_at) AS latest_at FROM clock_readings AS known WHERE known.meeting = of_meeting
            AND known.device_id = of_device AND known.clock_epoch = of_epoch
    ) AS reading
    CROSS JOIN LATERAL (
        SELECT * FROM device_clocks AS known WHERE known.meeting = of_meeting AND known.device_id = of_device
            AND known.clock_epoch = of_epoch ORDER BY known.period DESC LIMIT 1
    ) AS clock;
    IF received_at <= latest.latest_at THEN
        INSERT INTO clock_readings (meeting, device_id, clock_epoch, received_at, shift, period)
        VALUES (of_meeting, of_device, of_epoch, received_at, this_shift, 0) ON CONFLICT DO NOTHING;
        is_moved := reassign_clock_periods(of_meeting, of_device, of_epoch);
        are_all_moved := is_moved;
        SELECT known.period, clock.shift INTO period, shift
        FROM clock_readings AS known
        JOIN device_clocks AS clock USING (meeting, device_id, clock_epoch, period)
        WHERE known.meeting = of_meeting AND known.device_id = of_device AND known.clock_epoch = of_epoch
            AND known.received_at = received_at AND known.shift = this_shift;
        RETURN;
    END IF;
    period := latest.period;
    shift := least(latest.least_shift, this_shift);
    IF latest.period IS NULL OR latest.is_reset
        OR is_clock_jump(this_shift, latest.first_shift, latest.least_shift)
    THEN
        period := coalesce(latest.period + 1, 0);
        shift := this_shift;
        INSERT INTO device_clocks (meeting, device_id, clock_epoch, period, first_shift, shift)
        VALUES (of_meeting, of_device, of_epoch, period, this_shift, this_shift);
    ELSIF this_shift < latest.least_shift THEN
        UPDATE device_clocks AS known SET shift = this_shift WHERE known.meeting = of_meeting
            AND known.device_id = of_device AND known.clock_epoch = of_epoch AND known.period = latest.period;
        is_moved := true;
    END IF;
    INSERT INTO clock_readings (meeting, device_id, clock_epoch, received_at, shift, period)
    VALUES (of_meeting, of_device, of_epoch, received_at, this_shift, period);
END $$;

-- Each scan with its participant (null if the badge is unknown), its effective time on the service's clock, the day of
-- the meeting to which it belongs, and its classification (classify_scan). A participant who is assigned to one of
-- several parallel sessions is not invited to the others.
--
-- `day` is null outside the days of the meeting. `day_ends_at`: when an entry at that time ends without an exit.
-- `closed_at`: the closing after which the scan came, if that is the meeting's present one.
--
-- Postgres never flattens subqueries with LIMIT 1 or OFFSET 0. So its plan always goes from a participant to their
-- badges, from a badge to its scans, and from a scan to the clock of its device. With plain joins and outdated
-- statistics it read all scans of all devices for each participant, and statistics are outdated just when all
-- participants arrive.
CREATE OR REPLACE VIEW classified_scans AS
SELECT meeting, id, digest, device_id, clock_epoch, period, sequence, badge, badge_text, direction, session, scanned_at,
    sent_at, received_at, roll_closed_at, reported_outcome, client, request_id, annulled_at, annulled_by,
    annulment_reason, legal_basis, participant, revoked_at, effective_at, in_parallel_session, located.day,
    located.day_ends_at,
    classify_scan(direction, badge IS NOT NULL, scanned_at <= sent_at, located.day IS NOT NULL,
        session IS NULL OR EXISTS (
            SELECT FROM sessions AS named WHERE named.meeting = located.meeting AND named.code = located.session
        ),
        participant IS NOT NULL AND NOT in_parallel_session, effective_at, revoked_at, located.closed_at
    ) AS classification
FROM (
    SELECT scan.*, listed.id AS participant, badge.revoked_at, timed.effective_at, dated.day, dated.day_ends_at,
        closing.closed_at,
        CASE WHEN scan.session IS NULL OR listed.id IS NULL THEN false ELSE EXISTS (
            SELECT FROM sessions AS named
            JOIN sessions AS other ON other.meeting = named.meeting
                AND other.parallel_group = named.parallel_group AND other.code <> named.code
            JOIN participant_sessions AS seat ON seat.meeting = other.meeting AND seat.session = other.code
            WHERE named.meeting = scan.meeting AND named.code = scan.session AND seat.participant = listed.id
        ) END AS in_parallel_session
    FROM scans AS scan
    CROSS JOIN LATERAL (
        SELECT scan.scanned_at + shift * interval '1 microsecond' AS effective_at FROM device_clocks AS clock
        WHERE clock.meeting = scan.meeting AND clock.device_id = scan.device_id
            AND clock.clock_epoch = scan.clock_epoch AND clock.period = scan.period LIMIT 1
    ) AS timed
    LEFT JOIN LATERAL (
        SELECT meeting_day.day, CASE WHEN timed.effective_at < meeting_day.cutoff_at THEN meeting_day.cutoff_at
            ELSE meeting_day.ends_at END AS day_ends_at
        FROM meeting_days AS meeting_day
        WHERE meeting_day.meeting = scan.meeting AND timed.effective_at >= meeting_day.begins_at
            AND timed.effective_at < meeting_day.ends_at LIMIT 1
    ) AS dated ON true
    LEFT JOIN LATERAL (
        SELECT meeting_row.roll_closed_at AS closed_at FROM meetings AS meeting_row WHERE scan.roll_closed_at IS NOT NULL
            AND meeting_row.code = scan.meeting AND meeting_row.roll_closed_at = scan.roll_closed_at LIMIT 1
    ) AS closing ON true
    LEFT JOIN badges AS badge ON badge.id = scan.badge
    LEFT JOIN participants AS listed ON listed.id = badge.participant
) AS located;

-- Returns whether a participant who represents this one, directly or through others, is present.
--
-- Arguments: the code of the meeting; the id of the participant. It is a function, so that the plans of the view below
-- do not contain it: most participants are represented by nobody.
CREATE OR REPLACE FUNCTION is_represented(of_meeting text, of_participant uuid) RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (
    WITH RECURSIVE instead AS (
        SELECT delegate.id, delegate.status, delegate.day_statuses FROM participants AS delegate
        WHERE delegate.meeting = of_meeting AND delegate.represents = of_participant
        UNION
        SELECT delegate.id, delegate.status, delegate.day_statuses FROM instead
        JOIN participants AS delegate ON delegate.meeting = of_meeting AND delegate.represents = instead.id
    )
    SELECT FROM instead WHERE instead.status = 'present' OR is_present_on_a_day(instead.day_statuses) OR EXISTS (
        SELECT FROM entries_and_exits AS scan
        WHERE scan.participant = instead.id AND scan.classification = 'entry'
    )
);

-- The attendance of each participant, one row each.
--
--   status      'present' after an entry; otherwise the status that was set by hand for the whole meeting, if it is not
--               'expected'; otherwise 'present' if that was set by hand for a day; otherwise 'represented' if a
--               participant who represents this one, directly or through others, is present; otherwise, if a status was
--               set by hand for every day, that of the last day.
--   late        after an entry: the first entry is later than the start of the session that the scan names. If it names
--               none, or one without a time: later than the first session that is for all or to which the participant
--               is assigned. Without an entry: as set by hand.
--   arrived_at  the time of the first entry. Without an entry: as set by hand.
--   left_at     after an entry: the time of the last scan if it is an exit, otherwise null. Without: as set by hand.
--   entry       the id of the scan that was the first entry.
CREATE OR REPLACE VIEW derived_attendance AS
SELECT listed.meeting, listed.id AS participant, listed.organization, listed.office,
    ARRAY(SELECT jsonb_array_elements_text(listed.parts -> 'sessions')) AS sessions,
    CASE
        WHEN seen.entry IS NOT NULL THEN 'present'
        WHEN listed.status <> 'expected' THEN listed.status
        WHEN is_present_on_a_day(listed.day_statuses) THEN 'present'
        WHEN EXISTS (
            SELECT FROM participants AS delegate
            WHERE delegate.meeting = listed.meeting AND delegate.represents = listed.id
        ) AND is_represented(listed.meeting, listed.id) THEN 'represented'
        WHEN listed.day_statuses = '{}' THEN 'expected'
        ELSE coalesce((
            SELECT (array_agg(listed.day_statuses -> day::text ->> 'status' ORDER BY day DESC))[1]
            FROM meeting_days WHERE meeting = listed.meeting
            HAVING bool_and(listed.day_statuses ? day::text)
        ), 'expected')
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

-- Each scan with its participant (null if the badge is unknown), its effective time on the service's clock, the day of
-- the meeting to which it belongs, and its classification (classify_scan). A participant who is assigned to one of
-- several parallel sessions is not invited to the others.
--
-- `day` is null outside the days of the meeting. `day_ends_at`: when an entry at that time ends without an exit.
-- `closed_at`: the closing after which the scan came, if that is the meeting's present one.
--
-- Postgres never flattens subqueries with LIMIT 1 or OFFSET 0. So its plan always goes from a participant to their
-- badges, from a badge to its scans, and from a scan to the clock of its device. With plain joins and outdated
-- statistics it read all scans of all devices for each participant, and statistics are outdated just when all
-- participants arrive.
CREATE OR REPLACE VIEW classified_scans AS
SELECT meeting, id, digest, device_id, clock_epoch, period, sequence, badge, badge_text, direction, session, scanned_at,
    sent_at, received_at, roll_closed_at, reported_outcome, client, request_id, annulled_at, annulled_by,
    annulment_reason, legal_basis, participant, revoked_at, effective_at, in_parallel_session, located.day,
    located.day_ends_at,
    classify_scan(direction, badge IS NOT NULL, scanned_at <= sent_at, located.day IS NOT NULL,
        session IS NULL OR EXISTS (
            SELECT FROM sessions AS named WHERE named.meeting = located.meeting AND named.code = located.session
        ),
        participant IS NOT NULL AND NOT in_parallel_session, effective_at, revoked_at, located.closed_at
    ) AS classification
FROM (
    SELECT scan.*, listed.id AS participant, badge.revoked_at, timed.effective_at, dated.day, dated.day_ends_at,
        closing.closed_at,
        CASE WHEN scan.session IS NULL OR listed.id IS NULL THEN false ELSE EXISTS (
            SELECT FROM sessions AS named
            JOIN sessions AS other ON other.meeting = named.meeting
                AND other.parallel_group = named.parallel_group AND other.code <> named.code
            JOIN participant_sessions AS seat ON seat.meeting = other.meeting AND seat.session = other.code
            WHERE named.meeting = scan.meeting AND named.code = scan.session AND seat.participant = listed.id
        ) END AS in_parallel_session
    FROM scans AS scan
    CROSS JOIN LATERAL (
        SELECT scan.scanned_at + shift * interval '1 microsecond' AS effective_at FROM device_clocks AS clock
        WHERE clock.meeting = scan.meeting AND clock.device_id = scan.device_id
            AND clock.clock_epoch = scan.clock_epoch AND clock.period = scan.period LIMIT 1
    ) AS timed
    LEFT JOIN LATERAL (
        SELECT meeting_day.day, CASE WHEN timed.effective_at < meeting_day.cutoff_at THEN meeting_day.cutoff_at
            ELSE meeting_day.ends_at END AS day_ends_at
        FROM meeting_days AS meeting_day
        WHERE meeting_day.meeting = scan.meeting AND timed.effective_at >= meeting_day.begins_at
            AND timed.effective_at < meeting_day.ends_at LIMIT 1
    ) AS dated ON true
    LEFT JOIN LATERAL (
        SELECT meeting_row.roll_closed_at AS closed_at FROM meetings AS meeting_row WHERE scan.roll_closed_at IS NOT NULL
            AND meeting_row.code = scan.meeting AND meeting_row.roll_closed_at = scan.roll_closed_at LIMIT 1
    ) AS closing ON true
    LEFT JOIN badges AS badge ON badge.id = scan.badge
    LEFT JOIN participants AS listed ON listed.id = badge.participant
) AS located;

-- Returns whether a participant who represents this one, directly or through others, is present.
--
-- Arguments: the code of the meeting; the id of the participant. It is a function, so that the plans of the view below
-- do not contain it: most participants are represented by nobody.
CREATE OR REPLACE FUNCTION is_represented(of_meeting text, of_participant uuid) RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (
    WITH RECURSIVE instead AS (
        SELECT delegate.id, delegate.status, delegate.day_statuses FROM participants AS delegate
        WHERE delegate.meeting = of_meeting AND delegate.represents = of_participant
        UNION
        SELECT delegate.id, delegate.status, delegate.day_statuses FROM instead
        JOIN participants AS delegate ON delegate.meeting = of_meeting AND delegate.represents = instead.id
    )
    SELECT FROM instead WHERE instead.status = 'present' OR is_present_on_a_day(instead.day_statuses) OR EXISTS (
        SELECT FROM entries_and_exits AS scan
        WHERE scan.participant = instead.id AND scan.classification = 'entry'
    )
);

-- The attendance of each participant, one row each.
--
--   status      'present' after an entry; otherwise the status that was set by hand for the whole meeting, if it is not
--               'expected'; otherwise 'present' if that was set by hand for a day; otherwise 'represented' if a
--               participant who represents this one, directly or through others, is present; otherwise, if a status was
--               set by hand for every day, that of the last day.
--   late        after an entry: the first entry is later than the start of the session that the scan names. If it names
--               none, or one without a time: later than the first session that is for all or to which the participant
--               is assigned. Without an entry: as set by hand.
--   arrived_at  the time of the first entry. Without an entry: as set by hand.
--   left_at     after an entry: the time of the last scan if it is an exit, otherwise null. Without: as set by hand.
--   entry       the id of the scan that was the first entry.
CREATE OR REPLACE VIEW derived_attendance AS
SELECT listed.meeting, listed.id AS participant, listed.organization, listed.office,
    ARRAY(SELECT jsonb_array_elements_text(listed.parts -> 'sessions')) AS sessions,
    CASE
        WHEN seen.entry IS NOT NULL THEN 'present'
        WHEN listed.status <> 'expected' THEN listed.status
        WHEN is_present_on_a_day(listed.day_statuses) THEN 'present'
        WHEN EXISTS (
            SELECT FROM participants AS delegate
            WHERE delegate.meeting = listed.meeting AND delegate.represents = listed.id
        ) AND is_represented(listed.meeting, listed.id) THEN 'represented'
        WHEN listed.day_statuses = '{}' THEN 'expected'
        ELSE coalesce((
            SELECT (array_agg(listed.day_statuses -> day::text ->> 'status' ORDER BY day DESC))[1]
            FROM meeting_days WHERE meeting = listed.meeting
            HAVING bool_and(listed.day_statuses ? day::text)
        ), 'expected')
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

SET search_path = closed, public;

-- Returns whether a participant who represents this one, directly or through others, is present.
--
-- Arguments: the code of the meeting; the id of the participant. It is a function, so that the plans of the view below
-- do not contain it: most participants are represented by nobody.
CREATE OR REPLACE FUNCTION is_represented(of_meeting text, of_participant uuid) RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (
    WITH RECURSIVE instead AS (
        SELECT delegate.id, delegate.status, delegate.day_statuses FROM participants AS delegate
        WHERE delegate.meeting = of_meeting AND delegate.represents = of_participant
        UNION
        SELECT delegate.id, delegate.status, delegate.day_statuses FROM instead
        JOIN participants AS delegate ON delegate.meeting = of_meeting AND delegate.represents = instead.id
    )
    SELECT FROM instead WHERE instead.status = 'present' OR is_present_on_a_day(instead.day_statuses) OR EXISTS (
        SELECT FROM entries_and_exits AS scan
        WHERE scan.participant = instead.id AND scan.classification = 'entry'
    )
);

-- The attendance of each participant, one row each.
--
--   status      'present' after an entry; otherwise the status that was set by hand for the whole meeting, if it is not
--               'expected'; otherwise 'present' if that was set by hand for a day; otherwise 'represented' if a
--               participant who represents this one, directly or through others, is present; otherwise, if a status was
--               set by hand for every day, that of the last day.
--   late        after an entry: the first entry is later than the start of the session that the scan names. If it names
--               none, or one without a time: later than the first session that is for all or to which the participant
--               is assigned. Without an entry: as set by hand.
--   arrived_at  the time of the first entry. Without an entry: as set by hand.
--   left_at     after an entry: the time of the last scan if it is an exit, otherwise null. Without: as set by hand.
--   entry       the id of the scan that was the first entry.
CREATE OR REPLACE VIEW derived_attendance AS
SELECT listed.meeting, listed.id AS participant, listed.organization, listed.office,
    ARRAY(SELECT jsonb_array_elements_text(listed.parts -> 'sessions')) AS sessions,
    CASE
        WHEN seen.entry IS NOT NULL THEN 'present'
        WHEN listed.status <> 'expected' THEN listed.status
        WHEN is_present_on_a_day(listed.day_statuses) THEN 'present'
        WHEN EXISTS (
            SELECT FROM participants AS delegate
            WHERE delegate.meeting = listed.meeting AND delegate.represents = listed.id
        ) AND is_represented(listed.meeting, listed.id) THEN 'represented'
        WHEN listed.day_statuses = '{}' THEN 'expected'
        ELSE coalesce((
            SELECT (array_agg(listed.day_statuses -> day::text ->> 'status' ORDER BY day DESC))[1]
            FROM meeting_days WHERE meeting = listed.meeting
            HAVING bool_and(listed.day_statuses ? day::text)
        ), 'expected')
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
    affected uuid[];
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
    RETURN QUERY
    WITH timed AS MATERIALIZED (
        SELECT item.*, submission.device_id, submission.clock_epoch, submission.period, submission.sent_at,
            submission.received_at, submission.client, submission.request_id, submission.shift,
            scanned_at + submission.shift * interval '1 microsecond' AS effective_at
        FROM unnest(accepted) AS submission
        JOIN unnest(reported) AS item ON item.p = submission.p
    ), located AS MATERIALIZED (
        SELECT timed.*, badge.id AS known, listed.participant, listed.entry, badge.revoked_at, dated.day,
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
    SELECT answer.p, answer.n, CASE WHEN stored.is_new THEN 201 ELSE 200 END,
        coalesce(stored.reported_outcome, before.reported_outcome, answer.reported_outcome),
        coalesce(before.effective_at, answer.effective_at), answer.shift
    FROM answered AS answer
    LEFT JOIN stored USING (id, digest)
    LEFT JOIN LATERAL (
        SELECT scan.reported_outcome, scan.scanned_at + clock.shift * interval '1 microsecond' AS effective_at
        FROM scans AS scan JOIN device_clocks AS clock USING (meeting, device_id, clock_epoch, period)
        WHERE scan.meeting = of_meeting AND scan.id = answer.id AND scan.digest = answer.digest
            AND stored.is_new IS NULL LIMIT 1
    ) AS before ON true
    UNION ALL
    SELECT item.p, item.n, 409, 'device_owned', NULL::timestamptz, 0::bigint
    FROM unnest(reported) AS item WHERE item.p = ANY (refused)
    ORDER BY 1, 2;
    IF affected IS NOT NULL THEN
        PERFORM derive_locked_attendance(of_meeting, affected);
    END IF;
END $$;

-- squawk-ignore ban-drop-function
DROP FUNCTION assign_clock_periods;
