-- Lists the days of a meeting, without those from `cancelled_on` on.
--
-- Arguments: the code of the meeting.
-- Returns: a row for each day, in order:
--   day        The date, in the time zone of the meeting.
--   begins_at  The cut-off of the day before; of the first day: midnight minus the meeting's check_in_margin_minutes.
--   cutoff_at  The instant at which an entry without an exit ends. The meeting's day_ends_at (a time before noon is one
--              of the next date); by default four hours after the end of the day's last session, or midnight plus the
--              margin if there are no sessions or the end of one is not known. Never later than the next day's first
--              session, nor than the cut-off of a later day: a session may last for several days.
--   ends_at    The instant until which scans belong to the day: its cut-off; of the last day: midnight plus the margin
--              if that is later.
-- A session belongs to the date on which it starts. With search_path = history, public it reads the past.
CREATE OR REPLACE FUNCTION list_meeting_days(of_meeting text) RETURNS TABLE (
    day date, begins_at timestamptz, cutoff_at timestamptz, ends_at timestamptz
) LANGUAGE sql STABLE AS $$
    WITH dated AS (
        SELECT (session.starts_at AT TIME ZONE meeting.time_zone)::date AS day, min(session.starts_at) AS first_start,
            CASE WHEN bool_and(session.ends_at IS NOT NULL) THEN max(session.ends_at) END AS last_end
        FROM meetings AS meeting JOIN sessions AS session ON session.meeting = meeting.code
        WHERE meeting.code = of_meeting AND session.starts_at IS NOT NULL GROUP BY 1
    ), limited AS (
        SELECT date.day, meeting.time_zone, meeting.check_in_margin_minutes * interval '1 minute' AS margin,
            least(
                CASE WHEN meeting.day_ends_at IS NULL THEN coalesce(
                    dated.last_end + interval '4 hours',
                    (date.day + 1)::timestamp AT TIME ZONE meeting.time_zone
                        + meeting.check_in_margin_minutes * interval '1 minute'
                ) ELSE (
                    date.day + CASE WHEN meeting.day_ends_at < '12:00' THEN 1 ELSE 0 END + meeting.day_ends_at::time
                ) AT TIME ZONE meeting.time_zone END,
                next_dated.first_start
            ) AS cutoff_at
        FROM meetings AS meeting
        CROSS JOIN LATERAL (
            SELECT meeting.start_on + n AS day FROM generate_series(0, meeting.end_on - meeting.start_on) AS n
        ) AS date
        LEFT JOIN dated ON dated.day = date.day
        LEFT JOIN dated AS next_dated ON next_dated.day = date.day + 1
        WHERE meeting.code = of_meeting AND (meeting.cancelled_on IS NULL OR date.day < meeting.cancelled_on)
    ), ended AS (
        SELECT day, time_zone, margin, min(cutoff_at) OVER (
            ORDER BY day ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS cutoff_at
        FROM limited
    )
    SELECT day,
        coalesce(lag(cutoff_at) OVER in_order, day::timestamp AT TIME ZONE time_zone - margin),
        cutoff_at,
        CASE WHEN lead(day) OVER in_order IS NOT NULL THEN cutoff_at
            ELSE greatest(cutoff_at, (day + 1)::timestamp AT TIME ZONE time_zone + margin) END
    FROM ended WINDOW in_order AS (ORDER BY day) ORDER BY day
$$;
