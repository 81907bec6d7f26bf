DROP FUNCTION erase_personal_data(text, bigint);
DROP FUNCTION erase_records(text, timestamptz, timestamptz);
DROP VIEW retention_periods;

-- Anonymises the participants of a meeting after its retention period: deletes all rows about them, including those in
-- the history. The counters stay. The roll is closed if it was open.
--
-- Arguments: the code of the meeting.
-- Locks: roll_lock_key(meeting), exclusively; then the meeting's row, FOR UPDATE; then the rows that it deletes.
-- Returns: the number of deleted participants; null if there is no such meeting, its period is not over (in days of the
-- meeting's time zone), or this was done before.
CREATE OR REPLACE FUNCTION anonymise_participants(of_meeting text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    deleted int;
BEGIN
    PERFORM pg_advisory_xact_lock(roll_lock_key(of_meeting));
    PERFORM FROM meetings WHERE code = of_meeting AND anonymised_at IS NULL
        AND end_on + retention_days < (clock_timestamp() AT TIME ZONE time_zone)::date FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('rakornas.anonymising', 'on', true);
    DELETE FROM roll_corrections WHERE meeting = of_meeting;
    DELETE FROM scans WHERE meeting = of_meeting;
    DELETE FROM badges WHERE meeting = of_meeting;
    DELETE FROM device_clocks WHERE meeting = of_meeting;
    UPDATE participants SET represents = NULL WHERE meeting = of_meeting AND represents IS NOT NULL;
    DELETE FROM participants WHERE meeting = of_meeting;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    DELETE FROM revisions WHERE resource = 'participants'
        AND of_meeting IN (before ->> 'meeting', after ->> 'meeting');
    DELETE FROM idempotency_keys
    WHERE headers ->> 'Location' LIKE format('/v1/meetings/%s/participants%%', of_meeting);
    DELETE FROM history.participant_sessions_rows WHERE meeting = of_meeting;
    DELETE FROM history.participants_rows WHERE meeting = of_meeting;
    UPDATE meetings SET anonymised_at = clock_timestamp(), roll_closed_at = coalesce(roll_closed_at, clock_timestamp())
    WHERE code = of_meeting;
    PERFORM set_config('rakornas.anonymising', '', true);
    RETURN deleted;
END $$;

-- Returns the text of a line that its hash covers: the JSON array of its id, xid, at, client, scope, operation, keys,
-- request_id and purpose in the form of RFC 8785 (app/audit_chain/__init__.py). The verifier composes the same text
-- itself (app/audit_chain/chain.py), so that it does not depend on what it verifies.
CREATE OR REPLACE FUNCTION audit_line_text(line audit_lines) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT '[' || concat_ws(',',
        line.id,
        to_json(line.xid::text),
        coalesce(to_json(to_char(line.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')
            || CASE WHEN line.at < '0001-01-01T00:00:00Z' THEN ' BC' ELSE '' END)::text, 'null'),
        coalesce(to_json(line.client)::text, 'null'),
        coalesce(to_json(line.scope)::text, 'null'),
        to_json(line.operation),
        array_to_json(line.keys),
        coalesce(to_json(line.request_id)::text, 'null'),
        coalesce(to_json(line.purpose)::text, 'null')
    ) || ']'
$$;
