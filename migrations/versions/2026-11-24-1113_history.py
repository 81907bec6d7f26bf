"""What was known at any instant: every change of the record is kept, stamped in the order of commits

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0013, after 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Each resource's table, its key, and its generated columns.
RESOURCES = {
    "regions": ("regions", ["code"], ["folded"]),
    "organizations": ("organizations", ["code"], ["folded"]),
    "divisions": ("divisions", ["code"], ["folded"]),
    "officials": ("officials", ["id"], ["folded"]),
    "appointments": ("appointments", ["id"], ["certain", "possible"]),
    "elections": ("elections", ["code"], ["folded"]),
    "stages": ("stages", ["code"], ["folded"]),
    "meetings": ("meetings", ["code"], ["folded"]),
    "sessions": ("sessions", ["meeting", "code"], ["folded"]),
    "statements": ("meeting_statements", ["id"], []),
    "participants": ("participants", ["id"], ["folded", "open_status"]),
}
# What has no address of its own, with its key: its history is kept, and its revisions are those of what it is part of.
WITHOUT_ADDRESS = {
    "region_codes": ["code"],
    "meeting_corrections": ["meeting", "position"],
    "session_speakers": ["meeting", "session", "position"],
    "participant_sessions": ["meeting", "session", "participant"],
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

CREATE FUNCTION note_revision(of_resource text, named text, number int, content_before jsonb, content_after jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kept revisions;
BEGIN
    -- Not by xid in SQL: its index, which looks good to the planner, leads to all that this transaction has written.
    SELECT * INTO kept FROM revisions WHERE resource = of_resource AND key = named ORDER BY revision DESC LIMIT 1;
    IF kept.id IS NULL OR kept.xid <> pg_current_xact_id() THEN
        INSERT INTO revisions (
            resource, key, revision, action, at, client, made_by, request_id, reason, legal_basis, before, after
        ) VALUES (
            of_resource, named, number,
            CASE
                WHEN content_before IS NULL THEN 'created' WHEN content_after IS NULL THEN 'deleted' ELSE 'updated'
            END,
            commit_stamp(),
            nullif(current_setting('rakornas.client', true), ''),
            nullif(current_setting('rakornas.made_by', true), ''),
            nullif(current_setting('rakornas.request_id', true), ''),
            nullif(current_setting('rakornas.reason', true), ''),
            nullif(current_setting('rakornas.legal_basis', true), ''),
            content_before, content_after
        );
    ELSIF content_after IS NULL AND kept.before IS NULL THEN
        DELETE FROM revisions WHERE id = kept.id;
    ELSE
        UPDATE revisions SET
            after = content_after,
            revision = CASE WHEN content_after IS NULL THEN kept.revision ELSE number END,
            action = CASE
                WHEN content_after IS NULL THEN 'deleted' WHEN kept.before IS NULL THEN 'created' ELSE 'updated'
            END
        WHERE id = kept.id;
    END IF;
END $$;

CREATE FUNCTION keep_revision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    is_now jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    content_before jsonb := content_of(was, TG_ARGV[2]::text[]);
    content_after jsonb := content_of(is_now, TG_ARGV[2]::text[]);
    former text := key_of(was, TG_ARGV[1]::text[]);
    named text := key_of(is_now, TG_ARGV[1]::text[]);
BEGIN
    IF former = named THEN
        IF content_before <> content_after THEN
            PERFORM note_revision(TG_ARGV[0], named, NEW.revision, content_before, content_after);
        END IF;
        RETURN NULL;
    END IF;
    -- Another key is another address: whoever knows the former one is told that nothing stands there any more.
    IF TG_OP <> 'INSERT' THEN
        PERFORM note_revision(TG_ARGV[0], former, OLD.revision + 1, content_before, NULL);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM note_revision(TG_ARGV[0], named, NEW.revision, NULL, content_after);
    END IF;
    RETURN NULL;
END $$;
"""

# What comes back under a key that was deleted goes on counting: no entity tag ever names two contents.
NUMBER_REVISION = """
CREATE FUNCTION number_revision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    keys constant text[] := TG_ARGV[1];
    same_key text;
BEGIN
    IF TG_OP = 'UPDATE' AND key_of(to_jsonb(NEW), keys) = key_of(to_jsonb(OLD), keys) THEN
        RETURN NEW;
    END IF;
    -- Whoever is deleting what stands there now holds it until the last revision of it can be counted.
    SELECT string_agg(format('held.%1$I = ($1).%1$I', name), ' AND ') INTO same_key FROM unnest(keys) AS name;
    EXECUTE format('SELECT FROM %I AS held WHERE %s FOR KEY SHARE', TG_TABLE_NAME, same_key) USING NEW;
    NEW.revision := 1 + coalesce((
        SELECT max(revision) FROM revisions
        WHERE resource = TG_ARGV[0] AND key = key_of(to_jsonb(NEW), keys)
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
    unchanged constant text := current_setting('rakornas.unchanged', true);
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.revision := 1;
        NEW.updated_at := clock_timestamp();
    ELSIF to_jsonb(NEW) - beside IS NOT DISTINCT FROM to_jsonb(OLD) - beside THEN
        NEW.revision := OLD.revision;
        NEW.updated_at := OLD.updated_at;
        -- What another changed since this transaction began is now written by this one as well, without a change.
        IF OLD.updated_at >= now() AND NOT is_of_this_transaction(OLD.xmin) THEN
            PERFORM set_config('rakornas.unchanged', concat(unchanged, md5(OLD::text)), true);
        END IF;
    ELSE
        NEW.revision := OLD.revision;
        IF OLD.updated_at < now() OR NOT is_of_this_transaction(OLD.xmin) OR unchanged LIKE '%' || md5(OLD::text) || '%'
        THEN
            NEW.revision := OLD.revision + 1;
        END IF;
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
"""

FORMER_TOUCH_FACT = """
CREATE OR REPLACE FUNCTION touch_fact() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    beside constant text[] := ARRAY['revision', 'updated_at'] || TG_ARGV;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.revision := 1;
        NEW.updated_at := clock_timestamp();
    ELSIF to_jsonb(NEW) - beside IS DISTINCT FROM to_jsonb(OLD) - beside THEN
        NEW.revision := OLD.revision + 1;
        NEW.updated_at := clock_timestamp();
    ELSE
        NEW.revision := OLD.revision;
        NEW.updated_at := OLD.updated_at;
    END IF;
    RETURN NEW;
END $$
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

# What stands in a table already is the first that is remembered: nobody kept what was answered before. Run anew after a
# column was added, as is keep_history_of, which is all that a table of parts needs.
KEEP_RECORD_OF = """
CREATE FUNCTION remember(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO history.%1$I SELECT tstzrange((SELECT stamp FROM history.clock), NULL), held.* FROM %2$I AS held'
        ' WHERE NOT EXISTS (SELECT FROM history.%1$I)',
        name || '_rows', name
    );
END $$;

CREATE FUNCTION keep_record_of(resource text, name text, keys text[], generated text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM keep_history_of(name, VARIADIC keys);
    PERFORM remember(name);
    EXECUTE format(
        'INSERT INTO revisions (resource, key, revision, action, at, made_by, after)'
        ' SELECT %1$L, key_of(to_jsonb(held), %2$L), held.revision, ''created'', (SELECT stamp FROM history.clock),'
        ' ''migration'', content_of(to_jsonb(held), %3$L) FROM %4$I AS held'
        ' WHERE NOT EXISTS (SELECT FROM revisions WHERE resource = %1$L)',
        resource, keys, generated, name
    );
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER touch_fact BEFORE INSERT OR UPDATE ON %I'
        ' FOR EACH ROW EXECUTE FUNCTION touch_fact(%s)',
        name, (SELECT string_agg(quote_literal(each), ', ') FROM unnest(generated) AS each)
    );
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER touch_fact_number BEFORE INSERT OR UPDATE OF %s ON %I'
        ' FOR EACH ROW EXECUTE FUNCTION number_revision(%L, %L)',
        (SELECT string_agg(quote_ident(each), ', ') FROM unnest(keys) AS each), name, resource, keys
    );
    EXECUTE format('DROP TRIGGER IF EXISTS keep_revision ON %I', name);
    EXECUTE format(
        'CREATE CONSTRAINT TRIGGER keep_revision AFTER INSERT OR UPDATE OR DELETE ON %I'
        ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_revision(%L, %L, %L)',
        name, resource, keys, generated
    );
END $$;
"""


def upgrade() -> None:
    functions = (CLOCK, KEEP_HISTORY, KEEP_HISTORY_OF, KEEP_REVISION, NUMBER_REVISION, TOUCH_FACT, COPY_PARTS)
    for group in (*functions, KEEP_RECORD_OF):
        for statement in group.split(";\n\n"):
            op.execute(statement)
    copy_parts()
    for table, keys in WITHOUT_ADDRESS.items():
        op.execute(f"SELECT keep_history_of('{table}', {', '.join(map(repr, keys))}), remember('{table}')")
    for resource, (table, keys, generated) in RESOURCES.items():
        op.execute(f"SELECT keep_record_of('{resource}', '{table}', '{array(keys)}', '{array(generated)}')")


def array(words: list[str]) -> str:
    return f"{{{','.join(words)}}}"


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
    for table, _, _ in RESOURCES.values():
        op.execute(f"DROP TRIGGER touch_fact_number ON {table}")
        op.execute(f"DROP TRIGGER keep_revision ON {table}")
    for table in (*WITHOUT_ADDRESS, *(table for table, _, _ in RESOURCES.values())):
        op.execute(f"DROP TRIGGER keep_history ON {table}")
    op.execute("DROP SCHEMA history CASCADE")
    op.execute(FORMER_TOUCH_FACT)
    op.execute(
        "DROP FUNCTION keep_record_of, remember, copy_parts, is_of_this_transaction, number_revision, keep_revision,"
        " note_revision, content_of, key_of, keep_history_of, keep_history, commit_stamp"
    )
