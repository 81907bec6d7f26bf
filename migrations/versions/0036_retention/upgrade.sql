-- No release calls it.
-- squawk-ignore ban-drop-function
DROP FUNCTION anonymise_participants(text);

-- Erasure of personal data after the retention period of a meeting. The counters stay.
--
-- `rakornas retention run` calls these functions daily, also for meetings that were deleted or anonymised before: a
-- device may send scans afterwards, and a text may have been added to the audit trail.

-- Each meeting with the instant from which its personal data may be erased: live ones (`deletion` is null), and deleted
-- ones, with the id of the commit that deleted them and the dates that they had then.
CREATE OR REPLACE VIEW retention_periods AS
SELECT code AS meeting, NULL::bigint AS deletion, erasure_due_at(end_on, retention_days, time_zone) AS due_at
FROM meetings
UNION ALL
SELECT key, commit, erasure_due_at(
    (before ->> 'end_on')::date, (before ->> 'retention_days')::int, before ->> 'time_zone'
) FROM revisions WHERE resource = 'meetings' AND action = 'deleted';

-- Erases what the history, the revisions, the stored responses and the audit trail contain of a meeting's personal
-- data. Several meetings may have had one code: only what was stored in the time of this one is erased.
--
-- Arguments: the code of the meeting; after which and until which commit it existed, by their stamps.
-- Returns: the number of rows.
CREATE OR REPLACE FUNCTION erase_records(of_meeting text, after timestamptz, until timestamptz) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    erased int := 0;
    affected int;
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['participants_rows', 'participant_sessions_rows'] LOOP
        EXECUTE format(
            'DELETE FROM history.%I AS version USING history.commits AS addition'
            ' WHERE version.meeting = $1 AND version.removed_by IS NOT NULL AND addition.id = version.added_by'
            ' AND coalesce(addition.stamp, ''infinity'') > $2 AND coalesce(addition.stamp, ''infinity'') <= $3',
            table_name
        ) USING of_meeting, after, until;
        GET DIAGNOSTICS affected = ROW_COUNT;
        erased := erased + affected;
    END LOOP;
    DELETE FROM revisions USING history.commits
    WHERE revisions.resource = 'participants' AND of_meeting IN (before ->> 'meeting', revisions.after ->> 'meeting')
        AND commits.id = revisions.commit AND coalesce(commits.stamp, 'infinity') > erase_records.after
        AND coalesce(commits.stamp, 'infinity') <= until;
    GET DIAGNOSTICS affected = ROW_COUNT;
    erased := erased + affected;
    -- The reasons of other changes may name participants too.
    UPDATE revisions SET reason = NULL, legal_basis = NULL FROM history.commits
    WHERE num_nonnulls(reason, legal_basis) > 0 AND (
        revisions.resource = 'meetings' AND revisions.key = of_meeting
        OR revisions.resource = 'sessions' AND split_part(revisions.key, '/', 1) = of_meeting
        OR revisions.resource = 'statements' AND of_meeting IN (before ->> 'meeting', revisions.after ->> 'meeting')
    ) AND commits.id = revisions.commit AND coalesce(commits.stamp, 'infinity') > erase_records.after
        AND coalesce(commits.stamp, 'infinity') <= until;
    GET DIAGNOSTICS affected = ROW_COUNT;
    erased := erased + affected;
    DELETE FROM idempotency_keys
    WHERE meeting = of_meeting AND created_at > erase_records.after AND created_at <= until;
    GET DIAGNOSTICS affected = ROW_COUNT;
    erased := erased + affected;
    DELETE FROM audit_texts USING audit_lines
    WHERE audit_texts.meeting = of_meeting AND audit_lines.id = audit_texts.line
        AND audit_lines.at > erase_records.after AND audit_lines.at <= until;
    GET DIAGNOSTICS affected = ROW_COUNT;
    RETURN erased + affected;
END $$;

-- Deletes the participants of a meeting after its retention period, and everything else that is about them. The roll is
-- closed if it was open. A new secret makes the digests of its issued rolls impossible to compute again.
--
-- Arguments: the code of the meeting; the commit that deleted it, null for a meeting that exists.
-- Locks: roll_lock_key(meeting), exclusively; then the meeting's row, FOR UPDATE; then the rows that it deletes.
-- Returns: no row if there is no such meeting, its period is not over, or there was nothing more to erase; else the
-- number of deleted participants, and of other rows that were deleted or lost a text.
CREATE OR REPLACE FUNCTION erase_personal_data(
    of_meeting text, of_deletion bigint, OUT participants int, OUT records int
) RETURNS SETOF record
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    existed_after timestamptz;
    existed_until timestamptz := 'infinity';
    is_first boolean := false;
    affected int;
    table_name text;
BEGIN
    PERFORM pg_advisory_xact_lock(roll_lock_key(of_meeting));
    IF of_deletion IS NULL THEN
        SELECT anonymised_at IS NULL INTO is_first FROM meetings WHERE code = of_meeting FOR UPDATE;
    ELSE
        SELECT stamp INTO existed_until FROM history.commits WHERE id = of_deletion;
    END IF;
    PERFORM FROM retention_periods AS period
    WHERE period.meeting = of_meeting AND period.deletion IS NOT DISTINCT FROM of_deletion
        AND due_at <= clock_timestamp();
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT coalesce(max(stamp), '-infinity') INTO existed_after
    FROM revisions JOIN history.commits ON commits.id = revisions.commit
    WHERE resource = 'meetings' AND key = of_meeting AND action = 'deleted' AND stamp < existed_until;
    participants := 0;
    records := 0;
    IF of_deletion IS NULL THEN
        PERFORM set_config('rakornas.anonymising', 'on', true);
        FOREACH table_name IN ARRAY ARRAY[
            'roll_corrections', 'roll_digests', 'scans', 'badges', 'device_clocks'
        ] LOOP
            EXECUTE format('DELETE FROM %I WHERE meeting = $1', table_name) USING of_meeting;
            GET DIAGNOSTICS affected = ROW_COUNT;
            records := records + affected;
        END LOOP;
        UPDATE participants AS listed SET represents = NULL WHERE meeting = of_meeting AND represents IS NOT NULL;
        DELETE FROM participants AS listed WHERE meeting = of_meeting;
        GET DIAGNOSTICS participants = ROW_COUNT;
    END IF;
    records := records + erase_records(of_meeting, existed_after, existed_until);
    IF of_deletion IS NULL THEN
        UPDATE meetings SET anonymised_at = coalesce(anonymised_at, clock_timestamp()),
            roll_closed_at = coalesce(roll_closed_at, clock_timestamp())
        WHERE code = of_meeting AND (anonymised_at IS NULL OR roll_closed_at IS NULL);
        PERFORM set_config('rakornas.anonymising', '', true);
        IF is_first OR participants > 0 THEN
            UPDATE roll_secrets SET secret = DEFAULT WHERE meeting = of_meeting;
        END IF;
    END IF;
    IF is_first OR participants + records > 0 THEN
        RETURN NEXT;
    END IF;
END $$;

-- The owner deletes texts with the personal data of a meeting.
CREATE OR REPLACE TRIGGER forbid_update BEFORE UPDATE OR TRUNCATE ON audit_texts
FOR EACH STATEMENT EXECUTE FUNCTION forbid_update();

-- Returns the text of a line that its hash covers: the JSON array of its id, xid, at, client, scope, operation, keys,
-- request_id and purpose_digest in the form of RFC 8785 (app/audit_chain/__init__.py). The verifier composes the same
-- text itself (app/audit_chain/chain.py), so that it does not depend on what it verifies.
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
        coalesce(to_json(line.purpose_digest)::text, 'null')
    ) || ']'
$$;
