CREATE OR REPLACE FUNCTION representation_lock_key(meeting text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(meeting, 19);

-- Trigger on organizations and stages, AFTER each row: rejects a row that is its own ancestor, or a tree of more than 16
-- levels: those above the row, the row, and those below it. It runs after the statement, because one statement may insert a whole tree.
--
-- Locks: parent_lock_key(table), because two concurrent transactions could create a cycle together.
-- Raises check_violation with the constraint ck_<table>_parent_no_circle or ck_<table>_parent_depth.
CREATE OR REPLACE FUNCTION reject_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ancestor text := NEW.parent;
    visited text[] := ARRAY[NEW.code];
    levels_below int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(parent_lock_key(TG_TABLE_NAME));
    WHILE ancestor IS NOT NULL LOOP
        IF ancestor = ANY (visited) THEN
            RAISE EXCEPTION '% would be above itself', ancestor
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = format('ck_%s_parent_no_circle', TG_TABLE_NAME);
        END IF;
        visited := visited || ancestor;
        IF cardinality(visited) > 16 THEN
            RAISE EXCEPTION '% would be more than 16 levels deep', NEW.code
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = format('ck_%s_parent_depth', TG_TABLE_NAME);
        END IF;
        EXECUTE format('SELECT parent FROM %I WHERE code = $1', TG_TABLE_NAME) INTO ancestor USING ancestor;
    END LOOP;
    -- Only a row that is moved has others below it. Those that one statement inserts check their own ancestors.
    IF TG_OP = 'UPDATE' THEN
        EXECUTE format(
            'WITH RECURSIVE below AS ('
            'SELECT code, 1 AS depth FROM %1$I WHERE parent = $1'
            ' UNION ALL SELECT child.code, below.depth + 1 FROM below JOIN %1$I AS child ON child.parent = below.code'
            ' WHERE below.depth < 16) SELECT coalesce(max(depth), 0) FROM below',
            TG_TABLE_NAME
        ) INTO levels_below USING NEW.code;
        IF cardinality(visited) + levels_below > 16 THEN
            RAISE EXCEPTION 'the tree of % would have more than 16 levels', NEW.code
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = format('ck_%s_parent_depth', TG_TABLE_NAME);
        END IF;
    END IF;
    RETURN NULL;
END $$;

-- Trigger on participants, BEFORE INSERT OR UPDATE of each row: takes the lock of reject_representation_cycle. It is taken
-- here because the AFTER triggers of the rows of one statement take the locks of their delegations in between. The name
-- sorts before bump_revision, so that `updated_at` is set after the wait.
--
-- Locks: representation_lock_key(meeting).
CREATE OR REPLACE FUNCTION acquire_representation_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(representation_lock_key(NEW.meeting));
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER acquire_representation_lock BEFORE INSERT OR UPDATE OF represents ON participants
FOR EACH ROW WHEN (NEW.represents IS NOT NULL) EXECUTE FUNCTION acquire_representation_lock();

-- Trigger on participants, AFTER each row: rejects a participant who represents itself through others, or who would be
-- in a chain of more than 16 steps, those to it included. acquire_representation_lock has taken the lock, because two
-- concurrent transactions could create a cycle together.
--
-- Raises check_violation with the constraint ck_participants_represents_no_circle.
CREATE OR REPLACE FUNCTION reject_representation_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    represented uuid := NEW.represents;
    steps int := 0;
    steps_to_this int := 0;
BEGIN
    WHILE represented IS NOT NULL LOOP
        steps := steps + 1;
        EXIT WHEN represented = NEW.id OR steps > 16;
        SELECT represents INTO represented FROM participants WHERE id = represented;
    END LOOP;
    IF TG_OP = 'UPDATE' AND represented IS NULL THEN
        WITH RECURSIVE delegates AS (
            SELECT id, 1 AS step FROM participants WHERE meeting = NEW.meeting AND represents = NEW.id
            UNION ALL
            SELECT next.id, step + 1 FROM delegates
            JOIN participants AS next ON next.meeting = NEW.meeting AND next.represents = delegates.id
            WHERE step < 16
        ) SELECT coalesce(max(step), 0) INTO steps_to_this FROM delegates;
    END IF;
    IF represented IS NOT NULL OR steps + steps_to_this > 16 THEN
        RAISE EXCEPTION 'participant % represents itself, or is in a chain that is too long', NEW.id
            USING ERRCODE = 'check_violation', TABLE = 'participants',
            CONSTRAINT = 'ck_participants_represents_no_circle';
    END IF;
    RETURN NULL;
END $$;

-- Trigger on clients, BEFORE INSERT OR UPDATE of each row: copies the organization and the meeting to which a client is
-- bound into the columns that have foreign keys, unless the client is revoked. So a live client prevents that they are
-- deleted, and a revoked one keeps their codes. A code that changes arrives in these columns first, and is copied back.
-- The name sorts before bump_client_revision, which compares the codes.
CREATE OR REPLACE FUNCTION bind_live_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND coalesce(OLD.revoked_at, NEW.revoked_at) IS NULL THEN
        IF NEW.organization = OLD.organization THEN
            NEW.organization := NEW.live_organization;
        END IF;
        IF NEW.meeting = OLD.meeting THEN
            NEW.meeting := NEW.live_meeting;
        END IF;
    END IF;
    NEW.live_organization := CASE WHEN NEW.revoked_at IS NULL THEN NEW.organization END;
    NEW.live_meeting := CASE WHEN NEW.revoked_at IS NULL THEN NEW.meeting END;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER bind_live_client BEFORE INSERT OR UPDATE ON clients
FOR EACH ROW EXECUTE FUNCTION bind_live_client();
