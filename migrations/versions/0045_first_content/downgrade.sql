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
