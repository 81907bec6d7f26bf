"""Every write keeps a revision: what stood there before and after, in the object's own members

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0014, after 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
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
    this constant bigint := this_commit();
    kept revisions;
BEGIN
    SELECT * INTO kept FROM revisions WHERE resource = of_resource AND key = named ORDER BY revision DESC LIMIT 1;
    IF kept.id IS NULL OR kept.commit <> this THEN
        INSERT INTO revisions (
            resource, key, revision, action, commit, client, made_by, request_id, reason, legal_basis, before, after
        ) VALUES (
            of_resource, named, number,
            CASE
                WHEN content_before IS NULL THEN 'created' WHEN content_after IS NULL THEN 'deleted' ELSE 'updated'
            END,
            this,
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

# The first change of an object in a transaction moves its revision, the next are of the same. What comes back under a
# deleted key goes on counting: no tag names two contents. By its name it runs after `touch_fact`, which tells changes.
NUMBER_REVISION = """
CREATE FUNCTION number_revision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    keys constant text[] := TG_ARGV[1];
    named constant text := key_of(to_jsonb(NEW), keys);
    stays constant boolean := TG_OP = 'UPDATE' AND named = key_of(to_jsonb(OLD), keys);
    same_key text;
    newest revisions;
BEGIN
    IF stays AND NEW.revision = OLD.revision THEN
        RETURN NEW;
    END IF;
    SELECT * INTO newest FROM revisions WHERE resource = TG_ARGV[0] AND key = named ORDER BY revision DESC LIMIT 1;
    IF NOT stays AND newest.id IS NOT NULL THEN
        -- Whoever is deleting what stands there now holds it until the last revision of it can be counted.
        SELECT string_agg(format('held.%1$I = ($1).%1$I', name), ' AND ') INTO same_key FROM unnest(keys) AS name;
        EXECUTE format('SELECT FROM %I AS held WHERE %s FOR KEY SHARE', TG_TABLE_NAME, same_key) USING NEW;
        SELECT * INTO newest FROM revisions WHERE resource = TG_ARGV[0] AND key = named ORDER BY revision DESC LIMIT 1;
    END IF;
    IF newest.commit = this_commit() THEN
        NEW.revision := newest.revision;
    ELSIF NOT stays THEN
        NEW.revision := 1 + coalesce(newest.revision, 0);
    END IF;
    RETURN NEW;
END $$
"""

# All that a table of objects with addresses needs. Run anew after a column was added, as is keep_history_of, which is
# all that a table of parts needs.
KEEP_RECORD_OF = """
CREATE FUNCTION keep_record_of(resource text, name text, keys text[], generated text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM keep_history_of(name, VARIADIC keys);
    PERFORM remember(name);
    EXECUTE format(
        'INSERT INTO revisions (resource, key, revision, action, commit, made_by, after)'
        ' SELECT %1$L, key_of(to_jsonb(held), %2$L), held.revision, ''created'', this_commit(), ''migration'','
        ' content_of(to_jsonb(held), %3$L) FROM %4$I AS held'
        ' WHERE NOT EXISTS (SELECT FROM revisions WHERE resource = %1$L)',
        resource, keys, generated, name
    );
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER touch_fact BEFORE INSERT OR UPDATE ON %I'
        ' FOR EACH ROW EXECUTE FUNCTION touch_fact(%s)',
        name, (SELECT string_agg(quote_literal(each), ', ') FROM unnest(generated) AS each)
    );
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER touch_fact_number BEFORE INSERT OR UPDATE ON %I'
        ' FOR EACH ROW EXECUTE FUNCTION number_revision(%L, %L)',
        name, resource, keys
    );
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER keep_revision AFTER INSERT OR UPDATE OR DELETE ON %I'
        ' FOR EACH ROW EXECUTE FUNCTION keep_revision(%L, %L, %L)',
        name, resource, keys, generated
    );
END $$
"""


def upgrade() -> None:
    for group in (KEEP_REVISION, NUMBER_REVISION, KEEP_RECORD_OF):
        for statement in group.split(";\n\n"):
            op.execute(statement)
    for resource, (table, keys, generated) in RESOURCES.items():
        op.execute(f"SELECT keep_record_of('{resource}', '{table}', '{array(keys)}', '{array(generated)}')")


def array(words: list[str]) -> str:
    return f"{{{','.join(words)}}}"


def downgrade() -> None:
    for table, _, _ in RESOURCES.values():
        op.execute(f"DROP TRIGGER touch_fact_number ON {table}")
        op.execute(f"DROP TRIGGER keep_revision ON {table}")
    op.execute("DROP FUNCTION keep_record_of, number_revision, keep_revision, note_revision, content_of, key_of")
