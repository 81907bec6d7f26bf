DROP TRIGGER bind_live_client ON clients;

DROP FUNCTION bind_live_client;

DROP TRIGGER acquire_representation_lock ON participants;

DROP FUNCTION acquire_representation_lock;

DROP FUNCTION representation_lock_key;

-- Trigger on organizations and stages: no row is above itself, and at most 15 rows are above the changed one. Takes the
-- lock parent_lock_key(table), because two transactions could together create a cycle. Runs after the statement's rows
-- are in, because one statement may bring a whole tree.
CREATE OR REPLACE FUNCTION reject_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ancestor text := NEW.parent;
    visited text[] := ARRAY[NEW.code];
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
    RETURN NULL;
END $$;

-- Trigger on participants: the chain of those whom the changed one represents ends, after 16 steps at most.
CREATE OR REPLACE FUNCTION reject_representation_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    represented uuid := NEW.represents;
    steps int := 0;
BEGIN
    WHILE represented IS NOT NULL LOOP
        steps := steps + 1;
        IF represented = NEW.id OR steps > 16 THEN
            RAISE EXCEPTION 'participant % represents itself, or a chain that is too long', NEW.id
                USING ERRCODE = 'check_violation', TABLE = 'participants',
                CONSTRAINT = 'ck_participants_represents_no_circle';
        END IF;
        SELECT represents INTO represented FROM participants WHERE id = represented;
    END LOOP;
    RETURN NULL;
END $$;
