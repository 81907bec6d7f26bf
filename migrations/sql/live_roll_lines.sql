-- The lines of rolls, derived. all.sql runs this file in the schemas public (what is known now), history (what was known
-- at the instant rakornas.known_at) and closed (over what was copied when rolls were closed).

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
