-- Rules that a constraint on one row cannot express. A trigger that rejects a row raises check_violation with a
-- constraint name, as a check constraint does. If a row conflicts with another session, the hint is that session's key.

-- Trigger on organizations and stages, AFTER each row: rejects a row that is its own ancestor, or a tree of more than 16
-- levels: those above the row, the row, and those below it. It runs after the statement, because one statement may insert a whole tree.
--
-- Locks: parent_lock_key(table), because two concurrent transactions could create a cycle together.
-- Raises check_violation with the constraint ck_<table>_parent_no_circle or ck_<table>_parent_depth.
CREATE OR REPLACE FUNCTION reject_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ancestor text := NEW.parent;
    visited text[] := ARRAY[NEW.code];
    levels_below int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(parent_lock_key(TG_TABLE_NAME));
    WHILE ancestor IS NOT NULL LOOP
        IF ancestor = ANY (visited) THEN
            RAISE EXCEPTION '% would be above itself', ancestor
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = format('ck_%s_parent_no_circle', TG_TABLE_NAME);
        END IF;
        visited := visited || ancestor;
        IF cardinality(visited) > 16 THEN
            RAISE EXCEPTION '% would be more than 16 levels deep', NEW.code
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = format('ck_%s_parent_depth', TG_TABLE_NAME);
        END IF;
        EXECUTE format('SELECT parent FROM %I WHERE code = $1', TG_TABLE_NAME) INTO ancestor USING ancestor;
    END LOOP;
    -- Only a row that is moved has others below it. Those that one statement inserts check their own ancestors.
    IF TG_OP = 'UPDATE' THEN
        EXECUTE format(
            'WITH RECURSIVE below AS ('
            'SELECT code, 1 AS depth FROM %1$I WHERE parent = $1'
            ' UNION ALL SELECT child.code, below.depth + 1 FROM below JOIN %1$I AS child ON child.parent = below.code'
            ' WHERE below.depth < 16) SELECT coalesce(max(depth), 0) FROM below',
            TG_TABLE_NAME
        ) INTO levels_below USING NEW.code;
        IF cardinality(visited) + levels_below > 16 THEN
            RAISE EXCEPTION 'the tree of % would have more than 16 levels', NEW.code
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = format('ck_%s_parent_depth', TG_TABLE_NAME);
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER reject_cycle AFTER INSERT OR UPDATE OF parent ON organizations
FOR EACH ROW WHEN (NEW.parent IS NOT NULL) EXECUTE FUNCTION reject_cycle();
CREATE OR REPLACE TRIGGER reject_cycle AFTER INSERT OR UPDATE OF parent ON stages
FOR EACH ROW WHEN (NEW.parent IS NOT NULL) EXECUTE FUNCTION reject_cycle();

-- Trigger on sessions and meetings, AFTER each row: rejects a session outside the days of its meeting, in the meeting's
-- time zone: it must start on one of them, and end before noon of the day after the last one, because it may run past
-- midnight. A session of which only the end is known must end on one of them, or at midnight after it. The trigger on
-- meetings can be deferred, so that a meeting can be moved together with its sessions.
--
-- Locks: for a change of a session, the meeting's row, FOR SHARE, because both may change at the same time.
-- Raises check_violation with the constraint ck_sessions_within_meeting, and the session's key as the hint.
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
            OR ((s.ends_at - interval '1 microsecond') AT TIME ZONE meeting_row.time_zone
                - CASE WHEN s.starts_at IS NULL THEN interval '0' ELSE interval '12 hours' END)::date
                > meeting_row.end_on
            OR (s.starts_at IS NULL AND ((s.ends_at - interval '1 microsecond') AT TIME ZONE meeting_row.time_zone)::date
                < meeting_row.start_on))
    LIMIT 1;
    IF outside IS NOT NULL THEN
        RAISE EXCEPTION 'session % of % lies outside the days of its meeting', outside, meeting_row.code
            USING ERRCODE = 'check_violation', TABLE = 'sessions', CONSTRAINT = 'ck_sessions_within_meeting',
            HINT = format('%s/%s', meeting_row.code, outside);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER within_meeting AFTER INSERT OR UPDATE OF meeting, starts_at, ends_at ON sessions
FOR EACH ROW EXECUTE FUNCTION require_sessions_within_meeting();
DROP TRIGGER IF EXISTS sessions_within_meeting ON meetings;
CREATE CONSTRAINT TRIGGER sessions_within_meeting AFTER UPDATE OF code, start_on, end_on, time_zone ON meetings
DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION require_sessions_within_meeting();

-- Trigger on sessions, session_speakers and participant_sessions, AFTER each row: rejects a speaker of two sessions of
-- one parallel group, and a participant who is assigned to two of them.
--
-- Locks: first speaker_lock_key(meeting, official) of each speaker of the session; then the rows of the assigned
-- participants, FOR NO KEY UPDATE; both in the order of their ids, because concurrent transactions could create the
-- conflict together. Participants get row locks, because thousands of advisory locks could fill the server's lock
-- table.
-- Raises check_violation with the constraint ck_session_speakers_parallel_sessions or
-- ck_participant_sessions_parallel_sessions, and the key of the other session as the hint.
CREATE OR REPLACE FUNCTION reject_parallel_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := to_jsonb(NEW);
    of_meeting text := changed ->> 'meeting';
    this_session text := CASE
        WHEN TG_TABLE_NAME = 'sessions' THEN changed ->> 'code' ELSE changed ->> 'session'
    END;
    this_group text := (SELECT parallel_group FROM sessions WHERE meeting = of_meeting AND code = this_session);
    speakers uuid[] := '{}';
    seated uuid[] := '{}';
    person uuid;
    other_session text;
BEGIN
    IF this_group IS NULL THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'participant_sessions' THEN
        seated := ARRAY[(changed ->> 'participant')::uuid];
    ELSE
        speakers := ARRAY(
            SELECT DISTINCT official FROM session_speakers
            WHERE meeting = of_meeting AND session = this_session AND official IS NOT NULL ORDER BY official
        );
    END IF;
    IF TG_TABLE_NAME = 'sessions' THEN
        seated := ARRAY(
            SELECT participant FROM participant_sessions WHERE meeting = of_meeting AND session = this_session
            ORDER BY participant
        );
    END IF;
    FOREACH person IN ARRAY speakers LOOP
        PERFORM pg_advisory_xact_lock(speaker_lock_key(of_meeting, person));
        SELECT s.code INTO other_session FROM session_speakers AS other
        JOIN sessions AS s ON s.meeting = other.meeting AND s.code = other.session
        WHERE other.meeting = of_meeting AND other.official = person AND s.code <> this_session
            AND s.parallel_group = this_group
        LIMIT 1;
        IF other_session IS NOT NULL THEN
            RAISE EXCEPTION 'the same person speaks in % and %', this_session, other_session
                USING ERRCODE = 'check_violation',
                TABLE = 'session_speakers', CONSTRAINT = 'ck_session_speakers_parallel_sessions',
                HINT = format('%s/%s', of_meeting, other_session);
        END IF;
    END LOOP;
    FOREACH person IN ARRAY seated LOOP
        PERFORM FROM participants WHERE id = person FOR NO KEY UPDATE;
        SELECT s.code INTO other_session FROM participant_sessions AS other
        JOIN sessions AS s ON s.meeting = other.meeting AND s.code = other.session
        WHERE other.meeting = of_meeting AND other.participant = person AND s.code <> this_session
            AND s.parallel_group = this_group LIMIT 1;
        IF other_session IS NOT NULL THEN
            RAISE EXCEPTION 'the same participant is in % and %', this_session, other_session
                USING ERRCODE = 'check_violation',
                TABLE = 'participant_sessions', CONSTRAINT = 'ck_participant_sessions_parallel_sessions',
                HINT = format('%s/%s', of_meeting, other_session);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER reject_parallel_sessions AFTER INSERT OR UPDATE ON session_speakers
FOR EACH ROW EXECUTE FUNCTION reject_parallel_sessions();
CREATE OR REPLACE TRIGGER reject_parallel_sessions AFTER INSERT OR UPDATE ON participant_sessions
FOR EACH ROW EXECUTE FUNCTION reject_parallel_sessions();
CREATE OR REPLACE TRIGGER reject_parallel_sessions AFTER UPDATE OF parallel_group ON sessions
FOR EACH ROW WHEN (OLD.parallel_group IS DISTINCT FROM NEW.parallel_group) EXECUTE FUNCTION reject_parallel_sessions();

-- Trigger on appointments, BEFORE INSERT OR UPDATE of each row: takes a lock before the exclusion constraints are
-- checked. Without it, concurrent transactions that write one office would deadlock; with it, the second one waits and
-- is then rejected. The name sorts before bump_revision, so that `updated_at` is set after the wait.
--
-- Locks: office_lock_key(organization, office).
CREATE OR REPLACE FUNCTION acquire_office_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(office_lock_key(NEW.organization, NEW.office));
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER acquire_office_lock BEFORE INSERT OR UPDATE ON appointments
FOR EACH ROW EXECUTE FUNCTION acquire_office_lock();

-- Trigger on participants, BEFORE INSERT OR UPDATE of each row: takes the lock of reject_representation_cycle. It is taken
-- here because the AFTER triggers of the rows of one statement take the locks of their delegations in between. The name
-- sorts before bump_revision, so that `updated_at` is set after the wait.
--
-- Locks: representation_lock_key(meeting).
CREATE OR REPLACE FUNCTION acquire_representation_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(representation_lock_key(NEW.meeting));
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER acquire_representation_lock BEFORE INSERT OR UPDATE OF represents ON participants
FOR EACH ROW WHEN (NEW.represents IS NOT NULL) EXECUTE FUNCTION acquire_representation_lock();

-- Trigger on participants, AFTER each row: rejects a participant who represents itself through others, or who would be
-- in a chain of more than 16 steps, those to it included. acquire_representation_lock has taken the lock, because two
-- concurrent transactions could create a cycle together.
--
-- Raises check_violation with the constraint ck_participants_represents_no_circle.
CREATE OR REPLACE FUNCTION reject_representation_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    represented uuid := NEW.represents;
    steps int := 0;
    steps_to_this int := 0;
BEGIN
    WHILE represented IS NOT NULL LOOP
        steps := steps + 1;
        EXIT WHEN represented = NEW.id OR steps > 16;
        SELECT represents INTO represented FROM participants WHERE id = represented;
    END LOOP;
    IF TG_OP = 'UPDATE' AND represented IS NULL THEN
        WITH RECURSIVE delegates AS (
            SELECT id, 1 AS step FROM participants WHERE meeting = NEW.meeting AND represents = NEW.id
            UNION ALL
            SELECT next.id, step + 1 FROM delegates
            JOIN participants AS next ON next.meeting = NEW.meeting AND next.represents = delegates.id
            WHERE step < 16
        ) SELECT coalesce(max(step), 0) INTO steps_to_this FROM delegates;
    END IF;
    IF represented IS NOT NULL OR steps + steps_to_this > 16 THEN
        RAISE EXCEPTION 'participant % represents itself, or is in a chain that is too long', NEW.id
            USING ERRCODE = 'check_violation', TABLE = 'participants',
            CONSTRAINT = 'ck_participants_represents_no_circle';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER reject_representation_cycle AFTER INSERT OR UPDATE OF represents ON participants
FOR EACH ROW WHEN (NEW.represents IS NOT NULL) EXECUTE FUNCTION reject_representation_cycle();

-- Trigger on participants and meetings, AFTER each row: rejects more delegates of an organization than meetings.places.
--
-- Locks: first delegation_lock_key(meeting, organization), because two concurrent transactions could both take the last
-- place; then the meeting's row, FOR SHARE.
-- Raises check_violation with the constraint ck_participants_places_left or ck_meetings_places_left.
CREATE OR REPLACE FUNCTION enforce_places() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_meeting text := CASE WHEN TG_TABLE_NAME = 'meetings' THEN to_jsonb(NEW) ->> 'code'
        ELSE to_jsonb(NEW) ->> 'meeting' END;
    of_organization text := to_jsonb(NEW) ->> 'organization';
    allowed int;
    delegates int;
BEGIN
    PERFORM pg_advisory_xact_lock(delegation_lock_key(of_meeting, of_organization));
    SELECT places INTO allowed FROM meetings WHERE code = of_meeting FOR SHARE;
    IF allowed IS NULL THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'participants' THEN
        SELECT count(*) INTO delegates FROM (
            SELECT FROM participants
            WHERE meeting = of_meeting AND organization = of_organization AND capacity = 'delegate' LIMIT allowed + 1
        ) AS delegation;
    ELSE
        SELECT max(number) INTO delegates FROM (
            SELECT count(*) AS number FROM participants
            WHERE meeting = of_meeting AND capacity = 'delegate' AND organization IS NOT NULL GROUP BY organization
        ) AS delegation;
    END IF;
    IF delegates > allowed THEN
        RAISE EXCEPTION 'of one organization there are % delegates, and % places', delegates, allowed
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
            CONSTRAINT = format('ck_%s_places_left', TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER enforce_places AFTER INSERT OR UPDATE OF organization, capacity ON participants
FOR EACH ROW WHEN (NEW.capacity = 'delegate' AND NEW.organization IS NOT NULL) EXECUTE FUNCTION enforce_places();
CREATE OR REPLACE TRIGGER enforce_places AFTER UPDATE OF places ON meetings
FOR EACH ROW WHEN (NEW.places IS NOT NULL) EXECUTE FUNCTION enforce_places();
