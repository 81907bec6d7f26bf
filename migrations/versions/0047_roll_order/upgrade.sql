-- Returns the rank of an office within its body: the chair first. An unknown office is the last.
--
-- Arguments: the code of the office (app/models/vocabulary.py), which may be null.
CREATE OR REPLACE FUNCTION office_rank(office text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(array_position(ARRAY['chair', 'member', 'secretary', 'secretary_general'], office), 5);

-- Returns the text by which the lines of a roll are sorted with COLLATE "C": delegates and speakers before the committee,
-- observers and guests; among them national bodies before those of provinces and of regencies, at each level commissions
-- before other bodies, then by code; in each body the chair first, then by name, unnamed office holders last.
--
-- Arguments: the capacity; level, kind and code of the organization, null if there is none; the office; the name. A tab
-- ends each part, because it sorts before the characters of codes and names.
CREATE OR REPLACE FUNCTION roll_sort_key(
    capacity text, body_level text, body_kind text, organization text, office text, name text
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(array_position(ARRAY['committee', 'observer', 'guest'], capacity), 0)
    || CASE WHEN organization IS NULL THEN '5'
        ELSE coalesce(array_position(ARRAY['national', 'province', 'regency'], body_level), 4)::text END
    || CASE WHEN body_kind = 'commission' THEN '1' ELSE '2' END || coalesce(organization, '') || E'\t'
    || office_rank(office) || CASE WHEN name IS NULL THEN '2' ELSE '1' END || coalesce(fold(name), '') || E'\t'
    || coalesce(name, '');

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

-- A line for each participant: the names to print, the attendance (derived_attendance), the presence
-- (derived_presence), and the key of the order on paper (roll_sort_key). In the schemas public and history read roll_lines
-- instead, which shows closed rolls as they were closed.
CREATE OR REPLACE VIEW live_roll_lines AS
SELECT listed.meeting, listed.id AS participant, listed.official,
    coalesce(person.name, listed.name, listed.name_as_printed) AS name, listed.office, listed.organization,
    coalesce(body.name, listed.organization) AS organization_name, listed.capacity, derived.sessions, derived.status,
    derived.late, derived.arrived_at, derived.left_at, derived.entry, derived.open_status, presence.days,
    presence.intervals, presence.stays,
    roll_sort_key(
        listed.capacity, body.level, body.kind, listed.organization, listed.office,
        coalesce(person.name, listed.name, listed.name_as_printed)
    ) AS sort_key
FROM participants AS listed
JOIN attendance AS derived ON derived.meeting = listed.meeting AND derived.participant = listed.id
JOIN derived_presence AS presence ON presence.participant = listed.id
LEFT JOIN officials AS person ON person.id = listed.official
LEFT JOIN organizations AS body ON body.code = listed.organization;

-- The lines of rolls. `sort_key`: order by it with COLLATE "C", then by the participant. It is null in rolls that were
-- closed before it existed: they keep the order in which they were issued.
CREATE OR REPLACE VIEW roll_lines AS
SELECT meeting, participant, official, name, office, organization, organization_name, capacity, sessions, status, late,
    arrived_at, left_at, entry, open_status, days, intervals, stays, sort_key
FROM closed_roll_lines
UNION ALL
SELECT meeting, participant, official, name, office, organization, organization_name, capacity, sessions, status, late,
    arrived_at, left_at, entry, open_status, days, intervals, stays, sort_key
FROM live_roll_lines AS live
WHERE NOT EXISTS (SELECT FROM closed_rolls AS closing WHERE closing.meeting = live.meeting);

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

SET search_path = history, public;

-- A line for each participant: the names to print, the attendance (derived_attendance), the presence
-- (derived_presence), and the key of the order on paper (roll_sort_key). In the schemas public and history read roll_lines
-- instead, which shows closed rolls as they were closed.
CREATE OR REPLACE VIEW live_roll_lines AS
SELECT listed.meeting, listed.id AS participant, listed.official,
    coalesce(person.name, listed.name, listed.name_as_printed) AS name, listed.office, listed.organization,
    coalesce(body.name, listed.organization) AS organization_name, listed.capacity, derived.sessions, derived.status,
    derived.late, derived.arrived_at, derived.left_at, derived.entry, derived.open_status, presence.days,
    presence.intervals, presence.stays,
    roll_sort_key(
        listed.capacity, body.level, body.kind, listed.organization, listed.office,
        coalesce(person.name, listed.name, listed.name_as_printed)
    ) AS sort_key
FROM participants AS listed
JOIN attendance AS derived ON derived.meeting = listed.meeting AND derived.participant = listed.id
JOIN derived_presence AS presence ON presence.participant = listed.id
LEFT JOIN officials AS person ON person.id = listed.official
LEFT JOIN organizations AS body ON body.code = listed.organization;

-- The lines of rolls. `sort_key`: order by it with COLLATE "C", then by the participant. It is null in rolls that were
-- closed before it existed: they keep the order in which they were issued.
CREATE OR REPLACE VIEW roll_lines AS
SELECT meeting, participant, official, name, office, organization, organization_name, capacity, sessions, status, late,
    arrived_at, left_at, entry, open_status, days, intervals, stays, sort_key
FROM closed_roll_lines
UNION ALL
SELECT meeting, participant, official, name, office, organization, organization_name, capacity, sessions, status, late,
    arrived_at, left_at, entry, open_status, days, intervals, stays, sort_key
FROM live_roll_lines AS live
WHERE NOT EXISTS (SELECT FROM closed_rolls AS closing WHERE closing.meeting = live.meeting);

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

SET search_path = closed, public;

-- A line for each participant: the names to print, the attendance (derived_attendance), the presence
-- (derived_presence), and the key of the order on paper (roll_sort_key). In the schemas public and history read roll_lines
-- instead, which shows closed rolls as they were closed.
CREATE OR REPLACE VIEW live_roll_lines AS
SELECT listed.meeting, listed.id AS participant, listed.official,
    coalesce(person.name, listed.name, listed.name_as_printed) AS name, listed.office, listed.organization,
    coalesce(body.name, listed.organization) AS organization_name, listed.capacity, derived.sessions, derived.status,
    derived.late, derived.arrived_at, derived.left_at, derived.entry, derived.open_status, presence.days,
    presence.intervals, presence.stays,
    roll_sort_key(
        listed.capacity, body.level, body.kind, listed.organization, listed.office,
        coalesce(person.name, listed.name, listed.name_as_printed)
    ) AS sort_key
FROM participants AS listed
JOIN attendance AS derived ON derived.meeting = listed.meeting AND derived.participant = listed.id
JOIN derived_presence AS presence ON presence.participant = listed.id
LEFT JOIN officials AS person ON person.id = listed.official
LEFT JOIN organizations AS body ON body.code = listed.organization;

RESET search_path;

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
