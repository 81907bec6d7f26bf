"""What was known at any instant: every change of the record is kept, stamped in the order of commits

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0013, after 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Each table with its key. Those with a name of their own in addresses have revisions, those without are parts of one.
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
# Each resource's table and generated columns.
RESOURCES = {
    "regions": ("regions", ["folded"]),
    "organizations": ("organizations", ["folded"]),
    "divisions": ("divisions", ["folded"]),
    "officials": ("officials", ["folded"]),
    "appointments": ("appointments", ["certain", "possible"]),
    "elections": ("elections", ["folded"]),
    "stages": ("stages", ["folded"]),
    "meetings": ("meetings", ["folded"]),
    "sessions": ("sessions", ["folded"]),
    "statements": ("meeting_statements", []),
    "participants": ("participants", ["folded", "open_status"]),
}
# A table of parts: whose they are and by which columns, their member, their order, and what is not shown of them.
PARTS = {
    "region_codes": (
        "regions",
        {"region": "code"},
        "previous_codes",
        "code",
        ["region", "source", "verified", "primary", "revision", "updated_at"],
    ),
    "meeting_corrections": ("meetings", {"meeting": "code"}, "corrections", "position", ["meeting", "position"]),
    "session_speakers": (
        "sessions",
        {"meeting": "meeting", "session": "code"},
        "speakers",
        "position",
        ["meeting", "session", "position"],
    ),
}

# Commits of the record stand in one queue, and each takes a later stamp than the one before it, whatever the machine's
# clock does. The row is locked when a transaction has done all else, so nobody waits longer than a commit takes.
CLOCK = """
CREATE SCHEMA history;

CREATE TABLE history.clock (single boolean PRIMARY KEY DEFAULT true CHECK (single), stamp timestamptz NOT NULL);

INSERT INTO history.clock (stamp) VALUES (clock_timestamp());

CREATE FUNCTION commit_stamp() RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    stamped text := current_setting('rakornas.stamp', true);
    taken timestamptz;
BEGIN
    IF stamped <> '' THEN
        RETURN stamped::timestamptz;
    END IF;
    UPDATE history.clock SET stamp = greatest(clock_timestamp(), stamp + interval '1 microsecond')
    RETURNING stamp INTO taken;
    PERFORM set_config('rakornas.stamp', taken::text, true);
    RETURN taken;
END $$;
"""

# Deferred to the commit. What one transaction changes twice it has changed once: nobody saw what stood in between.
KEEP_HISTORY = """
CREATE FUNCTION keep_history() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    taken timestamptz;
    same_key text;
    touched bigint;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NULL;
    END IF;
    taken := commit_stamp();
    IF TG_OP <> 'INSERT' THEN
        SELECT string_agg(format('kept.%1$I = ($1).%1$I', name), ' AND ') INTO same_key FROM unnest(TG_ARGV) AS name;
        EXECUTE format(
            'DELETE FROM history.%I AS kept WHERE %s AND upper_inf(known) AND lower(known) = $2',
            TG_TABLE_NAME || '_rows', same_key
        ) USING OLD, taken;
        GET DIAGNOSTICS touched = ROW_COUNT;
        IF touched = 0 THEN
            EXECUTE format(
                'UPDATE history.%I AS kept SET known = tstzrange(lower(known), $2) WHERE %s AND upper_inf(known)',
                TG_TABLE_NAME || '_rows', same_key
            ) USING OLD, taken;
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        EXECUTE format('INSERT INTO history.%I SELECT tstzrange($2, NULL), ($1).*', TG_TABLE_NAME || '_rows')
        USING NEW, taken;
    END IF;
    RETURN NULL;
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
    EXECUTE format('CREATE TABLE IF NOT EXISTS history.%I (known tstzrange NOT NULL)', name || '_rows');
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
        'CREATE OR REPLACE VIEW history.%I AS SELECT %s FROM history.%I'
        ' WHERE known @> current_setting(''rakornas.known_at'')::timestamptz',
        name, columns, name || '_rows'
    );
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON history.%I (%s)', name || '_rows_key', name || '_rows', key);
    EXECUTE format('DROP TRIGGER IF EXISTS keep_history ON %I', name);
    EXECUTE format(
        'CREATE CONSTRAINT TRIGGER keep_history AFTER INSERT OR UPDATE OR DELETE ON %I'
        ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_history(%s)',
        name, (SELECT string_agg(quote_literal(each), ', ') FROM unnest(keys) AS each)
    );
END $$;
"""

# Arguments of the triggers: the resource, the columns of its key, its generated columns.
KEEP_REVISION = """
CREATE FUNCTION key_of(held jsonb, columns text[]) RETURNS text LANGUAGE sql IMMUTABLE
RETURN (SELECT string_agg(held ->> name, '/' ORDER BY n) FROM unnest(columns) WITH ORDINALITY AS each (name, n));

CREATE FUNCTION content_of(held jsonb, generated text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    content jsonb := held - (generated || ARRAY['revision', 'updated_at', 'parts']) || coalesce(held -> 'parts', '{}');
BEGIN
    IF held ? 'source_publisher' THEN
        RETURN content - ARRAY['source_publisher', 'source_title', 'corrections'] || jsonb_build_object(
            'source', jsonb_build_object(
                'publisher', held -> 'source_publisher', 'title', held -> 'source_title',
                'corrections', coalesce(content -> 'corrections', '[]')
            )
        );
    END IF;
    RETURN content;
END $$;

CREATE FUNCTION keep_revision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    is_now jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    content_before jsonb := content_of(was, TG_ARGV[2]::text[]);
    content_after jsonb := content_of(is_now, TG_ARGV[2]::text[]);
    named text := key_of(coalesce(is_now, was), TG_ARGV[1]::text[]);
    kept revisions;
BEGIN
    IF content_before = content_after THEN
        RETURN NULL;
    END IF;
    SELECT * INTO kept FROM revisions
    WHERE resource = TG_ARGV[0] AND key = named AND xid = pg_current_xact_id() ORDER BY revision DESC LIMIT 1;
    IF kept.id IS NULL THEN
        INSERT INTO revisions (
            resource, key, revision, action, at, client, made_by, request_id, reason, legal_basis, before, after
        ) VALUES (
            TG_ARGV[0], named,
            CASE WHEN TG_OP = 'DELETE' THEN OLD.revision + 1 ELSE NEW.revision END,
            CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'updated' ELSE 'deleted' END,
            commit_stamp(),
            nullif(current_setting('rakornas.client', true), ''),
            nullif(current_setting('rakornas.made_by', true), ''),
            nullif(current_setting('rakornas.request_id', true), ''),
            nullif(current_setting('rakornas.reason', true), ''),
            nullif(current_setting('rakornas.legal_basis', true), ''),
            content_before, content_after
        );
    ELSIF content_after IS NULL AND kept.action = 'created' THEN
        DELETE FROM revisions WHERE id = kept.id;
    ELSE
        UPDATE revisions SET
            after = content_after,
            revision = CASE WHEN TG_OP = 'DELETE' THEN kept.revision ELSE NEW.revision END,
            action = CASE
                WHEN TG_OP = 'DELETE' THEN 'deleted' WHEN kept.before IS NULL THEN 'created' ELSE 'updated'
            END
        WHERE id = kept.id;
    END IF;
    RETURN NULL;
END $$;
"""

# What comes back under a key that was deleted goes on counting: no entity tag ever names two contents.
NUMBER_REVISION = """
CREATE FUNCTION number_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := 1 + coalesce((
        SELECT max(revision) FROM revisions
        WHERE resource = TG_ARGV[0] AND key = key_of(to_jsonb(NEW), TG_ARGV[1]::text[])
    ), 0);
    RETURN NEW;
END $$;
"""

# A transaction is one change of an object, however many statements it takes: its first moves the revision. A row that
# this transaction has written stands under a number of its own, or of one of its savepoints, still in progress.
TOUCH_FACT = """
CREATE FUNCTION is_of_this_transaction(written xid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    ours bigint := pg_current_xact_id()::text::bigint;
    ahead bigint := (written::text::bigint - ours) & 4294967295;
BEGIN
    IF written::text::bigint < 3 THEN
        RETURN false;
    END IF;
    RETURN coalesce(pg_xact_status((
        ours + CASE WHEN ahead < 2147483648 THEN ahead ELSE ahead - 4294967296 END
    )::text::xid8) = 'in progress', false);
END $$;

CREATE OR REPLACE FUNCTION touch_fact() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    beside constant text[] := ARRAY['revision', 'updated_at'] || TG_ARGV;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.revision := 1;
        NEW.updated_at := clock_timestamp();
    ELSIF to_jsonb(NEW) - beside IS NOT DISTINCT FROM to_jsonb(OLD) - beside THEN
        NEW.revision := OLD.revision;
        NEW.updated_at := OLD.updated_at;
    ELSE
        NEW.revision := OLD.revision;
        IF OLD.updated_at < now() OR NOT is_of_this_transaction(OLD.xmin) THEN
            NEW.revision := OLD.revision + 1;
        END IF;
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
"""

# Arguments: whose parts, the member, the order, what is not shown, and pairs of columns: the part's and the whole's.
COPY_PARTS = """
CREATE FUNCTION copy_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_whole text := '';
    of_changed text := '';
BEGIN
    FOR n IN 4 .. TG_NARGS - 2 BY 2 LOOP
        of_whole := of_whole || format(' AND part.%I = whole.%I', TG_ARGV[n], TG_ARGV[n + 1]);
        of_changed := of_changed || format(' AND whole.%I = ($1).%I', TG_ARGV[n + 1], TG_ARGV[n]);
    END LOOP;
    FOR n IN 1 .. 2 LOOP
        CONTINUE WHEN (n = 1 AND TG_OP = 'INSERT') OR (n = 2 AND TG_OP = 'DELETE');
        EXECUTE format(
            'UPDATE %I AS whole SET parts = parts || jsonb_build_object(%L, coalesce(('
            'SELECT jsonb_agg(to_jsonb(part) - %L::text[] ORDER BY part.%I) FROM %I AS part WHERE true%s'
            '), ''[]'')) WHERE true%s',
            TG_ARGV[0], TG_ARGV[1], TG_ARGV[3], TG_ARGV[2], TG_TABLE_NAME, of_whole, of_changed
        ) USING CASE WHEN n = 1 THEN OLD ELSE NEW END;
    END LOOP;
    RETURN NULL;
END $$;
"""

# What stands in the tables already is the first that is remembered: nobody kept what was answered before.
REMEMBER = """
INSERT INTO history.{table}_rows SELECT tstzrange((SELECT stamp FROM history.clock), NULL), held.* FROM {table} AS held
"""
FIRST_REVISION = """
INSERT INTO revisions (resource, key, revision, action, at, made_by, after)
SELECT '{resource}', key_of(to_jsonb(held), '{keys}'), held.revision, 'created', (SELECT stamp FROM history.clock),
    'migration', content_of(to_jsonb(held), '{generated}')
FROM {table} AS held
"""


def upgrade() -> None:
    for functions in (CLOCK, KEEP_HISTORY, KEEP_HISTORY_OF, KEEP_REVISION, NUMBER_REVISION, TOUCH_FACT, COPY_PARTS):
        for statement in functions.split(";\n\n"):
            op.execute(statement)
    copy_parts()
    for table, keys in TABLES.items():
        op.execute(f"SELECT keep_history_of('{table}', {', '.join(map(repr, keys))})")
        op.execute(REMEMBER.format(table=table))
    for resource, (table, generated) in RESOURCES.items():
        keys = f"{{{','.join(TABLES[table])}}}"
        names = f"{{{','.join(generated)}}}"
        op.execute(FIRST_REVISION.format(resource=resource, table=table, keys=keys, generated=names))
        op.execute(
            f"CREATE CONSTRAINT TRIGGER keep_revision AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
            f" EXECUTE FUNCTION keep_revision('{resource}', '{keys}', '{names}')"
        )
        op.execute(
            f"CREATE TRIGGER touch_fact_number BEFORE INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION number_revision('{resource}', '{keys}')"
        )


def copy_parts() -> None:
    """The triggers, and the copies of what stands there already, which are no change of anything."""
    for table, (whole, columns, member, order, hidden) in PARTS.items():
        pairs = ", ".join(f"'{of_part}', '{of_whole}'" for of_part, of_whole in columns.items())
        same = " AND ".join(f"part.{of_part} = whole.{of_whole}" for of_part, of_whole in columns.items())
        names = f"{{{','.join(hidden)}}}"
        op.execute(f"ALTER TABLE {whole} DISABLE TRIGGER touch_fact")
        op.execute(
            f"UPDATE {whole} AS whole SET parts = jsonb_build_object('{member}', coalesce(("  # noqa: S608
            f"SELECT jsonb_agg(to_jsonb(part) - '{names}'::text[] ORDER BY part.{order})"
            f" FROM {table} AS part WHERE {same}), '[]'))"
        )
        op.execute(f"ALTER TABLE {whole} ENABLE TRIGGER touch_fact")
        op.execute(
            f"CREATE TRIGGER copy_parts AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION copy_parts('{whole}', '{member}', '{order}', '{names}', {pairs})"
        )


def downgrade() -> None:
    for table in PARTS:
        op.execute(f"DROP TRIGGER copy_parts ON {table}")
    for table, _ in RESOURCES.values():
        op.execute(f"DROP TRIGGER touch_fact_number ON {table}")
        op.execute(f"DROP TRIGGER keep_revision ON {table}")
    for table in TABLES:
        op.execute(f"DROP TRIGGER keep_history ON {table}")
    op.execute("DROP SCHEMA history CASCADE")
    op.execute(
        "DROP FUNCTION copy_parts, number_revision, keep_revision, content_of, key_of, keep_history_of, keep_history,"
        " commit_stamp"
    )
