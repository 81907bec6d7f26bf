-- Trigger on the tables of the audit trail, BEFORE each statement: rejects UPDATE, DELETE and TRUNCATE, even by the
-- owner, who needs no privilege. An owner who has to delete old lines uses ALTER TABLE … DISABLE TRIGGER; the hash
-- chain then shows that lines are missing.
--
-- Raises insufficient_privilege.
CREATE OR REPLACE FUNCTION forbid_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER forbid_update BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_lines
FOR EACH STATEMENT EXECUTE FUNCTION forbid_update();
-- The owner deletes texts with the personal data of a meeting.
CREATE OR REPLACE TRIGGER forbid_update BEFORE UPDATE OR TRUNCATE ON audit_texts
FOR EACH STATEMENT EXECUTE FUNCTION forbid_update();
CREATE OR REPLACE TRIGGER forbid_update BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
FOR EACH STATEMENT EXECUTE FUNCTION forbid_update();
CREATE OR REPLACE TRIGGER forbid_update BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_roots
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

-- Returns the hash of a line: the SHA-256 of the previous line's hash followed by the line's text in UTF-8.
--
-- `previous`: 32 bytes; null before the first line, which stands for 32 zero bytes.
CREATE OR REPLACE FUNCTION hash_audit_line(previous bytea, line audit_lines) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(coalesce(previous, decode(repeat('00', 32), 'hex')) || convert_to(audit_line_text(line), 'UTF8'))
$$;

-- Returns the roots (hour and position) of the hours that end within a batch of sealed lines. A line belongs to the
-- hour in which it was written or, if that hour already has a root, to the next one, so that hours increase with
-- positions. An hour in which no line was sealed has no root.
--
-- `newest_position`, `newest_hour`: of the newest seal before the batch, 0 and null without one. `root_position`,
-- `root_hour`: of the newest root, likewise. `hours`: the hour of each line of the batch. `this_hour`: the present one.
-- `all_sealed`: no further line can be sealed now, so an hour that is over gets its root.
CREATE OR REPLACE FUNCTION list_due_roots(
    newest_position bigint, newest_hour timestamptz, root_position bigint, root_hour timestamptz, hours timestamptz[],
    this_hour timestamptz, all_sealed boolean
) RETURNS TABLE (due_hour timestamptz, due_position bigint) LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    earliest_hour timestamptz := root_hour + interval '1 hour';
    current_hour timestamptz;
    current_position bigint := newest_position;
    line_hour timestamptz;
BEGIN
    IF newest_position > root_position THEN
        current_hour := greatest(coalesce(newest_hour, this_hour), earliest_hour);
    END IF;
    FOREACH line_hour IN ARRAY hours LOOP
        IF line_hour > current_hour THEN
            due_hour := current_hour;
            due_position := current_position;
            RETURN NEXT;
        END IF;
        current_hour := greatest(line_hour, coalesce(current_hour, earliest_hour));
        current_position := current_position + 1;
    END LOOP;
    IF all_sealed AND current_hour < this_hour THEN
        due_hour := current_hour;
        due_position := current_position;
        RETURN NEXT;
    END IF;
END $$;

-- Adds the next lines of the audit trail to its hash chain, and the roots that are due. Nobody else can write seals and
-- roots but the owner, so the service's role cannot invent them: it calls this function, which runs with the rights of
-- the owner and takes no line and no hash from its caller.
--
-- A line may be sealed only when no other line can come before it: when its transaction id is below the xmin horizon of
-- the snapshot that reads it. Lines are sealed in the order (xid, id). A trail can be restored into another cluster,
-- which numbers its transactions anew, while line ids continue. Restored lines that were not sealed yet have a
-- transaction id that the new cluster has not reached; they are final and sealed first. Then follow the lines written
-- there: their transaction ids are below that of the newest seal, but their ids are above those of all sealed lines.
--
-- `max_lines`: the largest number of lines, 1 to 1000. `look_after_restore`: look for lines written after a restore,
-- which takes time in proportion to the lines that are not sealed; the first call of a series asks for it.
--
-- Locks sealing_lock_key() until the transaction ends; it does not wait for it. Must be called in a transaction of the
-- isolation level read committed, so that the chain is read after the lock is taken. The planner must use the indexes,
-- however many lines there are and however old its statistics.
--
-- Returns the number of sealed lines, or null if another sealer runs.
CREATE OR REPLACE FUNCTION seal_audit_lines(max_lines integer, look_after_restore boolean) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    batch_size integer := least(greatest(coalesce(max_lines, 1), 1), 1000);
    this_hour timestamptz := date_trunc('hour', clock_timestamp(), 'UTC');
    newest record;
    newest_root record;
    highest_line bigint;
    lines audit_lines[];
    line audit_lines;
    line_hash bytea;
    line_ids bigint[] := '{}';
    hashes bytea[] := '{}';
    hours timestamptz[] := '{}';
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'lines are sealed in a transaction of the isolation level read committed'
            USING ERRCODE = 'invalid_transaction_state';
    END IF;
    IF NOT pg_try_advisory_xact_lock(sealing_lock_key()) THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(seal.position, 0) AS position, seal.hash,
        CASE WHEN seal.position IS NULL THEN '0'::xid8 ELSE last.xid END AS xid,
        CASE WHEN seal.position IS NULL THEN 0 ELSE last.id END AS id,
        seal.position IS NOT NULL AND coalesce(last.xid < pg_snapshot_xmin(pg_current_snapshot()), true)
            AS is_same_cluster,
        least(date_trunc('hour', last.at, 'UTC'), this_hour) AS hour
    INTO newest
    FROM (SELECT) AS one_row
    LEFT JOIN LATERAL (SELECT * FROM audit_seals ORDER BY audit_seals.position DESC LIMIT 1) AS seal ON true
    LEFT JOIN audit_lines AS last ON last.id = seal.line;
    SELECT root.hour, coalesce(root.position, 0) AS position INTO newest_root
    FROM (SELECT) AS one_row
    LEFT JOIN LATERAL (SELECT * FROM audit_roots ORDER BY audit_roots.hour DESC LIMIT 1) AS root ON true;
    IF NOT newest.is_same_cluster THEN
        lines := ARRAY(
            SELECT l FROM audit_lines AS l
            WHERE (l.xid, l.id) > (newest.xid, newest.id) AND l.xid >= pg_snapshot_xmax(pg_current_snapshot())
                AND NOT EXISTS (SELECT FROM audit_seals AS s WHERE s.line = l.id)
            ORDER BY l.xid, l.id LIMIT batch_size
        );
    END IF;
    IF look_after_restore AND coalesce(cardinality(lines), 0) = 0 THEN
        SELECT coalesce(max(s.line), 0) INTO highest_line FROM audit_seals AS s;
        -- OFFSET prevents a plan that scans all lines in their order to find the few above the highest sealed id.
        lines := ARRAY(
            SELECT later.l FROM (
                SELECT l, l.xid, l.id FROM audit_lines AS l WHERE l.id > highest_line OFFSET 0
            ) AS later
            WHERE ((later.xid, later.id) > (newest.xid, newest.id)) IS NOT TRUE
                AND later.xid < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY later.xid, later.id LIMIT batch_size
        );
    END IF;
    IF coalesce(cardinality(lines), 0) = 0 THEN
        lines := ARRAY(
            SELECT l FROM audit_lines AS l
            WHERE (l.xid, l.id) > (newest.xid, newest.id) AND l.xid < pg_snapshot_xmin(pg_current_snapshot())
                AND NOT EXISTS (SELECT FROM audit_seals AS s WHERE s.line = l.id)
            ORDER BY l.xid, l.id LIMIT batch_size
        );
    END IF;
    line_hash := newest.hash;
    FOREACH line IN ARRAY lines LOOP
        line_hash := hash_audit_line(line_hash, line);
        line_ids := line_ids || line.id;
        hashes := hashes || line_hash;
        hours := hours || least(date_trunc('hour', line.at, 'UTC'), this_hour);
    END LOOP;
    INSERT INTO audit_seals (position, line, hash)
    SELECT newest.position + sealed.nth, sealed.line, sealed.hash
    FROM unnest(line_ids, hashes) WITH ORDINALITY AS sealed (line, hash, nth);
    INSERT INTO audit_roots (hour, position, hash)
    SELECT due.due_hour, due.due_position,
        CASE WHEN due.due_position = newest.position THEN newest.hash
            ELSE hashes[due.due_position - newest.position] END
    FROM list_due_roots(newest.position, newest.hour, newest_root.position, newest_root.hour, hours, this_hour,
        cardinality(lines) < batch_size) AS due;
    RETURN cardinality(lines);
END $$;
