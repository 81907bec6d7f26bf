DROP TRIGGER keep_closed_meeting ON meetings;

DROP FUNCTION keep_closed_meeting;

DROP TRIGGER keep_closed_assignment ON participant_sessions;

DROP FUNCTION keep_closed_assignment;

DROP TRIGGER keep_closed_participant ON participants;

DROP FUNCTION keep_closed_participant;

DROP FUNCTION add_late_upload;

DROP FUNCTION list_late_uploads;

DROP FUNCTION remove_closed_scan;

DROP FUNCTION correct_status;

DROP FUNCTION refresh_closed_roll;

DROP FUNCTION reopen_roll;

DROP FUNCTION close_roll;

DROP FUNCTION delete_roll_copy;

DROP FUNCTION copy_roll;

DROP FUNCTION describe_quorum;

SET search_path = closed, public;

DROP VIEW live_roll_lines;

SET search_path = history, public;

DROP VIEW roll_plenaries;

DROP VIEW roll_presence;

DROP VIEW roll_headings;

DROP VIEW roll_lines;

DROP VIEW live_roll_lines;

RESET search_path;

DROP VIEW roll_organizations;

DROP VIEW roll_sessions;

DROP VIEW roll_plenaries;

DROP VIEW roll_presence;

DROP VIEW roll_headings;

DROP VIEW roll_lines;

DROP VIEW live_roll_lines;

DROP VIEW closed.attendance;

DROP VIEW history.attendance;

SET search_path = closed, public;

DROP VIEW derived_presence;

DROP VIEW derived_attendance;

RESET search_path;

-- Attendance as it was known at the instant rakornas.known_at. It is not stored, but computed by each query.
CREATE OR REPLACE VIEW history.attendance AS
SELECT meeting, participant, organization, office, sessions, status, late, arrived_at, left_at, entry,
    CASE WHEN status = 'sick' THEN 'excused' ELSE status END AS open_status FROM history.derived_attendance;

-- Derives the attendance of participants whose rows the transaction has locked. Participants are found by their key
-- alone: with the meeting beside it, an index of all of the meeting looks as good. The locked rows are found by their
-- place (ctid): joined by their key, all of the meeting may be read first.
CREATE OR REPLACE FUNCTION derive_locked_attendance(of_meeting text, participant_ids uuid[]) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
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

-- Trigger AFTER each statement on participants: adds the attendance of new participants, and derives that of changed
-- ones and of those whom they represent or represented. (Rows of deleted participants go by their foreign key.) Locks
-- the attendance rows as lock_attendance does.
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
    PERFORM FROM meetings WHERE code = of_meeting AND anonymised_at IS NULL
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
    UPDATE meetings SET anonymised_at = clock_timestamp(), roll_closed_at = coalesce(roll_closed_at, clock_timestamp())
    WHERE code = of_meeting;
    PERFORM set_config('rakornas.anonymising', '', true);
    RETURN deleted;
END $$;
