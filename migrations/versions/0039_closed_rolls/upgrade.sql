-- Copies of closed rolls (closed_rolls.sql).
SELECT enable_history('closed_rolls', 'meeting');

SELECT enable_history('closed_roll_lines', 'meeting', 'participant');

SET search_path = closed, public;

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
        ) AND EXISTS (
            WITH RECURSIVE instead AS (
                SELECT delegate.id, delegate.status, delegate.day_statuses FROM participants AS delegate
                WHERE delegate.meeting = listed.meeting AND delegate.represents = listed.id
                UNION
                SELECT delegate.id, delegate.status, delegate.day_statuses FROM instead
                JOIN participants AS delegate
                    ON delegate.meeting = listed.meeting AND delegate.represents = instead.id
            )
            SELECT FROM instead WHERE instead.status = 'present' OR is_present_on_a_day(instead.day_statuses)
                OR EXISTS (
                    SELECT FROM entries_and_exits AS scan
                    WHERE scan.participant = instead.id AND scan.classification = 'entry'
                )
        ) THEN 'represented'
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

-- The presence of each participant, one row each, as JSON.
--
--   days       for each day of the meeting, in order: on, status, late, entered_at (the first entry), left_at (the last
--              scan of the day if it is an exit), manual_status (status and reason set by hand for this day, or null).
--              A day without an entry has its status by hand; otherwise that of the whole meeting, in whose times it
--              then has a share; otherwise 'represented' if the participant is, otherwise 'expected'.
--   intervals  session (null: the meeting), on, entered_at, left_at, ended_by: from an entry that is the first scan of
--              the day at that entrance, or follows an exit, to the next exit ('exit') or to the end of the day
--              ('day_end').
--   stays      on, entered_at, left_at: the same without regard to sessions; and for each day without scans on which the
--              participant is present by hand: the day, from arrived_at and to left_at as far as they are known. The
--              quorum is counted from them.
CREATE OR REPLACE VIEW derived_presence AS
SELECT listed.id AS participant, by_day.days, scanned.intervals, scanned.stays || coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'on', dated.day, 'entered_at', greatest(dated.begins_at, listed.arrived_at),
            'left_at', least(dated.cutoff_at, listed.left_at)
        ) ORDER BY dated.day)
        FROM meeting_days AS dated
        WHERE dated.meeting = listed.meeting
            AND coalesce(listed.day_statuses -> dated.day::text ->> 'status', listed.status) = 'present'
            AND NOT scanned.stays @> jsonb_build_array(jsonb_build_object('on', dated.day))
            AND coalesce(listed.arrived_at < dated.cutoff_at, true) AND coalesce(listed.left_at > dated.begins_at, true)
    ), '[]') AS stays
FROM participants AS listed
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'on', dated.day,
        'status', CASE
            WHEN seen.entered_at IS NOT NULL THEN 'present'
            WHEN listed.day_statuses ? dated.day::text THEN listed.day_statuses -> dated.day::text ->> 'status'
            WHEN listed.status <> 'expected' THEN listed.status
            WHEN whole.status = 'represented' THEN 'represented'
            ELSE 'expected'
        END,
        'late', coalesce(seen.entered_at > coalesce(
            (SELECT starts_at FROM sessions WHERE meeting = listed.meeting AND code = seen.session),
            (SELECT min(starts_at) FROM sessions WHERE meeting = listed.meeting
                AND starts_at >= dated.begins_at AND starts_at < dated.ends_at
                AND (parallel_group IS NULL OR listed.parts -> 'sessions' ? code))
        ), false),
        'entered_at', coalesce(seen.entered_at, CASE
            WHEN whole.entry IS NULL AND listed.arrived_at >= dated.begins_at AND listed.arrived_at < dated.ends_at
            THEN listed.arrived_at
        END),
        'left_at', CASE
            WHEN seen.entered_at IS NOT NULL THEN seen.left_at
            WHEN whole.entry IS NULL AND listed.left_at >= dated.begins_at AND listed.left_at < dated.ends_at
            THEN listed.left_at
        END,
        'manual_status', listed.day_statuses -> dated.day::text
    ) ORDER BY dated.day), '[]') AS days
    FROM meeting_days AS dated
    CROSS JOIN LATERAL (
        SELECT status, entry FROM derived_attendance AS derived WHERE derived.participant = listed.id LIMIT 1
    ) AS whole
    CROSS JOIN LATERAL (
        SELECT min(effective_at) FILTER (WHERE classification = 'entry') AS entered_at,
            (array_agg(session ORDER BY effective_at, scan.id, digest)
                FILTER (WHERE classification = 'entry'))[1] AS session,
            (array_agg(CASE WHEN classification = 'exit' THEN effective_at END
                ORDER BY effective_at, scan.id, digest))[count(*)] AS left_at
        FROM entries_and_exits AS scan WHERE scan.participant = listed.id AND scan.day = dated.day
    ) AS seen
    WHERE dated.meeting = listed.meeting
) AS by_day
CROSS JOIN LATERAL (
    SELECT
        coalesce(jsonb_agg(jsonb_build_object(
            'session', session, 'on', day, 'entered_at', effective_at, 'left_at', coalesce(exited_at, day_ends_at),
            'ended_by', CASE WHEN exited_at IS NULL THEN 'day_end' ELSE 'exit' END
        ) ORDER BY effective_at, session) FILTER (WHERE by_session), '[]') AS intervals,
        coalesce(jsonb_agg(jsonb_build_object(
            'on', day, 'entered_at', effective_at, 'left_at', coalesce(exited_at, day_ends_at)
        ) ORDER BY effective_at) FILTER (WHERE NOT by_session), '[]') AS stays
    FROM (
        SELECT changed.*, lead(effective_at) OVER (
            PARTITION BY by_session, day, entrance ORDER BY effective_at, id, digest
        ) AS exited_at
        FROM (
            SELECT scan.*, variant.by_session, CASE WHEN variant.by_session THEN scan.session END AS entrance,
                lag(scan.classification, 1, 'exit') OVER (
                    PARTITION BY variant.by_session, scan.day, CASE WHEN variant.by_session THEN scan.session END
                    ORDER BY scan.effective_at, scan.id, scan.digest
                ) AS previous
            FROM entries_and_exits AS scan CROSS JOIN (VALUES (true), (false)) AS variant (by_session)
            WHERE scan.participant = listed.id
        ) AS changed
        WHERE classification <> previous
    ) AS closed WHERE classification = 'entry'
) AS scanned;

RESET search_path;

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

-- A line for each participant: the names to print, the attendance (derived_attendance), and the presence
-- (derived_presence). In the schemas public and history read roll_lines instead, which shows closed rolls as they were
-- closed.
CREATE OR REPLACE VIEW live_roll_lines AS
SELECT listed.meeting, listed.id AS participant, listed.official,
    coalesce(person.name, listed.name, listed.name_as_printed) AS name, listed.office, listed.organization,
    coalesce(body.name, listed.organization) AS organization_name, listed.capacity, derived.sessions, derived.status,
    derived.late, derived.arrived_at, derived.left_at, derived.entry, derived.open_status, presence.days,
    presence.intervals, presence.stays
FROM participants AS listed
JOIN attendance AS derived ON derived.meeting = listed.meeting AND derived.participant = listed.id
JOIN derived_presence AS presence ON presence.participant = listed.id
LEFT JOIN officials AS person ON person.id = listed.official
LEFT JOIN organizations AS body ON body.code = listed.organization;

-- The lines of rolls.
CREATE OR REPLACE VIEW roll_lines AS
SELECT meeting, participant, official, name, office, organization, organization_name, capacity, sessions, status, late,
    arrived_at, left_at, entry, open_status, days, intervals, stays
FROM closed_roll_lines
UNION ALL
SELECT meeting, participant, official, name, office, organization, organization_name, capacity, sessions, status, late,
    arrived_at, left_at, entry, open_status, days, intervals, stays
FROM live_roll_lines AS live
WHERE NOT EXISTS (SELECT FROM closed_rolls AS closing WHERE closing.meeting = live.meeting);

-- The headings of rolls. `sessions`: code, name and starts_at of each session, in order.
CREATE OR REPLACE VIEW roll_headings AS
SELECT meeting, name, place, time_zone, start_on, end_on, sessions FROM closed_rolls
UNION ALL
SELECT live.code, live.name, live.place, live.time_zone, live.start_on, live.end_on,
    (
        SELECT coalesce(jsonb_agg(
            jsonb_build_object('code', code, 'name', name, 'starts_at', starts_at) ORDER BY position, code
        ), '[]') FROM sessions WHERE meeting = live.code
    )
FROM meetings AS live
WHERE NOT EXISTS (SELECT FROM closed_rolls AS closing WHERE closing.meeting = live.code);

-- The presence of each participant, as derived_presence has it.
--
-- A join of a view with UNION ALL would derive the presence of all participants first. LATERAL derives that of the
-- participants that are asked for.
CREATE OR REPLACE VIEW roll_presence AS
SELECT listed.id AS participant, presence.days, presence.intervals, presence.stays
FROM participants AS listed CROSS JOIN LATERAL (
    SELECT days, intervals, stays FROM closed_roll_lines AS line
    WHERE line.meeting = listed.meeting AND line.participant = listed.id
    UNION ALL
    SELECT days, intervals, stays FROM derived_presence AS derived
    WHERE derived.participant = listed.id
        AND NOT EXISTS (SELECT FROM closed_rolls AS closing WHERE closing.meeting = listed.meeting)
) AS presence;

-- The plenaries of commissions, with what their quorum is computed from. `members`: the chair and members in office on
-- each day (describe_quorum) if the roll is closed, otherwise null: they are then read from the appointments.
CREATE OR REPLACE VIEW roll_plenaries AS
SELECT closing.meeting, closing.name, closing.time_zone, closing.start_on, closing.end_on,
    closing.quorum ->> 'host' AS host, closing.quorum ->> 'host_name' AS host_name, closing.quorum ->> 'level' AS level,
    (closing.quorum ->> 'seats')::int AS seats, meeting.anonymised_at, closing.quorum -> 'members' AS members
FROM closed_rolls AS closing JOIN meetings AS meeting ON meeting.code = closing.meeting
WHERE closing.quorum IS NOT NULL
UNION ALL
SELECT meeting.code, meeting.name, meeting.time_zone, meeting.start_on, meeting.end_on, host.code, host.name, host.level,
    host.seats, meeting.anonymised_at, NULL::jsonb
FROM meetings AS meeting JOIN organizations AS host ON host.code = meeting.host
WHERE meeting.kind = 'plenary' AND host.kind = 'commission'
    AND NOT EXISTS (SELECT FROM closed_rolls AS closing WHERE closing.meeting = meeting.code);

-- The sessions of meetings, with their names.
CREATE OR REPLACE VIEW roll_sessions AS
SELECT meeting, code, name FROM closed.sessions
UNION ALL
SELECT meeting, code, name FROM sessions AS live
WHERE NOT EXISTS (SELECT FROM closed_rolls AS closing WHERE closing.meeting = live.meeting);

-- The organizations by which the summary of a meeting is grouped: those of the participants if the roll is closed,
-- otherwise all.
CREATE OR REPLACE VIEW roll_organizations AS
SELECT meeting, code, name, level, region, region_name FROM closed.participant_organizations
UNION ALL
SELECT meeting.code, body.code, body.name, body.level, region.code, region.name
FROM meetings AS meeting CROSS JOIN organizations AS body LEFT JOIN regions AS region ON region.code = body.region
WHERE NOT EXISTS (SELECT FROM closed_rolls AS closing WHERE closing.meeting = meeting.code);

SET search_path = history, public;

-- A line for each participant: the names to print, the attendance (derived_attendance), and the presence
-- (derived_presence). In the schemas public and history read roll_lines instead, which shows closed rolls as they were
-- closed.
CREATE OR REPLACE VIEW live_roll_lines AS
SELECT listed.meeting, listed.id AS participant, listed.official,
    coalesce(person.name, listed.name, listed.name_as_printed) AS name, listed.office, listed.organization,
    coalesce(body.name, listed.organization) AS organization_name, listed.capacity, derived.sessions, derived.status,
    derived.late, derived.arrived_at, derived.left_at, derived.entry, derived.open_status, presence.days,
    presence.intervals, presence.stays
FROM participants AS listed
JOIN attendance AS derived ON derived.meeting = listed.meeting AND derived.participant = listed.id
JOIN derived_presence AS presence ON presence.participant = listed.id
LEFT JOIN officials AS person ON person.id = listed.official
LEFT JOIN organizations AS body ON body.code = listed.organization;

-- The lines of rolls.
CREATE OR REPLACE VIEW roll_lines AS
SELECT meeting, participant, official, name, office, organization, organization_name, capacity, sessions, status, late,
    arrived_at, left_at, entry, open_status, days, intervals, stays
FROM closed_roll_lines
UNION ALL
SELECT meeting, participant, official, name, office, organization, organization_name, capacity, sessions, status, late,
    arrived_at, left_at, entry, open_status, days, intervals, stays
FROM live_roll_lines AS live
WHERE NOT EXISTS (SELECT FROM closed_rolls AS closing WHERE closing.meeting = live.meeting);

-- The headings of rolls. `sessions`: code, name and starts_at of each session, in order.
CREATE OR REPLACE VIEW roll_headings AS
SELECT meeting, name, place, time_zone, start_on, end_on, sessions FROM closed_rolls
UNION ALL
SELECT live.code, live.name, live.place, live.time_zone, live.start_on, live.end_on,
    (
        SELECT coalesce(jsonb_agg(
            jsonb_build_object('code', code, 'name', name, 'starts_at', starts_at) ORDER BY position, code
        ), '[]') FROM sessions WHERE meeting = live.code
    )
FROM meetings AS live
WHERE NOT EXISTS (SELECT FROM closed_rolls AS closing WHERE closing.meeting = live.code);

-- The presence of each participant, as derived_presence has it.
--
-- A join of a view with UNION ALL would derive the presence of all participants first. LATERAL derives that of the
-- participants that are asked for.
CREATE OR REPLACE VIEW roll_presence AS
SELECT listed.id AS participant, presence.days, presence.intervals, presence.stays
FROM participants AS listed CROSS JOIN LATERAL (
    SELECT days, intervals, stays FROM closed_roll_lines AS line
    WHERE line.meeting = listed.meeting AND line.participant = listed.id
    UNION ALL
    SELECT days, intervals, stays FROM derived_presence AS derived
    WHERE derived.participant = listed.id
        AND NOT EXISTS (SELECT FROM closed_rolls AS closing WHERE closing.meeting = listed.meeting)
) AS presence;

-- The plenaries of commissions, with what their quorum is computed from. `members`: the chair and members in office on
-- each day (describe_quorum) if the roll is closed, otherwise null: they are then read from the appointments.
CREATE OR REPLACE VIEW roll_plenaries AS
SELECT closing.meeting, closing.name, closing.time_zone, closing.start_on, closing.end_on,
    closing.quorum ->> 'host' AS host, closing.quorum ->> 'host_name' AS host_name, closing.quorum ->> 'level' AS level,
    (closing.quorum ->> 'seats')::int AS seats, meeting.anonymised_at, closing.quorum -> 'members' AS members
FROM closed_rolls AS closing JOIN meetings AS meeting ON meeting.code = closing.meeting
WHERE closing.quorum IS NOT NULL
UNION ALL
SELECT meeting.code, meeting.name, meeting.time_zone, meeting.start_on, meeting.end_on, host.code, host.name, host.level,
    host.seats, meeting.anonymised_at, NULL::jsonb
FROM meetings AS meeting JOIN organizations AS host ON host.code = meeting.host
WHERE meeting.kind = 'plenary' AND host.kind = 'commission'
    AND NOT EXISTS (SELECT FROM closed_rolls AS closing WHERE closing.meeting = meeting.code);

SET search_path = closed, public;

-- A line for each participant: the names to print, the attendance (derived_attendance), and the presence
-- (derived_presence). In the schemas public and history read roll_lines instead, which shows closed rolls as they were
-- closed.
CREATE OR REPLACE VIEW live_roll_lines AS
SELECT listed.meeting, listed.id AS participant, listed.official,
    coalesce(person.name, listed.name, listed.name_as_printed) AS name, listed.office, listed.organization,
    coalesce(body.name, listed.organization) AS organization_name, listed.capacity, derived.sessions, derived.status,
    derived.late, derived.arrived_at, derived.left_at, derived.entry, derived.open_status, presence.days,
    presence.intervals, presence.stays
FROM participants AS listed
JOIN attendance AS derived ON derived.meeting = listed.meeting AND derived.participant = listed.id
JOIN derived_presence AS presence ON presence.participant = listed.id
LEFT JOIN officials AS person ON person.id = listed.official
LEFT JOIN organizations AS body ON body.code = listed.organization;

RESET search_path;

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
    FOREACH table_name IN ARRAY ARRAY[
        'participants_rows', 'participant_sessions_rows', 'closed_roll_lines_rows'
    ] LOOP
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
            'roll_corrections', 'closed_roll_lines', 'roll_digests', 'scans', 'badges', 'devices'
        ] LOOP
            EXECUTE format('DELETE FROM %I WHERE meeting = $1', table_name) USING of_meeting;
            GET DIAGNOSTICS affected = ROW_COUNT;
            records := records + affected;
        END LOOP;
        DELETE FROM closed.entries_and_exits WHERE meeting = of_meeting;
        DELETE FROM closed.participants WHERE meeting = of_meeting;
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
                ) ORDER BY array_position(ARRAY['chair', 'member'], held.office), person.name, held.id), '[]')
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
        arrived_at, left_at, entry, days, intervals, stays
    )
    SELECT line.meeting, line.participant, line.official, line.name, line.office, line.organization,
        line.organization_name, line.capacity, line.sessions, line.status, line.late, line.arrived_at, line.left_at,
        line.entry, line.days, line.intervals, line.stays
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
-- Returns: a row as closed.entries_and_exits has it; several if a device used the id for different contents; none if the
-- scan cannot become part of the roll, or is part of it.
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
