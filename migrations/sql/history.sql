-- History: every version of every row, with the commits that added and removed it.
--
-- A transaction that writes to a table with history is one commit: a row of history.commits. A deferred trigger stamps
-- it with the time after everything else in the transaction. To do so, transactions lock the one row of history.clock
-- until they end. So the stamps are in the order of the commits, and each is later than the previous one even if the
-- machine's clock is set back. The row is locked only for that last moment. A sequence numbers the commits, because
-- transaction ids start again in a cluster into which a dump is restored.
--
-- For each table T there is a table history.T_rows of all versions, and a view history.T of the versions that were
-- known at the instant in the setting rakornas.known_at. With search_path = history, public the same SQL reads the
-- past.

-- Returns the id of the current transaction's commit, and creates the commit at the first call. The setting
-- rakornas.commit stores the id until the end of the transaction.
CREATE OR REPLACE FUNCTION current_commit() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    known text := current_setting('rakornas.commit', true);
    new_id bigint;
BEGIN
    IF known <> '' THEN
        RETURN known::bigint;
    END IF;
    INSERT INTO history.commits DEFAULT VALUES RETURNING id INTO new_id;
    PERFORM set_config('rakornas.commit', new_id::text, true);
    RETURN new_id;
END $$;

-- Trigger on history.commits, deferred to the end of the transaction: stamps the commit with the current time, or with
-- a microsecond after the previous stamp if that is later.
--
-- Locks: the one row of history.clock, until the transaction ends.
CREATE OR REPLACE FUNCTION stamp_commit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    next_stamp timestamptz;
BEGIN
    UPDATE history.clock SET stamp = greatest(clock_timestamp(), stamp + interval '1 microsecond')
    RETURNING stamp INTO next_stamp;
    UPDATE history.commits SET stamp = next_stamp WHERE id = NEW.id;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS stamp_commit ON history.commits;
CREATE CONSTRAINT TRIGGER stamp_commit AFTER INSERT ON history.commits
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stamp_commit();

-- Trigger on each table with history, AFTER each row: ends the former version of the row and adds the new one.
-- Arguments: the columns of the primary key.
--
-- A version that the same transaction has added is deleted instead of ended, because no other transaction ever saw it.
CREATE OR REPLACE FUNCTION record_history() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    this_commit bigint;
    same_key text;
    affected bigint;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NULL;
    END IF;
    this_commit := current_commit();
    IF TG_OP <> 'INSERT' THEN
        SELECT string_agg(format('version.%1$I = ($1).%1$I', name), ' AND ') INTO same_key
        FROM unnest(TG_ARGV) AS name;
        EXECUTE format(
            'DELETE FROM history.%I AS version WHERE %s AND removed_by IS NULL AND added_by = $2',
            TG_TABLE_NAME || '_rows', same_key
        ) USING OLD, this_commit;
        GET DIAGNOSTICS affected = ROW_COUNT;
        IF affected = 0 THEN
            EXECUTE format(
                'UPDATE history.%I AS version SET removed_by = $2 WHERE %s AND removed_by IS NULL',
                TG_TABLE_NAME || '_rows', same_key
            ) USING OLD, this_commit;
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        EXECUTE format('INSERT INTO history.%I SELECT $2, NULL, ($1).*', TG_TABLE_NAME || '_rows')
        USING NEW, this_commit;
    END IF;
    RETURN NULL;
END $$;

-- Trigger on each table with history: rejects TRUNCATE, for which no row trigger would run.
--
-- Raises insufficient_privilege.
CREATE OR REPLACE FUNCTION forbid_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'delete the rows of % one by one: their history must tell that they are gone', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Creates the history of a table: history.<name>_rows, the view history.<name>, and the triggers. Call it again after a
-- column was added to the table, to add the column to the history.
--
-- Arguments: the name of the table; the columns of its primary key.
CREATE OR REPLACE FUNCTION enable_history(name text, VARIADIC keys text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    attribute record;
    columns text;
    key text := (SELECT string_agg(quote_ident(key_column), ', ') FROM unnest(keys) AS key_column);
BEGIN
    EXECUTE format(
        'CREATE TABLE IF NOT EXISTS history.%I (added_by bigint NOT NULL, removed_by bigint)', name || '_rows'
    );
    FOR attribute IN
        SELECT attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute
        WHERE attrelid = name::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
    LOOP
        EXECUTE format(
            'ALTER TABLE history.%I ADD COLUMN IF NOT EXISTS %I %s', name || '_rows', attribute.attname, attribute.type
        );
    END LOOP;
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
    WHERE attrelid = name::regclass AND attnum > 0 AND NOT attisdropped;
    EXECUTE format(
        'CREATE OR REPLACE VIEW history.%I AS SELECT %s FROM history.%I AS version WHERE EXISTS ('
        'SELECT FROM history.commits WHERE commits.id = version.added_by'
        ' AND commits.stamp <= current_setting(''rakornas.known_at'')::timestamptz'
        ') AND NOT EXISTS ('
        'SELECT FROM history.commits WHERE commits.id = version.removed_by'
        ' AND commits.stamp <= current_setting(''rakornas.known_at'')::timestamptz'
        ')',
        name, columns, name || '_rows'
    );
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON history.%I (%s)', name || '_rows_key', name || '_rows', key);
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER record_history AFTER INSERT OR UPDATE OR DELETE ON %I'
        ' FOR EACH ROW EXECUTE FUNCTION record_history(%s)',
        name, (SELECT string_agg(quote_literal(key_column), ', ') FROM unnest(keys) AS key_column)
    );
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER forbid_truncate BEFORE TRUNCATE ON %I EXECUTE FUNCTION forbid_truncate()', name
    );
END $$;

-- Writes the existing rows of a table as the first versions of its history. Does nothing if there are any versions.
--
-- Arguments: the name of the table.
CREATE OR REPLACE FUNCTION backfill_history(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO history.%1$I SELECT current_commit(), NULL, existing.* FROM %2$I AS existing'
        ' WHERE NOT EXISTS (SELECT FROM history.%1$I)',
        name || '_rows', name
    );
END $$;

-- Tables whose rows are parts of an object. The objects' own tables are in revisions.sql.
SELECT enable_history('region_codes', 'code');
SELECT enable_history('meeting_corrections', 'meeting', 'position');
SELECT enable_history('session_speakers', 'meeting', 'session', 'position');
SELECT enable_history('participant_sessions', 'meeting', 'session', 'participant');

-- Copies of closed rolls (closed_rolls.sql).
SELECT enable_history('closed_rolls', 'meeting');
SELECT enable_history('closed_roll_lines', 'meeting', 'participant');
