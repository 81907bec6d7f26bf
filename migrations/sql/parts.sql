-- Parts of an object that have their own table are copied into the column `parts` of the object's row. So a change of a
-- part is a change of the object: it increments the object's revision, and the object's history contains it.

-- Trigger on a table of parts, AFTER each statement, with the transition tables rows_before and rows_after: copies the
-- parts of the objects concerned.
--
-- Arguments: the object's table; the member of `parts`; the column by which the parts are ordered; the columns to leave
-- out (a text[] literal); then pairs of columns by which the tables are joined, first the part's, then the object's.
-- Locks: the rows of the objects, because it updates them. It therefore runs once for a statement, not for each part.
CREATE OR REPLACE FUNCTION copy_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    same_key text := '';
    part_key text := '';
    object_key text := '';
    changed_keys text;
BEGIN
    FOR n IN 4 .. TG_NARGS - 2 BY 2 LOOP
        same_key := same_key || format(' AND part.%I = object.%I', TG_ARGV[n], TG_ARGV[n + 1]);
        part_key := part_key || CASE WHEN n > 4 THEN ', ' ELSE '' END || quote_ident(TG_ARGV[n]);
        object_key := object_key || CASE WHEN n > 4 THEN ', ' ELSE '' END || 'object.' || quote_ident(TG_ARGV[n + 1]);
    END LOOP;
    changed_keys := CASE TG_OP
        WHEN 'INSERT' THEN format('SELECT %s FROM rows_after', part_key)
        WHEN 'DELETE' THEN format('SELECT %s FROM rows_before', part_key)
        ELSE format('SELECT %1$s FROM rows_before UNION SELECT %1$s FROM rows_after', part_key)
    END;
    EXECUTE format(
        'UPDATE %I AS object SET parts = parts || jsonb_build_object(%L, coalesce(('
        'SELECT jsonb_agg(to_jsonb(part) - %L::text[] ORDER BY part.%I) FROM %I AS part WHERE true%s'
        '), ''[]'')) WHERE (%s) IN (%s)',
        TG_ARGV[0], TG_ARGV[1], TG_ARGV[3], TG_ARGV[2], TG_TABLE_NAME, same_key, object_key, changed_keys
    );
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER copy_parts_on_insert AFTER INSERT ON region_codes REFERENCING NEW TABLE AS rows_after
FOR EACH STATEMENT EXECUTE FUNCTION copy_parts(
    'regions', 'previous_codes', 'code', '{region,source,verified,primary,revision,updated_at}', 'region', 'code'
);
CREATE OR REPLACE TRIGGER copy_parts_on_update AFTER UPDATE ON region_codes
REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
FOR EACH STATEMENT EXECUTE FUNCTION copy_parts(
    'regions', 'previous_codes', 'code', '{region,source,verified,primary,revision,updated_at}', 'region', 'code'
);
CREATE OR REPLACE TRIGGER copy_parts_on_delete AFTER DELETE ON region_codes REFERENCING OLD TABLE AS rows_before
FOR EACH STATEMENT EXECUTE FUNCTION copy_parts(
    'regions', 'previous_codes', 'code', '{region,source,verified,primary,revision,updated_at}', 'region', 'code'
);

CREATE OR REPLACE TRIGGER copy_parts_on_insert AFTER INSERT ON meeting_corrections REFERENCING NEW TABLE AS rows_after
FOR EACH STATEMENT EXECUTE FUNCTION copy_parts(
    'meetings', 'corrections', 'position', '{meeting,position}', 'meeting', 'code'
);
CREATE OR REPLACE TRIGGER copy_parts_on_update AFTER UPDATE ON meeting_corrections
REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
FOR EACH STATEMENT EXECUTE FUNCTION copy_parts(
    'meetings', 'corrections', 'position', '{meeting,position}', 'meeting', 'code'
);
CREATE OR REPLACE TRIGGER copy_parts_on_delete AFTER DELETE ON meeting_corrections REFERENCING OLD TABLE AS rows_before
FOR EACH STATEMENT EXECUTE FUNCTION copy_parts(
    'meetings', 'corrections', 'position', '{meeting,position}', 'meeting', 'code'
);

CREATE OR REPLACE TRIGGER copy_parts_on_insert AFTER INSERT ON session_speakers REFERENCING NEW TABLE AS rows_after
FOR EACH STATEMENT EXECUTE FUNCTION copy_parts(
    'sessions', 'speakers', 'position', '{meeting,session,position}', 'meeting', 'meeting', 'session', 'code'
);
CREATE OR REPLACE TRIGGER copy_parts_on_update AFTER UPDATE ON session_speakers
REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
FOR EACH STATEMENT EXECUTE FUNCTION copy_parts(
    'sessions', 'speakers', 'position', '{meeting,session,position}', 'meeting', 'meeting', 'session', 'code'
);
CREATE OR REPLACE TRIGGER copy_parts_on_delete AFTER DELETE ON session_speakers REFERENCING OLD TABLE AS rows_before
FOR EACH STATEMENT EXECUTE FUNCTION copy_parts(
    'sessions', 'speakers', 'position', '{meeting,session,position}', 'meeting', 'meeting', 'session', 'code'
);

-- Trigger on participant_sessions, AFTER each statement: copies the sessions of the participants concerned into
-- `parts`, as a list of codes.
--
-- Locks: the rows of the participants, because it updates them.
CREATE OR REPLACE FUNCTION copy_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed_keys text := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT meeting, participant FROM rows_after'
        WHEN 'DELETE' THEN 'SELECT meeting, participant FROM rows_before'
        ELSE 'SELECT meeting, participant FROM rows_before UNION SELECT meeting, participant FROM rows_after'
    END;
BEGIN
    EXECUTE format(
        'UPDATE participants AS object SET parts = jsonb_build_object(''sessions'', coalesce(('
        'SELECT jsonb_agg(session ORDER BY session COLLATE "C") FROM participant_sessions AS part'
        ' WHERE part.meeting = object.meeting AND part.participant = object.id), ''[]''))'
        ' WHERE (meeting, id) IN (%s)', changed_keys
    );
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER copy_sessions_on_insert AFTER INSERT ON participant_sessions
REFERENCING NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION copy_sessions();
CREATE OR REPLACE TRIGGER copy_sessions_on_update AFTER UPDATE ON participant_sessions
REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION copy_sessions();
CREATE OR REPLACE TRIGGER copy_sessions_on_delete AFTER DELETE ON participant_sessions
REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT EXECUTE FUNCTION copy_sessions();
