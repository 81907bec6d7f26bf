-- Attendance, derived from the participants and the scans. all.sql runs this file twice: in the schema public over what
-- is known now, and with search_path = history, public over what was known at the instant rakornas.known_at.

-- Each scan with its participant (null if the badge is unknown), its effective time on the service's clock, and its
-- classification (classify_scan). A participant who is assigned to one of several parallel sessions is not invited to
-- the others.
--
-- Postgres never flattens subqueries with LIMIT 1 or OFFSET 0. So its plan always goes from a participant to their
-- badges, from a badge to its scans, and from a scan to the clock of its device. With plain joins and outdated
-- statistics it read all scans of all devices for each participant, and statistics are outdated just when all
-- participants arrive.
CREATE OR REPLACE VIEW classified_scans AS
SELECT meeting, id, digest, device_id, clock_epoch, sequence, badge, badge_text, direction, session, scanned_at,
    sent_at, received_at, after_closing, reported_outcome, client, request_id, annulled_at, annulled_by,
    annulment_reason, legal_basis, participant, revoked_at, effective_at, in_parallel_session,
    classify_scan(direction, badge IS NOT NULL, after_closing, participant IS NOT NULL AND NOT in_parallel_session,
        effective_at, revoked_at) AS classification
FROM (
    SELECT scan.*, listed.id AS participant, badge.revoked_at,
        scan.scanned_at + clock.shift * interval '1 microsecond' AS effective_at,
        CASE WHEN scan.session IS NULL OR listed.id IS NULL THEN false ELSE EXISTS (
            SELECT FROM sessions AS named
            JOIN sessions AS other ON other.meeting = named.meeting
                AND other.parallel_group = named.parallel_group AND other.code <> named.code
            JOIN participant_sessions AS seat ON seat.meeting = other.meeting AND seat.session = other.code
            WHERE named.meeting = scan.meeting AND named.code = scan.session AND seat.participant = listed.id
        ) END AS in_parallel_session
    FROM scans AS scan
    CROSS JOIN LATERAL (
        SELECT shift FROM device_clocks AS clock WHERE clock.meeting = scan.meeting
            AND clock.device_id = scan.device_id AND clock.clock_epoch = scan.clock_epoch LIMIT 1
    ) AS clock
    LEFT JOIN badges AS badge ON badge.id = scan.badge
    LEFT JOIN participants AS listed ON listed.id = badge.participant
) AS located;

-- The scans that count for each participant: entries and exits that are not annulled.
CREATE OR REPLACE VIEW entries_and_exits AS
SELECT issued.participant, scan.id, scan.digest, scan.session, scan.effective_at, scan.classification
FROM badges AS issued
CROSS JOIN LATERAL (
    SELECT id, digest, session, effective_at, classification, annulled_at FROM classified_scans
    WHERE badge = issued.id OFFSET 0
) AS scan
WHERE scan.classification IN ('entry', 'exit') AND scan.annulled_at IS NULL;

-- The attendance of each participant, one row each.
--
--   status      'present' after an entry; otherwise the status that was set by hand, if it is not 'expected'; otherwise
--               'represented' if a participant who represents this one, directly or through others, is present.
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
        WHEN EXISTS (
            SELECT FROM participants AS delegate
            WHERE delegate.meeting = listed.meeting AND delegate.represents = listed.id
        ) AND EXISTS (
            WITH RECURSIVE instead AS (
                SELECT delegate.id, delegate.status FROM participants AS delegate
                WHERE delegate.meeting = listed.meeting AND delegate.represents = listed.id
                UNION
                SELECT delegate.id, delegate.status FROM instead
                JOIN participants AS delegate
                    ON delegate.meeting = listed.meeting AND delegate.represents = instead.id
            )
            SELECT FROM instead WHERE instead.status = 'present' OR EXISTS (
                SELECT FROM entries_and_exits AS scan
                WHERE scan.participant = instead.id AND scan.classification = 'entry'
            )
        ) THEN 'represented'
        ELSE 'expected'
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
