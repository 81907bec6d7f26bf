-- The scans with their effective times and their classification. all.sql runs this file twice: in the schema public over
-- what is known now, and with search_path = history, public over what was known at the instant rakornas.known_at.

-- Each scan with its participant (null if the badge is unknown), its effective time on the service's clock, the day of
-- the meeting to which it belongs, and its classification (classify_scan). A participant who is assigned to one of
-- several parallel sessions is not invited to the others.
--
-- `day` is null outside the days of the meeting. `day_ends_at`: when an entry at that time ends without an exit.
-- `closed_at`: the closing after which the scan came, if that is the meeting's present one.
--
-- Postgres never flattens subqueries with LIMIT 1 or OFFSET 0. So its plan always goes from a participant to their
-- badges, from a badge to its scans, and from a scan to the clock of its device. With plain joins and outdated
-- statistics it read all scans of all devices for each participant, and statistics are outdated just when all
-- participants arrive.
CREATE OR REPLACE VIEW classified_scans AS
SELECT meeting, id, digest, device_id, clock_epoch, period, sequence, badge, badge_text, direction, session, scanned_at,
    sent_at, received_at, roll_closed_at, reported_outcome, client, request_id, annulled_at, annulled_by,
    annulment_reason, legal_basis, participant, revoked_at, effective_at, in_parallel_session, located.day,
    located.day_ends_at,
    classify_scan(direction, badge IS NOT NULL, scanned_at <= sent_at, located.day IS NOT NULL,
        session IS NULL OR EXISTS (
            SELECT FROM sessions AS named WHERE named.meeting = located.meeting AND named.code = located.session
        ),
        participant IS NOT NULL AND NOT in_parallel_session, effective_at, revoked_at, located.closed_at
    ) AS classification
FROM (
    SELECT scan.*, listed.id AS participant, badge.revoked_at, timed.effective_at, dated.day, dated.day_ends_at,
        closing.closed_at,
        CASE WHEN scan.session IS NULL OR listed.id IS NULL THEN false ELSE EXISTS (
            SELECT FROM sessions AS named
            JOIN sessions AS other ON other.meeting = named.meeting
                AND other.parallel_group = named.parallel_group AND other.code <> named.code
            JOIN participant_sessions AS seat ON seat.meeting = other.meeting AND seat.session = other.code
            WHERE named.meeting = scan.meeting AND named.code = scan.session AND seat.participant = listed.id
        ) END AS in_parallel_session
    FROM scans AS scan
    CROSS JOIN LATERAL (
        SELECT scan.scanned_at + shift * interval '1 microsecond' AS effective_at FROM device_clocks AS clock
        WHERE clock.meeting = scan.meeting AND clock.device_id = scan.device_id
            AND clock.clock_epoch = scan.clock_epoch AND clock.period = scan.period LIMIT 1
    ) AS timed
    LEFT JOIN LATERAL (
        SELECT meeting_day.day, CASE WHEN timed.effective_at < meeting_day.cutoff_at THEN meeting_day.cutoff_at
            ELSE meeting_day.ends_at END AS day_ends_at
        FROM meeting_days AS meeting_day
        WHERE meeting_day.meeting = scan.meeting AND timed.effective_at >= meeting_day.begins_at
            AND timed.effective_at < meeting_day.ends_at LIMIT 1
    ) AS dated ON true
    LEFT JOIN LATERAL (
        SELECT meeting_row.roll_closed_at AS closed_at FROM meetings AS meeting_row WHERE scan.roll_closed_at IS NOT NULL
            AND meeting_row.code = scan.meeting AND meeting_row.roll_closed_at = scan.roll_closed_at LIMIT 1
    ) AS closing ON true
    LEFT JOIN badges AS badge ON badge.id = scan.badge
    LEFT JOIN participants AS listed ON listed.id = badge.participant
) AS located;

-- The scans that count for each participant: entries and exits that are not annulled.
CREATE OR REPLACE VIEW entries_and_exits AS
SELECT issued.participant, scan.id, scan.digest, scan.session, scan.effective_at, scan.classification, scan.day,
    scan.day_ends_at
FROM badges AS issued
CROSS JOIN LATERAL (
    SELECT id, digest, session, effective_at, classification, day, day_ends_at, annulled_at FROM classified_scans
    WHERE badge = issued.id OFFSET 0
) AS scan
WHERE scan.classification IN ('entry', 'exit') AND scan.annulled_at IS NULL;
