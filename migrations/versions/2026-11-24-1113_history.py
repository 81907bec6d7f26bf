"""What was known at any instant: each version of each row is kept, with the commits between which it stood

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0013, after 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Each table whose rows stand in documents, with its key.
TABLES = {
    "regions": ["code"],
    "region_codes": ["code"],
    "organizations": ["code"],
    "divisions": ["code"],
    "officials": ["id"],
    "appointments": ["id"],
    "elections": ["code"],
    "stages": ["code"],
    "meetings": ["code"],
    "meeting_corrections": ["meeting", "position"],
    "sessions": ["meeting", "code"],
    "session_speakers": ["meeting", "session", "position"],
    "meeting_statements": ["id"],
    "participants": ["id"],
    "participant_sessions": ["meeting", "session", "participant"],
}

# A transaction that writes the record is one commit, which is stamped when all else of it is done: in a queue, so that
# stamps are in the order of commits, and each later than the one before it whatever the machine's clock does. However
# much it has written, nobody waits for it longer than for this one row. Numbered by a sequence, not by the number of
# the transaction: those begin anew in a cluster that a dump is restored into.
COMMITS = """
CREATE SCHEMA history;

CREATE TABLE history.commits (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stamp timestamptz);

CREATE TABLE history.clock (single boolean PRIMARY KEY DEFAULT true CHECK (single), stamp timestamptz NOT NULL);

INSERT INTO history.clock (stamp) VALUES (clock_timestamp());

CREATE FUNCTION this_commit() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    noted text := current_setting('rakornas.commit', true);
    made bigint;
BEGIN
    IF noted <> '' THEN
        RETURN noted::bigint;
    END IF;
    INSERT INTO history.commits DEFAULT VALUES RETURNING id INTO made;
    PERFORM set_config('rakornas.commit', made::text, true);
    RETURN made;
END $$;

CREATE FUNCTION stamp_commit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    taken timestamptz;
BEGIN
    UPDATE history.clock SET stamp = greatest(clock_timestamp(), stamp + interval '1 microsecond')
    RETURNING stamp INTO taken;
    UPDATE history.commits SET stamp = taken WHERE id = NEW.id;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER stamp_commit AFTER INSERT ON history.commits
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stamp_commit();
"""

# What one transaction changes twice it has changed once: nobody saw what stood in between.
KEEP_HISTORY = """
CREATE FUNCTION keep_history() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    this bigint;
    same_key text;
    touched bigint;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NULL;
    END IF;
    this := this_commit();
    IF TG_OP <> 'INSERT' THEN
        SELECT string_agg(format('kept.%1$I = ($1).%1$I', name), ' AND ') INTO same_key FROM unnest(TG_ARGV) AS name;
        EXECUTE format(
            'DELETE FROM history.%I AS kept WHERE %s AND died IS NULL AND born = $2', TG_TABLE_NAME || '_rows', same_key
        ) USING OLD, this;
        GET DIAGNOSTICS touched = ROW_COUNT;
        IF touched = 0 THEN
            EXECUTE format(
                'UPDATE history.%I AS kept SET died = $2 WHERE %s AND died IS NULL', TG_TABLE_NAME || '_rows', same_key
            ) USING OLD, this;
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        EXECUTE format('INSERT INTO history.%I SELECT $2, NULL, ($1).*', TG_TABLE_NAME || '_rows') USING NEW, this;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'delete the rows of % one by one: their history must tell that they are gone', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
"""

# Run anew after a column was added to the table: the history follows.
KEEP_HISTORY_OF = """
CREATE FUNCTION keep_history_of(name text, VARIADIC keys text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    attribute record;
    columns text;
    key text := (SELECT string_agg(quote_ident(each), ', ') FROM unnest(keys) AS each);
BEGIN
    EXECUTE format('CREATE TABLE IF NOT EXISTS history.%I (born bigint NOT NULL, died bigint)', name || '_rows');
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
        'CREATE OR REPLACE VIEW history.%I AS SELECT %s FROM history.%I AS kept WHERE EXISTS ('
        'SELECT FROM history.commits AS one WHERE one.id = kept.born'
        ' AND one.stamp <= current_setting(''rakornas.known_at'')::timestamptz'
        ') AND NOT EXISTS ('
        'SELECT FROM history.commits AS one WHERE one.id = kept.died'
        ' AND one.stamp <= current_setting(''rakornas.known_at'')::timestamptz'
        ')',
        name, columns, name || '_rows'
    );
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON history.%I (%s)', name || '_rows_key', name || '_rows', key);
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER keep_history AFTER INSERT OR UPDATE OR DELETE ON %I'
        ' FOR EACH ROW EXECUTE FUNCTION keep_history(%s)',
        name, (SELECT string_agg(quote_literal(each), ', ') FROM unnest(keys) AS each)
    );
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER keep_rows BEFORE TRUNCATE ON %I EXECUTE FUNCTION refuse_truncate()', name
    );
END $$;
"""

# What stands in a table already is the first that is remembered: nobody kept what was answered before.
REMEMBER = """
CREATE FUNCTION remember(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO history.%1$I SELECT this_commit(), NULL, held.* FROM %2$I AS held'
        ' WHERE NOT EXISTS (SELECT FROM history.%1$I)',
        name || '_rows', name
    );
END $$
"""


def upgrade() -> None:
    for group in (COMMITS, KEEP_HISTORY, KEEP_HISTORY_OF, REMEMBER):
        for statement in group.split(";\n\n"):
            op.execute(statement)
    for table, keys in TABLES.items():
        op.execute(f"SELECT keep_history_of('{table}', {', '.join(map(repr, keys))}), remember('{table}')")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER keep_history ON {table}")
        op.execute(f"DROP TRIGGER keep_rows ON {table}")
    op.execute("DROP SCHEMA history CASCADE")
    op.execute("DROP FUNCTION remember, keep_history_of, refuse_truncate, keep_history, stamp_commit, this_commit")
