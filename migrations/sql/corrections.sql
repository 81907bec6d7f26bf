-- Corrections of rolls.

-- Trigger on roll_corrections, BEFORE INSERT OR UPDATE of confirmed_by of each row: rejects a correction that is
-- confirmed by the client that requested it, or by one that counts as one with it.
--
-- Raises check_violation with the constraint ck_roll_corrections_two_clients.
CREATE OR REPLACE FUNCTION require_second_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF clients_count_as_one(NEW.requested_by, NEW.confirmed_by) THEN
        RAISE EXCEPTION 'correction % is confirmed by the client that requested it', NEW.id
            USING ERRCODE = 'check_violation', TABLE = 'roll_corrections',
            CONSTRAINT = 'ck_roll_corrections_two_clients';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER require_second_client BEFORE INSERT OR UPDATE OF confirmed_by ON roll_corrections
FOR EACH ROW WHEN (NEW.confirmed_by IS NOT NULL) EXECUTE FUNCTION require_second_client();
