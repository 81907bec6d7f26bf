-- Returns whether the status 'present' was set by hand for a day.
--
-- Arguments: the column participants.day_statuses.
CREATE OR REPLACE FUNCTION is_present_on_a_day(day_statuses jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN day_statuses <> '{}' AND jsonb_path_exists(day_statuses, '$.*.status ? (@ == "present")');

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
