-- The table `attendance` stores the rows of the view derived_attendance. It is written by the functions and triggers
-- here, and by `rakornas attendance recompute`, which computes it anew.
--
-- The settings enable_… = off and plan_cache_mode of functions prevent plans that read whole tables: such a plan is
-- good for a small meeting, and a connection would keep it after the meeting has grown.

-- Attendance as it was known at the instant rakornas.known_at: that of the copy if the roll was closed then, otherwise
-- computed by each query.
--
-- A join of a view with UNION ALL would compute the attendance of all participants first. LATERAL computes that of the
-- participants that are asked for.
CREATE OR REPLACE VIEW history.attendance AS
SELECT listed.meeting, listed.id AS participant, seen.organization, seen.office, seen.sessions, seen.status, seen.late,
    seen.arrived_at, seen.left_at, seen.entry,
    CASE WHEN seen.status = 'sick' THEN 'excused' ELSE seen.status END AS open_status
FROM history.participants AS listed CROSS JOIN LATERAL (
    SELECT organization, office, sessions, status, late, arrived_at, left_at, entry
    FROM history.closed_roll_lines AS line WHERE line.meeting = listed.meeting AND line.participant = listed.id
    UNION ALL
    SELECT organization, office, sessions, status, late, arrived_at, left_at, entry
    FROM history.derived_attendance AS derived
    WHERE derived.participant = listed.id
        AND NOT EXISTS (SELECT FROM history.closed_rolls AS closing WHERE closing.meeting = listed.meeting)
) AS seen;

-- Attendance of closed rolls, derived from the copies.
CREATE OR REPLACE VIEW closed.attendance AS
SELECT meeting, participant, organization, office, sessions, status, late, arrived_at, left_at, entry,
    CASE WHEN status = 'sick' THEN 'excused' ELSE status END AS open_status FROM closed.derived_attendance;

-- Adds to these participants those whom they represent, directly or through others. A change of a participant can
-- change the attendance of all of them.
--
-- Arguments: the ids of participants; nulls are ignored.
-- Returns: the ids of all, each once, in no particular order; null if there are none.
CREATE OR REPLACE FUNCTION with_represented(participant_ids uuid[]) RETURNS uuid[] LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    reached uuid[];
    next_ids uuid[];
BEGIN
    SELECT array_agg(DISTINCT id) INTO reached FROM unnest(participant_ids) AS id WHERE id IS NOT NULL;
    next_ids := reached;
    LOOP
        SELECT array_agg(represents) INTO next_ids FROM (
            SELECT represents FROM participants WHERE id = ANY (next_ids) AND represents IS NOT NULL
            EXCEPT SELECT unnest(reached)
        ) AS new_ids;
        EXIT WHEN next_ids IS NULL;
        reached := reached || next_ids;
    END LOOP;
    RETURN reached;
END $$;

-- Lists whom a participant represents, whom that one represents, and so on.
--
-- Arguments: the id of the first participant.
-- Returns: a row for each step: the id and the name of the represented participant, and the step from 1 to 16. With
-- search_path = history, public it reads the past.
CREATE OR REPLACE FUNCTION representation_chain(first uuid) RETURNS TABLE (id uuid, name text, step int)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE chain AS (
        SELECT start.represents AS id, 1 AS step FROM participants AS start WHERE start.id = first
        UNION ALL
        SELECT next.represents, chain.step + 1 FROM chain JOIN participants AS next ON next.id = chain.id
        WHERE chain.step < 16
    )
    SELECT listed.id, coalesce(person.name, listed.name), chain.step FROM chain
    JOIN participants AS listed ON listed.id = chain.id LEFT JOIN officials AS person ON person.id = listed.official
$$;

-- Locks the attendance of these participants and of those whom they represent, so that two devices that scan the same
-- badge wait for each other.
--
-- Arguments: the code of the meeting; the ids of participants, which may contain nulls.
-- Locks: their rows of attendance, FOR NO KEY UPDATE, in the order of their ids. If a transaction that was waited for
-- has added others, the rows of all are locked again in that order.
-- Returns: the ids, including those without a row; null if there are none.
--
-- LATERAL finds each row by its key. Postgres before 17 might otherwise read all rows of the meeting in order of the
-- id.
CREATE OR REPLACE FUNCTION lock_attendance(of_meeting text, participant_ids uuid[]) RETURNS uuid[] LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    locked uuid[] := with_represented(participant_ids);
BEGIN
    LOOP
        PERFORM FROM (SELECT unnest(locked) AS id ORDER BY 1) AS wanted CROSS JOIN LATERAL (
            SELECT FROM attendance WHERE meeting = of_meeting AND participant = id FOR NO KEY UPDATE
        ) AS locked_row;
        -- A transaction that was waited for may have changed who represents whom.
        EXIT WHEN NOT EXISTS (SELECT unnest(with_represented(participant_ids)) EXCEPT SELECT unnest(locked));
        locked := with_represented(participant_ids);
    END LOOP;
    RETURN locked;
END $$;

-- Derives the attendance of these participants and stores it where it has changed. Does nothing if the roll is closed:
-- then only refresh_closed_roll changes it.
--
-- Arguments: the code of the meeting; the ids of participants.
-- Locks: none that the caller does not have; it has locked the rows of attendance with lock_attendance.
--
-- Participants are selected by id alone: with the meeting as a further condition, Postgres might use an index over the
-- whole meeting. The rows to update are joined by ctid: joined by their key, Postgres might read the whole meeting.
CREATE OR REPLACE FUNCTION derive_locked_attendance(of_meeting text, participant_ids uuid[]) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF EXISTS (SELECT FROM closed_rolls WHERE meeting = of_meeting) THEN
        RETURN;
    END IF;
    UPDATE attendance AS stored SET
        organization = derived.organization, office = derived.office, sessions = derived.sessions,
        status = derived.status, late = derived.late, arrived_at = derived.arrived_at, left_at = derived.left_at,
        entry = derived.entry
    FROM unnest(participant_ids) AS id CROSS JOIN LATERAL (
        SELECT derived.*, existing.ctid AS place
        FROM derived_attendance AS derived
        JOIN attendance AS existing ON existing.meeting = of_meeting AND existing.participant = derived.participant
        WHERE derived.participant = id OFFSET 0
    ) AS derived
    WHERE stored.ctid = derived.place
        AND (stored.organization, stored.office, stored.sessions, stored.status, stored.late, stored.arrived_at,
            stored.left_at, stored.entry) IS DISTINCT FROM (derived.organization, derived.office, derived.sessions,
            derived.status, derived.late, derived.arrived_at, derived.left_at, derived.entry);
END $$;

-- Derives the attendance of these participants and of those whom they represent, and stores it.
--
-- Arguments: the code of the meeting; the ids of participants.
-- Locks: their rows of attendance, as lock_attendance does.
CREATE OR REPLACE FUNCTION derive_attendance(of_meeting text, participant_ids uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM derive_locked_attendance(of_meeting, lock_attendance(of_meeting, participant_ids));
END $$;

-- Trigger on participants, AFTER each statement: keeps the table attendance up to date. It inserts the rows of new
-- participants, and derives those of changed ones and of all whom they represent or represented before. The rows of
-- deleted participants are deleted by their foreign key. A participant who is added to a closed roll gets a row when the
-- roll is opened again.
--
-- Locks: the rows of attendance, as lock_attendance does, one meeting after the other.
CREATE OR REPLACE FUNCTION sync_attendance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_meeting text;
    affected uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO attendance (
            meeting, participant, organization, office, sessions, status, late, arrived_at, left_at, entry
        ) SELECT
            derived.meeting, derived.participant, derived.organization, derived.office, derived.sessions,
            derived.status, derived.late, derived.arrived_at, derived.left_at, derived.entry
        FROM rows_after JOIN derived_attendance AS derived
            ON derived.meeting = rows_after.meeting AND derived.participant = rows_after.id
        WHERE NOT EXISTS (SELECT FROM closed_rolls WHERE closed_rolls.meeting = rows_after.meeting)
        ORDER BY derived.participant;
        FOR of_meeting, affected IN
            SELECT meeting, array_agg(represents) FROM rows_after WHERE represents IS NOT NULL GROUP BY meeting
        LOOP
            PERFORM derive_attendance(of_meeting, affected);
        END LOOP;
    ELSIF TG_OP = 'UPDATE' THEN
        FOR of_meeting, affected IN
            SELECT meeting, array_agg(participant) FROM (
                SELECT meeting, id AS participant FROM rows_after UNION SELECT meeting, represents FROM rows_before
            ) AS changed GROUP BY meeting
        LOOP
            PERFORM derive_attendance(of_meeting, affected);
        END LOOP;
    ELSE
        FOR of_meeting, affected IN
            SELECT meeting, array_agg(represents) FROM rows_before WHERE represents IS NOT NULL GROUP BY meeting
        LOOP
            PERFORM derive_attendance(of_meeting, affected);
        END LOOP;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER sync_attendance_on_insert AFTER INSERT ON participants
REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION sync_attendance();
CREATE OR REPLACE TRIGGER sync_attendance_on_update AFTER UPDATE ON participants
REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION sync_attendance();
CREATE OR REPLACE TRIGGER sync_attendance_on_delete AFTER DELETE ON participants
REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION sync_attendance();

-- Stores the days of a meeting anew, and derives the attendance of all participants with a scan or with a status of a
-- day: the day of a scan depends on the days, who is late on the start of a session, and who is invited to it on which
-- sessions are parallel.
--
-- Arguments: the code of the meeting; whether something else has changed that attendance depends on.
-- Locks: first roll_lock_key(meeting), exclusively, because the caller must see the scans that devices are storing at
-- the same time; then the rows of attendance, as lock_attendance does.
CREATE OR REPLACE FUNCTION derive_attendance_of_days(of_meeting text, is_changed boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    affected uuid[];
BEGIN
    PERFORM pg_advisory_xact_lock(roll_lock_key(of_meeting));
    IF NOT (store_meeting_days(of_meeting) OR is_changed) THEN
        RETURN;
    END IF;
    SELECT array_agg(participant) INTO affected FROM (
        SELECT participant FROM badges WHERE meeting = of_meeting
            AND EXISTS (SELECT FROM scans WHERE scans.meeting = of_meeting AND scans.badge = badges.id)
        UNION SELECT id FROM participants WHERE meeting = of_meeting AND day_statuses <> '{}'
    ) AS dated;
    IF affected IS NOT NULL THEN
        PERFORM derive_attendance(of_meeting, affected);
    END IF;
END $$;

-- Trigger on sessions, AFTER each row: derives the days of the meeting and the attendance that depends on them.
--
-- Locks: as derive_attendance_of_days. Triggers run in the order of their names: this name makes it the first one that
-- locks (the order is in locks.sql).
CREATE OR REPLACE FUNCTION derive_attendance_of_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.meeting <> NEW.meeting AND NOT EXISTS (
        SELECT FROM meetings WHERE code = OLD.meeting
    ) THEN
        RETURN NULL; -- The meeting's code has changed, and with it that of its days.
    END IF;
    PERFORM derive_attendance_of_days(CASE WHEN TG_OP = 'DELETE' THEN OLD.meeting ELSE NEW.meeting END, true);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER derive_attendance_of_sessions
AFTER INSERT OR DELETE OR UPDATE OF meeting, code, starts_at, ends_at, parallel_group ON sessions
FOR EACH ROW EXECUTE FUNCTION derive_attendance_of_sessions();

-- Trigger on meetings, AFTER each row: stores the days of the meeting, and derives the attendance that depends on them.
--
-- Locks: as derive_attendance_of_days, for a change.
CREATE OR REPLACE FUNCTION derive_attendance_of_meeting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM store_meeting_days(NEW.code);
    ELSIF (OLD.time_zone, OLD.start_on, OLD.end_on, OLD.cancelled_on, OLD.check_in_margin_minutes, OLD.day_ends_at)
        IS DISTINCT FROM (NEW.time_zone, NEW.start_on, NEW.end_on, NEW.cancelled_on, NEW.check_in_margin_minutes,
            NEW.day_ends_at)
    THEN
        PERFORM derive_attendance_of_days(NEW.code, false);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER derive_attendance_of_meeting
AFTER INSERT OR UPDATE OF time_zone, start_on, end_on, cancelled_on, check_in_margin_minutes, day_ends_at ON meetings
FOR EACH ROW EXECUTE FUNCTION derive_attendance_of_meeting();
