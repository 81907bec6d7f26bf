-- No release contains the code that uses the former names.
-- squawk-ignore renaming-column
ALTER TABLE meeting_corrections RENAME COLUMN held TO recorded;
-- squawk-ignore renaming-column
ALTER TABLE history.meeting_corrections_rows RENAME COLUMN held TO recorded;
-- squawk-ignore renaming-column
ALTER VIEW history.meeting_corrections RENAME COLUMN held TO recorded;
-- squawk-ignore renaming-column
ALTER TABLE meetings RENAME COLUMN forgotten_at TO anonymised_at;
-- squawk-ignore renaming-column
ALTER TABLE history.meetings_rows RENAME COLUMN forgotten_at TO anonymised_at;
-- squawk-ignore renaming-column
ALTER VIEW history.meetings RENAME COLUMN forgotten_at TO anonymised_at;
-- squawk-ignore renaming-column
ALTER TABLE scans RENAME COLUMN annulled_for TO annulment_reason;
-- squawk-ignore renaming-column
ALTER VIEW history.scans RENAME COLUMN annulled_for TO annulment_reason;
-- squawk-ignore renaming-column
ALTER VIEW classified_scans RENAME COLUMN annulled_for TO annulment_reason;
-- squawk-ignore renaming-column
ALTER VIEW history.classified_scans RENAME COLUMN annulled_for TO annulment_reason;
-- squawk-ignore renaming-column
ALTER TABLE roll_corrections RENAME COLUMN asked_by TO requested_by;
-- squawk-ignore renaming-column
ALTER VIEW history.roll_corrections RENAME COLUMN asked_by TO requested_by;
-- squawk-ignore renaming-column
ALTER TABLE roll_corrections RENAME COLUMN asked_at TO requested_at;
-- squawk-ignore renaming-column
ALTER VIEW history.roll_corrections RENAME COLUMN asked_at TO requested_at;
-- squawk-ignore renaming-column
ALTER TABLE roll_corrections RENAME COLUMN confirmed_for TO confirmation_reason;
-- squawk-ignore renaming-column
ALTER VIEW history.roll_corrections RENAME COLUMN confirmed_for TO confirmation_reason;
-- squawk-ignore renaming-column
ALTER TABLE roll_corrections RENAME COLUMN confirmed_basis TO confirmation_legal_basis;
-- squawk-ignore renaming-column
ALTER VIEW history.roll_corrections RENAME COLUMN confirmed_basis TO confirmation_legal_basis;
-- squawk-ignore renaming-column
ALTER TABLE roll_digests RENAME COLUMN made_at TO issued_at;
-- squawk-ignore renaming-object
ALTER INDEX ix_roll_digests_meeting_made_at RENAME TO ix_roll_digests_meeting_issued_at;

-- From version 18 on, Postgres names the constraint of a NOT NULL column after it.
DO $$
DECLARE
    renamed record;
BEGIN
    FOR renamed IN SELECT conrelid::regclass AS owner, conname, given.name FROM pg_constraint JOIN (VALUES
        ('meeting_corrections_held_not_null', 'meeting_corrections_recorded_not_null'),
        ('roll_corrections_asked_by_not_null', 'roll_corrections_requested_by_not_null'),
        ('roll_corrections_asked_at_not_null', 'roll_corrections_requested_at_not_null'),
        ('roll_digests_made_at_not_null', 'roll_digests_issued_at_not_null')
    ) AS given (former_name, name) ON conname = given.former_name WHERE connamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', renamed.owner, renamed.conname, renamed.name);
    END LOOP;
END $$;

-- The copies of corrections in meetings and in their history, and the contents of revisions. No trigger runs: none of
-- this is a change of the record.
CREATE OR REPLACE FUNCTION pg_temp.renamed(corrections jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE RETURN (
    SELECT coalesce(jsonb_agg(
        CASE WHEN item ? 'held' THEN item - 'held' || jsonb_build_object('recorded', item -> 'held')
            ELSE item END ORDER BY n
    ), '[]')
    FROM jsonb_array_elements(corrections) WITH ORDINALITY AS listed (item, n)
);
CREATE OR REPLACE FUNCTION pg_temp.renamed_content(content jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE RETURN (
    SELECT CASE WHEN dated #> '{source,corrections}' IS NULL THEN dated
        ELSE jsonb_set(dated, '{source,corrections}', pg_temp.renamed(dated #> '{source,corrections}')) END
    FROM (
        SELECT CASE WHEN content ? 'forgotten_at'
            THEN content - 'forgotten_at' || jsonb_build_object('anonymised_at', content -> 'forgotten_at')
            ELSE content END AS dated
    ) AS given
);

ALTER TABLE meetings DISABLE TRIGGER USER;
UPDATE meetings SET parts = jsonb_set(parts, '{corrections}', pg_temp.renamed(parts -> 'corrections'))
WHERE parts -> 'corrections' <> '[]';
ALTER TABLE meetings ENABLE TRIGGER USER;

ALTER TABLE history.meetings_rows DISABLE TRIGGER USER;
UPDATE history.meetings_rows SET parts = jsonb_set(parts, '{corrections}', pg_temp.renamed(parts -> 'corrections'))
WHERE parts -> 'corrections' <> '[]';
ALTER TABLE history.meetings_rows ENABLE TRIGGER USER;

ALTER TABLE revisions DISABLE TRIGGER USER;
UPDATE revisions SET before = pg_temp.renamed_content(before), after = pg_temp.renamed_content(after)
WHERE resource = 'meetings';
ALTER TABLE revisions ENABLE TRIGGER USER;
