-- The text that search compares: without case, accents and any form of apostrophe. `unaccent` is only STABLE, because
-- its dictionary could be changed; ours never is, and a generated column needs IMMUTABLE. NFKC would turn the acute
-- accent that people type for an apostrophe into a space, so that one is removed first.
CREATE OR REPLACE FUNCTION fold(VARIADIC parts text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lower(translate(
    unaccent('unaccent', normalize(translate(array_to_string(parts, ' '), U&'\00B4\02C8', ''), NFKC)),
    U&'''`\02B9\02BB\02BC\02BE\02BF\2018\2019\201B\2032\FF07', ''));

-- How well the words of a search match a text, from 0 to 1: the mean of the phrase's similarity and the words' mean
-- similarity. The phrase alone would rank every "KPU …" like the one that is meant by "KPU DKI". Exact words are found
-- first, because comparing trigrams takes most of the time.
CREATE OR REPLACE FUNCTION likeness(words text, folded text) RETURNS real
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    padded constant text := ' ' || folded || ' ';
    word text;
    total double precision := 0;
    number int := 0;
BEGIN
    IF position(' ' || words || ' ' IN padded) > 0 THEN
        RETURN 1;
    END IF;
    FOREACH word IN ARRAY regexp_split_to_array(trim(words), '\s+') LOOP
        total := total
            + CASE WHEN position(' ' || word || ' ' IN padded) > 0 THEN 1 ELSE word_similarity(word, folded) END;
        number := number + 1;
    END LOOP;
    RETURN (CASE WHEN number = 1 THEN total ELSE word_similarity(words, folded) END + total / number) / 2;
END $$;

-- The same for the sessions of a participant, which are copied as a list of codes.
CREATE OR REPLACE FUNCTION copy_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed_keys text := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT meeting, participant FROM rows_after'
        WHEN 'DELETE' THEN 'SELECT meeting, participant FROM rows_before'
        ELSE 'SELECT meeting, participant FROM rows_before UNION SELECT meeting, participant FROM rows_after'
    END;
BEGIN
    EXECUTE format(
        'UPDATE participants AS object SET parts = jsonb_build_object(''sessions'', coalesce(('
        'SELECT jsonb_agg(session ORDER BY session) FROM participant_sessions AS part'
        ' WHERE part.meeting = object.meeting AND part.participant = object.id), ''[]''))'
        ' WHERE (meeting, id) IN (%s)', changed_keys
    );
    RETURN NULL;
END $$;

-- The presence of each participant, one row each, as JSON.
--
--   days       for each day of the meeting, in order: on, status, late, entered_at (the first entry), left_at (the last
--              scan of the day if it is an exit), manual_status (status and reason set by hand for this day, or null).
--              A day without an entry has its status by hand; otherwise that of the whole meeting, in whose times it
--              then has a share; otherwise 'represented' if the participant is, otherwise 'expected'.
--   intervals  session (null: the meeting), on, entered_at, left_at, ended_by: from an entry that is the first scan of
--              the day at that entrance, or follows an exit or the cut-off, to the next exit ('exit') or to the end of
--              the day ('day_end').
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
        SELECT changed.*, lead(CASE WHEN classification = 'exit' THEN effective_at END) OVER (
            PARTITION BY by_session, day, entrance ORDER BY effective_at, id, digest
        ) AS exited_at
        FROM (
            SELECT scan.*, variant.by_session, CASE WHEN variant.by_session THEN scan.session END AS entrance,
                lag(scan.classification, 1, 'exit') OVER (
                    PARTITION BY variant.by_session, scan.day, CASE WHEN variant.by_session THEN scan.session END
                    ORDER BY scan.effective_at, scan.id, scan.digest
                ) AS previous,
                lag(scan.day_ends_at) OVER (
                    PARTITION BY variant.by_session, scan.day, CASE WHEN variant.by_session THEN scan.session END
                    ORDER BY scan.effective_at, scan.id, scan.digest
                ) AS previous_ends_at
            FROM entries_and_exits AS scan CROSS JOIN (VALUES (true), (false)) AS variant (by_session)
            WHERE scan.participant = listed.id
        ) AS changed
        WHERE classification <> previous OR (classification = 'entry' AND previous_ends_at < day_ends_at)
    ) AS closed WHERE classification = 'entry'
) AS scanned;

SET search_path = history, public;

-- The presence of each participant, one row each, as JSON.
--
--   days       for each day of the meeting, in order: on, status, late, entered_at (the first entry), left_at (the last
--              scan of the day if it is an exit), manual_status (status and reason set by hand for this day, or null).
--              A day without an entry has its status by hand; otherwise that of the whole meeting, in whose times it
--              then has a share; otherwise 'represented' if the participant is, otherwise 'expected'.
--   intervals  session (null: the meeting), on, entered_at, left_at, ended_by: from an entry that is the first scan of
--              the day at that entrance, or follows an exit or the cut-off, to the next exit ('exit') or to the end of
--              the day ('day_end').
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
        SELECT changed.*, lead(CASE WHEN classification = 'exit' THEN effective_at END) OVER (
            PARTITION BY by_session, day, entrance ORDER BY effective_at, id, digest
        ) AS exited_at
        FROM (
            SELECT scan.*, variant.by_session, CASE WHEN variant.by_session THEN scan.session END AS entrance,
                lag(scan.classification, 1, 'exit') OVER (
                    PARTITION BY variant.by_session, scan.day, CASE WHEN variant.by_session THEN scan.session END
                    ORDER BY scan.effective_at, scan.id, scan.digest
                ) AS previous,
                lag(scan.day_ends_at) OVER (
                    PARTITION BY variant.by_session, scan.day, CASE WHEN variant.by_session THEN scan.session END
                    ORDER BY scan.effective_at, scan.id, scan.digest
                ) AS previous_ends_at
            FROM entries_and_exits AS scan CROSS JOIN (VALUES (true), (false)) AS variant (by_session)
            WHERE scan.participant = listed.id
        ) AS changed
        WHERE classification <> previous OR (classification = 'entry' AND previous_ends_at < day_ends_at)
    ) AS closed WHERE classification = 'entry'
) AS scanned;

SET search_path = closed, public;

-- The presence of each participant, one row each, as JSON.
--
--   days       for each day of the meeting, in order: on, status, late, entered_at (the first entry), left_at (the last
--              scan of the day if it is an exit), manual_status (status and reason set by hand for this day, or null).
--              A day without an entry has its status by hand; otherwise that of the whole meeting, in whose times it
--              then has a share; otherwise 'represented' if the participant is, otherwise 'expected'.
--   intervals  session (null: the meeting), on, entered_at, left_at, ended_by: from an entry that is the first scan of
--              the day at that entrance, or follows an exit or the cut-off, to the next exit ('exit') or to the end of
--              the day ('day_end').
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
        SELECT changed.*, lead(CASE WHEN classification = 'exit' THEN effective_at END) OVER (
            PARTITION BY by_session, day, entrance ORDER BY effective_at, id, digest
        ) AS exited_at
        FROM (
            SELECT scan.*, variant.by_session, CASE WHEN variant.by_session THEN scan.session END AS entrance,
                lag(scan.classification, 1, 'exit') OVER (
                    PARTITION BY variant.by_session, scan.day, CASE WHEN variant.by_session THEN scan.session END
                    ORDER BY scan.effective_at, scan.id, scan.digest
                ) AS previous,
                lag(scan.day_ends_at) OVER (
                    PARTITION BY variant.by_session, scan.day, CASE WHEN variant.by_session THEN scan.session END
                    ORDER BY scan.effective_at, scan.id, scan.digest
                ) AS previous_ends_at
            FROM entries_and_exits AS scan CROSS JOIN (VALUES (true), (false)) AS variant (by_session)
            WHERE scan.participant = listed.id
        ) AS changed
        WHERE classification <> previous OR (classification = 'entry' AND previous_ends_at < day_ends_at)
    ) AS closed WHERE classification = 'entry'
) AS scanned;

RESET search_path;

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

SET search_path = history, public;

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

RESET search_path;

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
