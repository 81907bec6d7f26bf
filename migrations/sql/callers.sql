-- Rules that depend on the client that sends a request. The service sets for each transaction that writes the client's
-- scopes (`rakornas.scopes`, separated by spaces) and the organization to which it is bound (`rakornas.organization`,
-- empty if it is bound to none). Both are empty for the command line, to which these rules do not apply.

-- Trigger on meetings, AFTER each row: rejects an open roll, unless the caller has the scope attendance:write, if the
-- roll was restricted before, or if the roll of an earlier meeting with this code was.
--
-- Raises check_violation with the constraint ck_meetings_open_roll_scope.
CREATE OR REPLACE FUNCTION require_scope_to_open_roll() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    scopes text[] := string_to_array(nullif(current_setting('rakornas.scopes', true), ''), ' ');
BEGIN
    IF scopes IS NULL OR 'attendance:write' = ANY (scopes) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' OR EXISTS (
        SELECT FROM revisions WHERE resource = 'meetings' AND key = NEW.code
            AND 'restricted' IN (before ->> 'roll', after ->> 'roll')
    ) THEN
        RAISE EXCEPTION 'the scope attendance:write is required to open the roll of %', NEW.code
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'ck_meetings_open_roll_scope';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER require_scope_to_open_roll AFTER UPDATE OF roll ON meetings
FOR EACH ROW WHEN (NEW.roll = 'open' AND OLD.roll <> 'open') EXECUTE FUNCTION require_scope_to_open_roll();

CREATE OR REPLACE TRIGGER require_scope_to_create_open_roll AFTER INSERT ON meetings
FOR EACH ROW WHEN (NEW.roll = 'open') EXECUTE FUNCTION require_scope_to_open_roll();

-- Trigger on organizations, BEFORE each row: rejects, for a caller that is bound to an organization, a region outside the
-- tree of that organization's region, a commission without a region, and a code that is that of the commission of a
-- region outside. If the organization has no region, that of the nearest organization above it counts; if none has one,
-- as for a national commission, every region is allowed.
--
-- Raises check_violation with the constraint ck_organizations_region_outside.
CREATE OR REPLACE FUNCTION require_region_of_caller() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bound_to text := nullif(current_setting('rakornas.organization', true), '');
    own_region text;
BEGIN
    IF bound_to IS NULL THEN
        RETURN NEW;
    END IF;
    WITH RECURSIVE above (parent, region, step) AS (
        SELECT parent, region, 1 FROM organizations WHERE code = bound_to
        UNION ALL
        SELECT o.parent, o.region, above.step + 1 FROM organizations AS o JOIN above ON o.code = above.parent
        WHERE above.step <= 16
    )
    SELECT region INTO own_region FROM above WHERE region IS NOT NULL ORDER BY step LIMIT 1;
    IF own_region IS NULL THEN
        RETURN NEW;
    END IF;
    IF (NEW.region IS NULL AND NEW.kind = 'commission') OR EXISTS (
        SELECT FROM regions AS named
        WHERE (named.code = NEW.region OR 'kpu-' || named.code = NEW.code) AND own_region NOT IN (
            WITH RECURSIVE above (code, parent, step) AS (
                SELECT named.code, named.parent, 1
                UNION ALL
                SELECT r.code, r.parent, above.step + 1 FROM regions AS r JOIN above ON r.code = above.parent
                WHERE above.step <= 16
            )
            SELECT code FROM above
        )
    ) THEN
        RAISE EXCEPTION '% would be outside the region of %', NEW.code, bound_to
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'ck_organizations_region_outside';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER require_region_of_caller BEFORE INSERT ON organizations
FOR EACH ROW EXECUTE FUNCTION require_region_of_caller();

CREATE OR REPLACE TRIGGER require_changed_region_of_caller BEFORE UPDATE OF region, kind ON organizations
FOR EACH ROW WHEN ((NEW.region, NEW.kind) IS DISTINCT FROM (OLD.region, OLD.kind))
EXECUTE FUNCTION require_region_of_caller();
