-- Counters of the participants of a meeting, updated in the transaction that changes their attendance.
--
-- A row of attendance_counts counts the participants of one group: of the whole list (family 'all'), a session, an
-- organization ('body') or an office; the last two also within each session. One column counts each status, and one
-- those who were late. The counters of the whole list, a session and an office are the sums of 16 rows (`slot`, chosen
-- by the participant's id), so that devices do not all wait for one row. An organization has one row, because a summary
-- reads the rows of all organizations.

-- Lists the groups in which a participant is counted.
--
-- Arguments: the participant's organization and office, or null; the codes of the sessions to which the participant is
-- assigned; the slot, 0 to 15, always the same for a participant, so that a counter decreases in the row in which it
-- increased.
-- Returns: a row for each group: the key of attendance_counts without the meeting. '' stands for null.
CREATE OR REPLACE FUNCTION counter_keys(organization text, office text, sessions text[], slot int)
RETURNS TABLE (family text, of_session text, of_body text, of_office text, of_slot int) LANGUAGE sql IMMUTABLE AS $$
    SELECT 'all', '', '', '', slot
    UNION ALL
    SELECT 'session', coalesce(code, ''), '', '', slot
    FROM unnest(CASE WHEN sessions = '{}' THEN ARRAY[NULL] ELSE sessions END) AS code
    UNION ALL
    SELECT 'body', code, coalesce(organization, ''), '', 0 FROM unnest(array_prepend('', sessions)) AS code
    UNION ALL
    SELECT 'office', code, '', coalesce(office, ''), slot FROM unnest(array_prepend('', sessions)) AS code
$$;

-- The counters as they should be, computed from the table attendance. attendance_counts must be equal to it.
CREATE OR REPLACE VIEW derived_counts AS
SELECT meeting, family, of_session AS session, of_body AS organization, of_office AS office, of_slot AS slot,
    sum(invited)::int AS invited, sum(expected)::int AS expected, sum(present)::int AS present,
    sum(represented)::int AS represented, sum(excused)::int AS excused,
    sum(on_duty_elsewhere)::int AS on_duty_elsewhere,
    sum(on_leave)::int AS on_leave, sum(absent)::int AS absent, sum(late)::int AS late
FROM (
    SELECT meeting, organization, office, sessions, hashtext(participant::text) & 15 AS slot,
        coalesce(sum(sign) FILTER (WHERE true), 0)::int AS invited,
        coalesce(sum(sign) FILTER (WHERE late), 0)::int AS late,
        coalesce(sum(sign) FILTER (WHERE open_status = 'expected'), 0)::int AS expected,
        coalesce(sum(sign) FILTER (WHERE open_status = 'present'), 0)::int AS present,
        coalesce(sum(sign) FILTER (WHERE open_status = 'represented'), 0)::int AS represented,
        coalesce(sum(sign) FILTER (WHERE open_status = 'excused'), 0)::int AS excused,
        coalesce(sum(sign) FILTER (WHERE open_status = 'on_duty_elsewhere'), 0)::int AS on_duty_elsewhere,
        coalesce(sum(sign) FILTER (WHERE open_status = 'on_leave'), 0)::int AS on_leave,
        coalesce(sum(sign) FILTER (WHERE open_status = 'absent'), 0)::int AS absent
    FROM (SELECT *, 1 AS sign FROM attendance) AS changed GROUP BY 1, 2, 3, 4, 5
) AS changes CROSS JOIN LATERAL counter_keys(organization, office, sessions, slot)
WHERE (invited, expected, present, represented, excused, on_duty_elsewhere, on_leave, absent, late)
    <> (0, 0, 0, 0, 0, 0, 0, 0, 0) GROUP BY 1, 2, 3, 4, 5, 6;

-- Trigger on attendance, AFTER each statement: adds the differences to the counters. It does nothing while the setting
-- rakornas.anonymising is 'on', because the counters stay when the participants are deleted.
--
-- Locks: the rows of attendance_counts, in the order of their keys, so that concurrent transactions do not deadlock.
--
-- The three branches count different rows, with different signs: a transition table that an event does not have cannot
-- be named. enable_sort = off makes Postgres group by hash; the plan is made at the first scan and also used for
-- submissions of hundreds. jit = off, because Postgres before 18 estimates a far too high cost and would compile.
CREATE OR REPLACE FUNCTION count_attendance() RETURNS trigger LANGUAGE plpgsql
SET enable_sort = off SET jit = off AS $$
BEGIN
    IF current_setting('rakornas.anonymising', true) = 'on' THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        WITH counted AS MATERIALIZED (
            SELECT meeting, family, of_session AS session, of_body AS organization, of_office AS office,
                of_slot AS slot,
                sum(invited)::int AS invited, sum(expected)::int AS expected, sum(present)::int AS present,
                sum(represented)::int AS represented, sum(excused)::int AS excused,
                sum(on_duty_elsewhere)::int AS on_duty_elsewhere,
                sum(on_leave)::int AS on_leave, sum(absent)::int AS absent, sum(late)::int AS late
            FROM (
                SELECT meeting, organization, office, sessions, hashtext(participant::text) & 15 AS slot,
                    coalesce(sum(sign) FILTER (WHERE true), 0)::int AS invited,
                    coalesce(sum(sign) FILTER (WHERE late), 0)::int AS late,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'expected'), 0)::int AS expected,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'present'), 0)::int AS present,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'represented'), 0)::int AS represented,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'excused'), 0)::int AS excused,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'on_duty_elsewhere'), 0)::int AS on_duty_elsewhere,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'on_leave'), 0)::int AS on_leave,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'absent'), 0)::int AS absent
                FROM (SELECT *, 1 AS sign FROM rows_after) AS changed GROUP BY 1, 2, 3, 4, 5
            ) AS changes CROSS JOIN LATERAL counter_keys(organization, office, sessions, slot)
            WHERE (invited, expected, present, represented, excused, on_duty_elsewhere, on_leave, absent, late)
                <> (0, 0, 0, 0, 0, 0, 0, 0, 0) GROUP BY 1, 2, 3, 4, 5, 6
        )
        INSERT INTO attendance_counts AS stored (
            meeting, family, session, organization, office, slot,
            invited, expected, present, represented, excused, on_duty_elsewhere, on_leave, absent, late
        )
        SELECT * FROM counted
        WHERE (invited, expected, present, represented, excused, on_duty_elsewhere, on_leave, absent, late)
            <> (0, 0, 0, 0, 0, 0, 0, 0, 0)
        ORDER BY meeting, family, session, organization, office, slot
        ON CONFLICT (meeting, family, session, organization, office, slot) DO UPDATE SET
            invited = stored.invited + excluded.invited,
            expected = stored.expected + excluded.expected,
            present = stored.present + excluded.present,
            represented = stored.represented + excluded.represented,
            excused = stored.excused + excluded.excused,
            on_duty_elsewhere = stored.on_duty_elsewhere + excluded.on_duty_elsewhere,
            on_leave = stored.on_leave + excluded.on_leave,
            absent = stored.absent + excluded.absent,
            late = stored.late + excluded.late;
    ELSIF TG_OP = 'DELETE' THEN
        WITH counted AS MATERIALIZED (
            SELECT meeting, family, of_session AS session, of_body AS organization, of_office AS office,
                of_slot AS slot,
                sum(invited)::int AS invited, sum(expected)::int AS expected, sum(present)::int AS present,
                sum(represented)::int AS represented, sum(excused)::int AS excused,
                sum(on_duty_elsewhere)::int AS on_duty_elsewhere,
                sum(on_leave)::int AS on_leave, sum(absent)::int AS absent, sum(late)::int AS late
            FROM (
                SELECT meeting, organization, office, sessions, hashtext(participant::text) & 15 AS slot,
                    coalesce(sum(sign) FILTER (WHERE true), 0)::int AS invited,
                    coalesce(sum(sign) FILTER (WHERE late), 0)::int AS late,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'expected'), 0)::int AS expected,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'present'), 0)::int AS present,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'represented'), 0)::int AS represented,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'excused'), 0)::int AS excused,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'on_duty_elsewhere'), 0)::int AS on_duty_elsewhere,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'on_leave'), 0)::int AS on_leave,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'absent'), 0)::int AS absent
                FROM (SELECT *, -1 AS sign FROM rows_before) AS changed GROUP BY 1, 2, 3, 4, 5
            ) AS changes CROSS JOIN LATERAL counter_keys(organization, office, sessions, slot)
            WHERE (invited, expected, present, represented, excused, on_duty_elsewhere, on_leave, absent, late)
                <> (0, 0, 0, 0, 0, 0, 0, 0, 0) GROUP BY 1, 2, 3, 4, 5, 6
        )
        INSERT INTO attendance_counts AS stored (
            meeting, family, session, organization, office, slot,
            invited, expected, present, represented, excused, on_duty_elsewhere, on_leave, absent, late
        )
        SELECT * FROM counted
        WHERE (invited, expected, present, represented, excused, on_duty_elsewhere, on_leave, absent, late)
            <> (0, 0, 0, 0, 0, 0, 0, 0, 0)
        ORDER BY meeting, family, session, organization, office, slot
        ON CONFLICT (meeting, family, session, organization, office, slot) DO UPDATE SET
            invited = stored.invited + excluded.invited,
            expected = stored.expected + excluded.expected,
            present = stored.present + excluded.present,
            represented = stored.represented + excluded.represented,
            excused = stored.excused + excluded.excused,
            on_duty_elsewhere = stored.on_duty_elsewhere + excluded.on_duty_elsewhere,
            on_leave = stored.on_leave + excluded.on_leave,
            absent = stored.absent + excluded.absent,
            late = stored.late + excluded.late;
    ELSIF EXISTS (SELECT FROM meetings WHERE code = (SELECT meeting FROM rows_before LIMIT 1)) THEN
        -- Otherwise the meeting's code has changed, and with it that of the counters.
        WITH counted AS MATERIALIZED (
            SELECT meeting, family, of_session AS session, of_body AS organization, of_office AS office,
                of_slot AS slot,
                sum(invited)::int AS invited, sum(expected)::int AS expected, sum(present)::int AS present,
                sum(represented)::int AS represented, sum(excused)::int AS excused,
                sum(on_duty_elsewhere)::int AS on_duty_elsewhere,
                sum(on_leave)::int AS on_leave, sum(absent)::int AS absent, sum(late)::int AS late
            FROM (
                SELECT meeting, organization, office, sessions, hashtext(participant::text) & 15 AS slot,
                    coalesce(sum(sign) FILTER (WHERE true), 0)::int AS invited,
                    coalesce(sum(sign) FILTER (WHERE late), 0)::int AS late,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'expected'), 0)::int AS expected,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'present'), 0)::int AS present,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'represented'), 0)::int AS represented,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'excused'), 0)::int AS excused,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'on_duty_elsewhere'), 0)::int AS on_duty_elsewhere,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'on_leave'), 0)::int AS on_leave,
                    coalesce(sum(sign) FILTER (WHERE open_status = 'absent'), 0)::int AS absent
                FROM (
                    SELECT *, 1 AS sign FROM rows_after UNION ALL SELECT *, -1 AS sign FROM rows_before
                ) AS changed GROUP BY 1, 2, 3, 4, 5
            ) AS changes CROSS JOIN LATERAL counter_keys(organization, office, sessions, slot)
            WHERE (invited, expected, present, represented, excused, on_duty_elsewhere, on_leave, absent, late)
                <> (0, 0, 0, 0, 0, 0, 0, 0, 0) GROUP BY 1, 2, 3, 4, 5, 6
        )
        INSERT INTO attendance_counts AS stored (
            meeting, family, session, organization, office, slot,
            invited, expected, present, represented, excused, on_duty_elsewhere, on_leave, absent, late
        )
        SELECT * FROM counted
        WHERE (invited, expected, present, represented, excused, on_duty_elsewhere, on_leave, absent, late)
            <> (0, 0, 0, 0, 0, 0, 0, 0, 0)
        ORDER BY meeting, family, session, organization, office, slot
        ON CONFLICT (meeting, family, session, organization, office, slot) DO UPDATE SET
            invited = stored.invited + excluded.invited,
            expected = stored.expected + excluded.expected,
            present = stored.present + excluded.present,
            represented = stored.represented + excluded.represented,
            excused = stored.excused + excluded.excused,
            on_duty_elsewhere = stored.on_duty_elsewhere + excluded.on_duty_elsewhere,
            on_leave = stored.on_leave + excluded.on_leave,
            absent = stored.absent + excluded.absent,
            late = stored.late + excluded.late;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER count_attendance_on_insert AFTER INSERT ON attendance
REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION count_attendance();
CREATE OR REPLACE TRIGGER count_attendance_on_update AFTER UPDATE ON attendance
REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION count_attendance();
CREATE OR REPLACE TRIGGER count_attendance_on_delete AFTER DELETE ON attendance
REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION count_attendance();
