-- Rolls as they are read: a closed roll as it was closed and corrected, an open one as it is derived. all.sql runs this
-- file in the schemas public (what is known now) and history (what was known at the instant rakornas.known_at).

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

-- The headings of rolls. `sessions`: code, name and starts_at of each session, in order.
CREATE OR REPLACE VIEW roll_headings AS
SELECT meeting, name, place, time_zone, start_on, end_on, sessions FROM closed_rolls
UNION ALL
SELECT live.code, live.name, live.place, live.time_zone, live.start_on, live.end_on,
    (
        SELECT coalesce(jsonb_agg(
            jsonb_build_object('code', code, 'name', name, 'starts_at', starts_at) ORDER BY position, code COLLATE "C"
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
