-- History: every version of every row, with the commits that added and removed it.
--
-- A transaction that writes the record is one commit: a row of history.commits. A deferred trigger stamps it when all
-- else of the transaction is done. Transactions queue for one row (history.clock) to be stamped, so stamps are in the
-- order of the commits, and each is later than the one before, whatever the machine's clock does. The row is locked
-- only for that last moment. Commits are numbered by a sequence, not by transaction ids, because those begin anew in a
-- cluster into which a dump is restored.
--
-- For each table T there is history.T_rows with all versions, and a view history.T of the versions that were known at
-- the instant in the setting rakornas.known_at. With search_path = history, public the same SQL reads the past.

-- The commit of the current transaction; creates it at the first call. Returns its id.
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

-- Trigger on history.commits: stamps the commit. Locks the one row of history.clock until the transaction ends.
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

-- Trigger on each table with history: writes the row's versions. Arguments: the columns of the primary key. A version
-- that the same transaction had added is deleted, not ended, because nobody else ever saw it.
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

-- Trigger on each table with history: refuses TRUNCATE, which no row trigger would see.
CREATE OR REPLACE FUNCTION forbid_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'delete the rows of % one by one: their history must tell that they are gone', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Gives a table its history: history.<name>_rows, the view history.<name>, and the triggers. `keys`: the columns of its
-- primary key. Call it again after a column was added to the table: the history follows.
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

-- Writes the rows that a table has already as the first versions of its history. Does nothing if it has a history.
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
