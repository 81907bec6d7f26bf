-- Closed rolls. close_roll() copies what attendance is derived from to the schema `closed` (closed_inputs.sql), and what
-- was derived to closed_rolls and closed_roll_lines, which have a history. From then on the rows of `attendance`, the
-- lines, the heading and the quorum of the meeting change only by the functions here, which confirmed corrections call.
-- The service's role can only read the copy: these functions run with the rights of their owner.

-- Returns what the quorum of a plenary is computed from, or null if the meeting is not the plenary of a commission.
--
-- Arguments: the code of the meeting.
-- Returns: an object with host, host_name, level and seats of the commission; and `members`, an object with a member for
-- each day of the meeting: the chair and members who are possibly in office that day, each with official, name, office
-- and certain, in the order of a roster.
CREATE OR REPLACE FUNCTION describe_quorum(of_meeting text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'host', host.code, 'host_name', host.name, 'level', host.level, 'seats', host.seats, 'members', (
            SELECT jsonb_object_agg(meeting.start_on + n, (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'official', person.id, 'name', person.name, 'office', held.office,
                    'certain', coalesce(held.certain @> meeting.start_on + n, false)
                ) ORDER BY array_position(ARRAY['chair', 'member'], held.office), person.name COLLATE "C", held.id), '[]')
                FROM appointments AS held JOIN officials AS person ON person.id = held.official
                WHERE held.organization = meeting.host AND held.office IN ('chair', 'member')
                    AND held.possible @> meeting.start_on + n
            )) FROM generate_series(0, meeting.end_on - meeting.start_on) AS n
        )
    )
    FROM meetings AS meeting JOIN organizations AS host ON host.code = meeting.host
    WHERE meeting.code = of_meeting AND meeting.kind = 'plenary' AND host.kind = 'commission'
$$;

-- Copies an open roll: what it is derived from, and what is derived.
--
-- Arguments: the code of the meeting; when and by which client it is closed (null: unknown).
-- Locks: none. The caller has locked the roll.
CREATE OR REPLACE FUNCTION copy_roll(of_meeting text, at timestamptz, by_client text) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    INSERT INTO closed.participants
    SELECT meeting, id, official, name, name_as_printed, organization, office, capacity, represents, status,
        day_statuses, late, arrived_at, left_at, parts
    FROM participants WHERE meeting = of_meeting;
    INSERT INTO closed.sessions
    SELECT meeting, code, name, position, starts_at, parallel_group FROM sessions WHERE meeting = of_meeting;
    INSERT INTO closed.meeting_days
    SELECT meeting, day, begins_at, cutoff_at, ends_at FROM meeting_days WHERE meeting = of_meeting;
    INSERT INTO closed.entries_and_exits
    SELECT listed.meeting, listed.id, scan.id, scan.digest, scan.session, scan.effective_at, scan.classification,
        scan.day, scan.day_ends_at
    FROM participants AS listed CROSS JOIN LATERAL (
        SELECT * FROM entries_and_exits WHERE participant = listed.id OFFSET 0
    ) AS scan
    WHERE listed.meeting = of_meeting;
    INSERT INTO closed.participant_organizations
    SELECT of_meeting, body.code, body.name, body.level, body.region, region.name
    FROM organizations AS body LEFT JOIN regions AS region ON region.code = body.region
    WHERE body.code IN (SELECT organization FROM participants WHERE meeting = of_meeting);
    INSERT INTO closed_roll_lines (
        meeting, participant, official, name, office, organization, organization_name, capacity, sessions, status, late,
        arrived_at, left_at, entry, days, intervals, stays, sort_key
    )
    SELECT line.meeting, line.participant, line.official, line.name, line.office, line.organization,
        line.organization_name, line.capacity, line.sessions, line.status, line.late, line.arrived_at, line.left_at,
        line.entry, line.days, line.intervals, line.stays, line.sort_key
    FROM participants AS listed CROSS JOIN LATERAL (
        SELECT * FROM closed.live_roll_lines WHERE participant = listed.id OFFSET 0
    ) AS line
    WHERE listed.meeting = of_meeting ORDER BY listed.id;
    INSERT INTO closed_rolls (
        meeting, closed_at, closed_by, name, place, time_zone, start_on, end_on, sessions, quorum
    )
    SELECT heading.meeting, at, by_client, heading.name, heading.place, heading.time_zone, heading.start_on,
        heading.end_on, heading.sessions, describe_quorum(of_meeting)
    FROM roll_headings AS heading WHERE heading.meeting = of_meeting;
END $$;

-- Deletes the copy of a roll. Its history remains.
--
-- Arguments: the code of the meeting.
-- Locks: none. The caller has locked the roll.
CREATE OR REPLACE FUNCTION delete_roll_copy(of_meeting text) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM closed_roll_lines WHERE meeting = of_meeting;
    DELETE FROM closed_rolls WHERE meeting = of_meeting;
    DELETE FROM closed.participants WHERE meeting = of_meeting;
    DELETE FROM closed.sessions WHERE meeting = of_meeting;
    DELETE FROM closed.meeting_days WHERE meeting = of_meeting;
    DELETE FROM closed.entries_and_exits WHERE meeting = of_meeting;
    DELETE FROM closed.participant_organizations WHERE meeting = of_meeting;
END $$;

-- Closes a roll, unless it is closed.
--
-- Arguments: the code of the meeting; the client that closes it.
-- Locks: the rows of the participants, FOR SHARE, in the order of their ids, so that no other transaction is changing
-- them. The caller has locked the roll exclusively and the row of the meeting.
CREATE OR REPLACE FUNCTION close_roll(of_meeting text, by_client text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    closing timestamptz;
BEGIN
    PERFORM FROM participants WHERE meeting = of_meeting ORDER BY id FOR SHARE;
    UPDATE meetings SET roll_closed_at = clock_timestamp() WHERE code = of_meeting AND roll_closed_at IS NULL
    RETURNING roll_closed_at INTO closing;
    IF FOUND THEN
        PERFORM copy_roll(of_meeting, closing, by_client);
    END IF;
END $$;

-- Opens a closed roll again: deletes the copy, and derives the attendance of all participants from the present.
--
-- Arguments: the code of the meeting.
-- Locks: the rows of attendance, as lock_attendance does. The caller has locked the roll exclusively.
CREATE OR REPLACE FUNCTION reopen_roll(of_meeting text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM delete_roll_copy(of_meeting);
    UPDATE meetings SET roll_closed_at = NULL WHERE code = of_meeting;
    INSERT INTO attendance (
        meeting, participant, organization, office, sessions, status, late, arrived_at, left_at, entry
    )
    SELECT derived.meeting, derived.participant, derived.organization, derived.office, derived.sessions, derived.status,
        derived.late, derived.arrived_at, derived.left_at, derived.entry
    FROM derived_attendance AS derived WHERE derived.meeting = of_meeting AND NOT EXISTS (
        SELECT FROM attendance AS stored WHERE stored.meeting = of_meeting AND stored.participant = derived.participant
    );
    PERFORM derive_attendance(of_meeting, ARRAY(SELECT id FROM participants WHERE meeting = of_meeting));
END $$;

-- Derives the attendance and the lines of participants of a closed roll from the copies, and those of whom they
-- represent, and stores them where they have changed. The printed names stay.
--
-- Arguments: the code of the meeting; the ids of participants, which may contain nulls.
-- Locks: none. The caller has locked the roll exclusively.
CREATE OR REPLACE FUNCTION refresh_closed_roll(of_meeting text, participant_ids uuid[]) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    affected uuid[];
BEGIN
    WITH RECURSIVE reached AS (
        SELECT unnest(participant_ids) AS id
        UNION
        SELECT listed.represents FROM reached JOIN closed.participants AS listed ON listed.id = reached.id
    )
    SELECT array_agg(id) INTO affected FROM reached WHERE id IS NOT NULL;
    INSERT INTO attendance (
        meeting, participant, organization, office, sessions, status, late, arrived_at, left_at, entry
    )
    SELECT derived.meeting, derived.participant, derived.organization, derived.office, derived.sessions, derived.status,
        derived.late, derived.arrived_at, derived.left_at, derived.entry
    FROM unnest(affected) AS id CROSS JOIN LATERAL (
        SELECT * FROM closed.derived_attendance WHERE meeting = of_meeting AND participant = id OFFSET 0
    ) AS derived
    WHERE NOT EXISTS (SELECT FROM attendance WHERE meeting = of_meeting AND participant = id);
    UPDATE attendance AS stored SET
        organization = derived.organization, office = derived.office, sessions = derived.sessions,
        status = derived.status, late = derived.late, arrived_at = derived.arrived_at, left_at = derived.left_at,
        entry = derived.entry
    FROM unnest(affected) AS id CROSS JOIN LATERAL (
        SELECT * FROM closed.derived_attendance WHERE meeting = of_meeting AND participant = id OFFSET 0
    ) AS derived
    WHERE stored.meeting = of_meeting AND stored.participant = id
        AND (stored.organization, stored.office, stored.sessions, stored.status, stored.late, stored.arrived_at,
            stored.left_at, stored.entry) IS DISTINCT FROM (derived.organization, derived.office, derived.sessions,
            derived.status, derived.late, derived.arrived_at, derived.left_at, derived.entry);
    UPDATE closed_roll_lines AS line SET
        status = derived.status, late = derived.late, arrived_at = derived.arrived_at, left_at = derived.left_at,
        entry = derived.entry, days = derived.days, intervals = derived.intervals, stays = derived.stays
    FROM unnest(affected) AS id CROSS JOIN LATERAL (
        SELECT * FROM closed.live_roll_lines WHERE meeting = of_meeting AND participant = id OFFSET 0
    ) AS derived
    WHERE line.meeting = of_meeting AND line.participant = id
        AND (line.status, line.late, line.arrived_at, line.left_at, line.entry, line.days, line.intervals, line.stays)
            IS DISTINCT FROM (derived.status, derived.late, derived.arrived_at, derived.left_at, derived.entry,
            derived.days, derived.intervals, derived.stays);
END $$;

-- Sets the status by hand of a participant of a closed roll, there and among the participants, and derives what depends
-- on it.
--
-- Arguments: the code of the meeting; the id of the participant; the status, 'expected' to remove one; the reason; the
-- day of the meeting, or null for the whole meeting.
-- Locks: the row of the participant, because it updates it. The caller has locked the roll exclusively.
CREATE OR REPLACE FUNCTION correct_status(
    of_meeting text, of_participant uuid, new_status text, new_reason text, on_day date
) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF on_day IS NULL THEN
        UPDATE participants SET status = new_status,
            status_reason = CASE WHEN new_status <> 'expected' THEN new_reason END
        WHERE meeting = of_meeting AND id = of_participant;
    ELSE
        UPDATE participants SET day_statuses = CASE
            WHEN new_status = 'expected' THEN day_statuses - on_day::text
            ELSE day_statuses || jsonb_build_object(
                on_day::text, jsonb_build_object('status', new_status, 'reason', new_reason)
            )
        END
        WHERE meeting = of_meeting AND id = of_participant;
    END IF;
    UPDATE closed.participants AS copy SET status = live.status, day_statuses = live.day_statuses
    FROM participants AS live WHERE live.id = of_participant AND copy.id = of_participant AND copy.meeting = of_meeting;
    PERFORM refresh_closed_roll(of_meeting, ARRAY[of_participant]);
END $$;

-- Removes a scan from a closed roll, and derives what depends on it.
--
-- Arguments: the code of the meeting; the id of the scan.
-- Locks: none. The caller has locked the roll exclusively.
CREATE OR REPLACE FUNCTION remove_closed_scan(of_meeting text, of_scan uuid) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    affected uuid[];
BEGIN
    WITH removed AS (
        DELETE FROM closed.entries_and_exits WHERE meeting = of_meeting AND id = of_scan RETURNING participant
    )
    SELECT array_agg(participant) INTO affected FROM removed;
    PERFORM refresh_closed_roll(of_meeting, affected);
END $$;

-- Lists the scan that came after the closing of a roll and can become part of it: its time is not later than the closing,
-- and it would have counted. What it is judged by is what was copied at the closing.
--
-- Arguments: the code of the meeting; the id of the scan.
-- Returns: a row as closed.entries_and_exits has it; none if the scan cannot become part of the roll, or is part of it. If
-- a device used the id for different contents, it names the one that was received first: otherwise a device could add
-- people to a correction that was already requested.
CREATE OR REPLACE FUNCTION list_late_uploads(of_meeting text, of_scan uuid) RETURNS SETOF closed.entries_and_exits
LANGUAGE sql STABLE AS $$
    SELECT scan.meeting, listed.id, scan.id, scan.digest, scan.session, scan.effective_at,
        CASE WHEN scan.direction = 'out' THEN 'exit' ELSE 'entry' END, dated.day,
        CASE WHEN scan.effective_at < dated.cutoff_at THEN dated.cutoff_at ELSE dated.ends_at END
    FROM classified_scans AS scan
    JOIN meetings AS meeting ON meeting.code = scan.meeting AND meeting.roll_closed_at = scan.roll_closed_at
    JOIN closed.participants AS listed ON listed.id = scan.participant AND listed.meeting = scan.meeting
    JOIN closed.meeting_days AS dated ON dated.meeting = scan.meeting AND scan.effective_at >= dated.begins_at
        AND scan.effective_at < dated.ends_at
    LEFT JOIN closed.sessions AS named ON named.meeting = scan.meeting AND named.code = scan.session
    WHERE scan.meeting = of_meeting AND scan.id = of_scan AND scan.annulled_at IS NULL
        AND 'late_upload' = classify_scan(
            scan.direction, true, scan.scanned_at <= scan.sent_at, true, scan.session IS NULL OR named.code IS NOT NULL,
            NOT EXISTS (
                SELECT FROM closed.sessions AS other
                WHERE other.meeting = scan.meeting AND other.parallel_group = named.parallel_group
                    AND other.code <> named.code AND listed.parts -> 'sessions' ? other.code
            ),
            scan.effective_at, scan.revoked_at, meeting.roll_closed_at
        )
        AND NOT EXISTS (
            SELECT FROM closed.entries_and_exits AS known
            WHERE known.meeting = scan.meeting AND known.id = scan.id AND known.digest = scan.digest
        )
        AND NOT EXISTS (
            SELECT FROM scans AS earlier WHERE earlier.meeting = scan.meeting AND earlier.id = scan.id
                AND (earlier.received_at, earlier.digest) < (scan.received_at, scan.digest)
        )
$$;

-- Makes a scan that came after the closing part of the roll, with its hours (list_late_uploads).
--
-- Arguments: the code of the meeting; the id of the scan.
-- Locks: none. The caller has locked the roll exclusively.
CREATE OR REPLACE FUNCTION add_late_upload(of_meeting text, of_scan uuid) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    affected uuid[];
BEGIN
    WITH added AS (
        INSERT INTO closed.entries_and_exits SELECT * FROM list_late_uploads(of_meeting, of_scan) RETURNING participant
    )
    SELECT array_agg(participant) INTO affected FROM added;
    PERFORM refresh_closed_roll(of_meeting, affected);
END $$;

-- Trigger on participants, BEFORE UPDATE OR DELETE of each row: keeps the participants of a closed roll as they were,
-- whoever writes (the reference data, for example). Only confirmed corrections, which set rakornas.two_clients,
-- anonymisation, and changed keys of other tables change them; and a person may be recorded under another id.
--
-- Raises check_violation with the constraint ck_participants_roll_open on DELETE.
CREATE OR REPLACE FUNCTION keep_closed_participant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept participants := OLD;
BEGIN
    IF 'on' IN (current_setting('rakornas.two_clients', true), current_setting('rakornas.anonymising', true))
        OR NOT EXISTS (SELECT FROM closed_rolls WHERE meeting = OLD.meeting)
    THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    ELSIF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'participant % is on a closed roll', OLD.id USING ERRCODE = 'check_violation',
            TABLE = 'participants', CONSTRAINT = 'ck_participants_roll_open';
    ELSIF pg_trigger_depth() > 1 THEN
        RETURN NEW;
    END IF;
    IF NEW.official IS DISTINCT FROM OLD.official THEN
        kept.official := NEW.official;
        kept.revision := NEW.revision;
        kept.updated_at := NEW.updated_at;
    END IF;
    RETURN kept;
END $$;

CREATE OR REPLACE TRIGGER keep_closed_participant BEFORE UPDATE OR DELETE ON participants
FOR EACH ROW EXECUTE FUNCTION keep_closed_participant();

-- Trigger on participant_sessions, BEFORE INSERT OR DELETE of each row: ignores a change of who is assigned to which
-- session of a closed roll, with the exceptions of keep_closed_participant.
CREATE OR REPLACE FUNCTION keep_closed_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed participant_sessions := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    IF pg_trigger_depth() = 1 AND current_setting('rakornas.anonymising', true) IS DISTINCT FROM 'on'
        AND EXISTS (SELECT FROM closed_rolls WHERE meeting = changed.meeting)
    THEN
        RETURN NULL;
    END IF;
    RETURN changed;
END $$;

CREATE OR REPLACE TRIGGER keep_closed_assignment BEFORE INSERT OR DELETE ON participant_sessions
FOR EACH ROW EXECUTE FUNCTION keep_closed_assignment();

-- Trigger on meetings, BEFORE DELETE of each row: rejects the deletion of a meeting whose roll is closed.
--
-- Raises check_violation with the constraint ck_meetings_roll_open.
CREATE OR REPLACE FUNCTION keep_closed_meeting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the roll of meeting % is closed', OLD.code
        USING ERRCODE = 'check_violation', TABLE = 'meetings', CONSTRAINT = 'ck_meetings_roll_open';
END $$;

CREATE OR REPLACE TRIGGER keep_closed_meeting BEFORE DELETE ON meetings
FOR EACH ROW WHEN (OLD.roll_closed_at IS NOT NULL) EXECUTE FUNCTION keep_closed_meeting();
