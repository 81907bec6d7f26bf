-- What the groups of a summary are named by: if the roll is closed, what was copied then, otherwise the present.

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
