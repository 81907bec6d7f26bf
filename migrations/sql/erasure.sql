-- When the participants of a meeting are anonymised, and the rule that one client cannot bring that day nearer.

-- Returns the instant from which the participants of a meeting may be anonymised: the end of the last day of its
-- retention period in the meeting's time zone; infinity if `retention_days` is null, because they are then kept.
CREATE OR REPLACE FUNCTION erasure_due_at(end_on date, retention_days int, time_zone text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((end_on + retention_days + 1)::timestamp AT TIME ZONE time_zone, 'infinity');

-- Returns whether a meeting has, or has had, a participant since it was created or last anonymised. Participants that
-- were deleted are in the history until the meeting is anonymised, so nobody gets around the rule by deleting them and
-- adding them again. A commit without a stamp is that of the running transaction.
CREATE OR REPLACE FUNCTION has_had_participants(of_meeting text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM participants WHERE meeting = of_meeting) OR EXISTS (
        SELECT FROM history.participants_rows AS version
        JOIN history.commits AS removal ON removal.id = version.removed_by
        WHERE version.meeting = of_meeting AND coalesce(removal.stamp, 'infinity') > coalesce((
            SELECT max(deletion.stamp) FROM revisions JOIN history.commits AS deletion ON deletion.id = revisions.commit
            WHERE revisions.resource = 'meetings' AND revisions.key = of_meeting AND revisions.action = 'deleted'
        ), '-infinity')
    )
$$;

-- Trigger on meetings, AFTER UPDATE of each row: rejects a change of the last day, of `retention_days` or of the time
-- zone that lets the participants be anonymised earlier, unless two clients have agreed: only the confirmation of a
-- correction sets rakornas.two_clients. A later day is always allowed, and so is any if there was never a participant.
--
-- Raises check_violation with the constraint ck_meetings_erasure_nearer.
CREATE OR REPLACE FUNCTION reject_nearer_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('rakornas.two_clients', true) IS DISTINCT FROM 'on' AND has_had_participants(OLD.code) THEN
        RAISE EXCEPTION 'the participants of % would be anonymised earlier', OLD.code
            USING ERRCODE = 'check_violation', TABLE = 'meetings', CONSTRAINT = 'ck_meetings_erasure_nearer';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER reject_nearer_erasure AFTER UPDATE OF end_on, retention_days, time_zone ON meetings
FOR EACH ROW WHEN (
    erasure_due_at(NEW.end_on, NEW.retention_days, NEW.time_zone)
    < erasure_due_at(OLD.end_on, OLD.retention_days, OLD.time_zone)
) EXECUTE FUNCTION reject_nearer_erasure();
