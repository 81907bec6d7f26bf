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

-- Erases what the history, the revisions, the stored responses and the audit trail contain of a meeting's personal
-- data. Several meetings may have had one code: only what was stored in the time of this one is erased.
--
-- Arguments: the code of the meeting; after which and until which commit it existed, by their stamps.
-- Returns: the number of rows.
CREATE OR REPLACE FUNCTION erase_records(of_meeting text, after timestamptz, until timestamptz) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    erased int := 0;
    affected int;
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['participants_rows', 'participant_sessions_rows'] LOOP
        EXECUTE format(
            'DELETE FROM history.%I AS version USING history.commits AS addition'
            ' WHERE version.meeting = $1 AND version.removed_by IS NOT NULL AND addition.id = version.added_by'
            ' AND coalesce(addition.stamp, ''infinity'') > $2 AND coalesce(addition.stamp, ''infinity'') <= $3',
            table_name
        ) USING of_meeting, after, until;
        GET DIAGNOSTICS affected = ROW_COUNT;
        erased := erased + affected;
    END LOOP;
    DELETE FROM revisions USING history.commits
    WHERE revisions.resource = 'participants' AND of_meeting IN (before ->> 'meeting', revisions.after ->> 'meeting')
        AND commits.id = revisions.commit AND coalesce(commits.stamp, 'infinity') > erase_records.after
        AND coalesce(commits.stamp, 'infinity') <= until;
    GET DIAGNOSTICS affected = ROW_COUNT;
    erased := erased + affected;
    -- The reasons of other changes may name participants too.
    UPDATE revisions SET reason = NULL, legal_basis = NULL FROM history.commits
    WHERE num_nonnulls(reason, legal_basis) > 0 AND (
        revisions.resource = 'meetings' AND revisions.key = of_meeting
        OR revisions.resource = 'sessions' AND split_part(revisions.key, '/', 1) = of_meeting
        OR revisions.resource = 'statements' AND of_meeting IN (before ->> 'meeting', revisions.after ->> 'meeting')
    ) AND commits.id = revisions.commit AND coalesce(commits.stamp, 'infinity') > erase_records.after
        AND coalesce(commits.stamp, 'infinity') <= until;
    GET DIAGNOSTICS affected = ROW_COUNT;
    erased := erased + affected;
    DELETE FROM idempotency_keys
    WHERE meeting = of_meeting AND created_at > erase_records.after AND created_at <= until;
    GET DIAGNOSTICS affected = ROW_COUNT;
    erased := erased + affected;
    DELETE FROM audit_texts USING audit_lines
    WHERE audit_texts.meeting = of_meeting AND audit_lines.id = audit_texts.line
        AND audit_lines.at > erase_records.after AND audit_lines.at <= until;
    GET DIAGNOSTICS affected = ROW_COUNT;
    RETURN erased + affected;
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
            'roll_corrections', 'roll_digests', 'scans', 'badges', 'devices'
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
