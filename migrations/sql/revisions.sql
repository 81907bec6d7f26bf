-- Revisions: a row of `revisions` for each transaction that changed an object, with the object's content before and
-- after.

-- Trigger BEFORE INSERT OR UPDATE of each row: increments `revision` and sets `updated_at` if the content changes, and
-- keeps both otherwise.
--
-- Arguments: the table's generated columns. They are not compared, because they are not computed yet.
CREATE OR REPLACE FUNCTION bump_revision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    not_compared constant text[] := ARRAY['revision', 'updated_at'] || TG_ARGV;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.revision := 1;
        NEW.updated_at := clock_timestamp();
    ELSIF to_jsonb(NEW) - not_compared IS DISTINCT FROM to_jsonb(OLD) - not_compared THEN
        NEW.revision := OLD.revision + 1;
        NEW.updated_at := clock_timestamp();
    ELSE
        NEW.revision := OLD.revision;
        NEW.updated_at := OLD.updated_at;
    END IF;
    RETURN NEW;
END $$;

-- Returns the key of an object as in its URL: the values of its key columns, joined by "/".
--
-- Arguments: the row as JSON; the key columns in order.
CREATE OR REPLACE FUNCTION object_key(object jsonb, columns text[]) RETURNS text LANGUAGE sql IMMUTABLE
RETURN (
    SELECT string_agg(object ->> name, '/' ORDER BY n) FROM unnest(columns) WITH ORDINALITY AS key_column (name, n)
);

-- Returns the content of a row as the members of its object: without generated columns, `revision` and `updated_at`,
-- and with the members that other tables store (the column `parts`). A meeting's source is nested, as in its document.
--
-- Arguments: the row as JSON; the table's generated columns.
CREATE OR REPLACE FUNCTION object_content(object jsonb, generated text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    content jsonb := object - (generated || ARRAY['revision', 'updated_at', 'parts'])
        || coalesce(object -> 'parts', '{}');
BEGIN
    IF object ? 'source_publisher' THEN
        RETURN content - ARRAY['source_publisher', 'source_title', 'corrections'] || jsonb_build_object(
            'source', jsonb_build_object(
                'publisher', object -> 'source_publisher', 'title', object -> 'source_title',
                'corrections', coalesce(content -> 'corrections', '[]')
            )
        );
    END IF;
    RETURN content;
END $$;

-- Writes a revision of an object. If the same transaction has already written one, it changes that one: all changes of
-- an object in one transaction are one revision. An object that was created and deleted in one transaction has none.
--
-- Arguments: the name of the object's list; its key; the number of the revision; the content before, null for a
-- creation; the content after, null for a deletion. The author and the reason come from the settings rakornas.client,
-- made_by, request_id, reason and legal_basis.
CREATE OR REPLACE FUNCTION upsert_revision(
    of_resource text, object_key text, number int, content_before jsonb, content_after jsonb
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    this_commit constant bigint := current_commit();
    latest revisions;
BEGIN
    SELECT * INTO latest FROM revisions
    WHERE resource = of_resource AND key = object_key ORDER BY revision DESC LIMIT 1;
    IF latest.id IS NULL OR latest.commit <> this_commit THEN
        INSERT INTO revisions (
            resource, key, revision, action, commit, client, made_by, request_id, reason, legal_basis, before, after
        ) VALUES (
            of_resource, object_key, number,
            CASE
                WHEN content_before IS NULL THEN 'created' WHEN content_after IS NULL THEN 'deleted' ELSE 'updated'
            END,
            this_commit,
            nullif(current_setting('rakornas.client', true), ''),
            nullif(current_setting('rakornas.made_by', true), ''),
            nullif(current_setting('rakornas.request_id', true), ''),
            nullif(current_setting('rakornas.reason', true), ''),
            nullif(current_setting('rakornas.legal_basis', true), ''),
            content_before, content_after
        );
    ELSIF content_after IS NULL AND latest.before IS NULL THEN
        DELETE FROM revisions WHERE id = latest.id;
    ELSE
        UPDATE revisions SET
            after = content_after,
            revision = CASE WHEN content_after IS NULL THEN latest.revision ELSE number END,
            action = CASE
                WHEN content_after IS NULL THEN 'deleted' WHEN latest.before IS NULL THEN 'created' ELSE 'updated'
            END
        WHERE id = latest.id;
    END IF;
END $$;

-- Trigger AFTER INSERT OR UPDATE OR DELETE of each row: writes the revision of the object, if its content has changed.
--
-- Arguments: the name of the object's list; the key columns and the generated columns, as text[] literals.
CREATE OR REPLACE FUNCTION record_revision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    row_before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    row_after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    content_before jsonb := object_content(row_before, TG_ARGV[2]::text[]);
    content_after jsonb := object_content(row_after, TG_ARGV[2]::text[]);
    key_before text := object_key(row_before, TG_ARGV[1]::text[]);
    key_after text := object_key(row_after, TG_ARGV[1]::text[]);
BEGIN
    IF key_before = key_after THEN
        IF content_before <> content_after THEN
            PERFORM upsert_revision(TG_ARGV[0], key_after, NEW.revision, content_before, content_after);
        END IF;
        RETURN NULL;
    END IF;
    -- Another key is another address: at the former one the object is deleted, at the new one created.
    IF TG_OP <> 'INSERT' THEN
        PERFORM upsert_revision(TG_ARGV[0], key_before, OLD.revision + 1, content_before, NULL);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM upsert_revision(TG_ARGV[0], key_after, NEW.revision, NULL, content_after);
    END IF;
    RETURN NULL;
END $$;

-- Trigger BEFORE INSERT OR UPDATE of each row, after bump_revision (triggers run in the order of their names): sets the
-- number of the revision. Further changes in the same transaction keep the number of the first one. An object that is
-- created under the key of a deleted one continues its numbers, so that an entity tag is never used twice.
--
-- Arguments: the name of the object's list; the key columns, as a text[] literal.
-- Locks: if the key existed before, the row with the same key, FOR KEY SHARE, to wait for a transaction that deletes
-- it.
CREATE OR REPLACE FUNCTION number_revision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    keys constant text[] := TG_ARGV[1];
    key_after constant text := object_key(to_jsonb(NEW), keys);
    is_same_object constant boolean := TG_OP = 'UPDATE' AND key_after = object_key(to_jsonb(OLD), keys);
    same_key text;
    latest revisions;
BEGIN
    IF is_same_object AND NEW.revision = OLD.revision THEN
        RETURN NEW;
    END IF;
    SELECT * INTO latest FROM revisions
    WHERE resource = TG_ARGV[0] AND key = key_after ORDER BY revision DESC LIMIT 1;
    IF NOT is_same_object AND latest.id IS NOT NULL THEN
        SELECT string_agg(format('existing.%1$I = ($1).%1$I', name), ' AND ') INTO same_key FROM unnest(keys) AS name;
        EXECUTE format('SELECT FROM %I AS existing WHERE %s FOR KEY SHARE', TG_TABLE_NAME, same_key) USING NEW;
        SELECT * INTO latest FROM revisions
        WHERE resource = TG_ARGV[0] AND key = key_after ORDER BY revision DESC LIMIT 1;
    END IF;
    IF latest.commit = current_commit() THEN
        NEW.revision := latest.revision;
    ELSIF NOT is_same_object THEN
        NEW.revision := 1 + coalesce(latest.revision, 0);
    END IF;
    RETURN NEW;
END $$;

-- Creates the history and the revisions of a table of objects with URLs, and writes the existing rows as the first
-- versions and revisions. Call it again after a column was added to the table.
--
-- Arguments: the name of the objects' list; the table; the columns of its primary key; its generated columns.
CREATE OR REPLACE FUNCTION enable_revisions(resource text, name text, keys text[], generated text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM enable_history(name, VARIADIC keys);
    PERFORM backfill_history(name);
    EXECUTE format(
        'INSERT INTO revisions (resource, key, revision, action, commit, made_by, after)'
        ' SELECT %1$L, object_key(to_jsonb(existing), %2$L), existing.revision, ''created'', current_commit(),'
        ' ''migration'', object_content(to_jsonb(existing), %3$L) FROM %4$I AS existing'
        ' WHERE NOT EXISTS (SELECT FROM revisions WHERE resource = %1$L)',
        resource, keys, generated, name
    );
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER bump_revision BEFORE INSERT OR UPDATE ON %I'
        ' FOR EACH ROW EXECUTE FUNCTION bump_revision(%s)',
        name, (SELECT string_agg(quote_literal(generated_column), ', ') FROM unnest(generated) AS generated_column)
    );
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER number_revision BEFORE INSERT OR UPDATE ON %I'
        ' FOR EACH ROW EXECUTE FUNCTION number_revision(%L, %L)',
        name, resource, keys
    );
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER record_revision AFTER INSERT OR UPDATE OR DELETE ON %I'
        ' FOR EACH ROW EXECUTE FUNCTION record_revision(%L, %L, %L)',
        name, resource, keys, generated
    );
END $$;

SELECT enable_revisions('regions', 'regions', '{code}', '{folded}');
SELECT enable_revisions('organizations', 'organizations', '{code}', '{folded}');
SELECT enable_revisions('divisions', 'divisions', '{code}', '{folded}');
SELECT enable_revisions('officials', 'officials', '{id}', '{folded}');
SELECT enable_revisions('appointments', 'appointments', '{id}', '{certain,possible}');
SELECT enable_revisions('elections', 'elections', '{code}', '{folded}');
SELECT enable_revisions('stages', 'stages', '{code}', '{folded}');
SELECT enable_revisions('meetings', 'meetings', '{code}', '{folded}');
SELECT enable_revisions('sessions', 'sessions', '{meeting,code}', '{folded}');
SELECT enable_revisions('statements', 'meeting_statements', '{id}', '{}');
SELECT enable_revisions('participants', 'participants', '{id}', '{folded,open_status}');

-- A former code has a number of revision, but no URL and no rows in `revisions`: it is a part of its region.
CREATE OR REPLACE TRIGGER bump_revision BEFORE INSERT OR UPDATE ON region_codes
FOR EACH ROW EXECUTE FUNCTION bump_revision();
