-- Attendance, derived from the participants and the scans that count. all.sql runs this file in several schemas: in
-- public over what is known now, and with search_path = history, public over what was known at the instant
-- rakornas.known_at.

-- Returns whether the status 'present' was set by hand for a day of the meeting. A status of a date that is no day of
-- the meeting any more does not count.
--
-- Arguments: the code of the meeting; the column participants.day_statuses.
CREATE OR REPLACE FUNCTION is_present_on_a_day(of_meeting text, day_statuses jsonb) RETURNS boolean
LANGUAGE sql STABLE
RETURN day_statuses <> '{}' AND EXISTS (
    SELECT FROM meeting_days WHERE meeting = of_meeting AND day_statuses -> day::text ->> 'status' = 'present'
);

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
    SELECT FROM instead WHERE instead.status = 'present' OR is_present_on_a_day(of_meeting, instead.day_statuses)
        OR EXISTS (
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
        WHEN is_present_on_a_day(listed.meeting, listed.day_statuses) THEN 'present'
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
        ) ORDER BY effective_at, session COLLATE "C") FILTER (WHERE by_session), '[]') AS intervals,
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
