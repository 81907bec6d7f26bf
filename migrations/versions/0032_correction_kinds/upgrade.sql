CREATE OR REPLACE VIEW history.roll_corrections AS
SELECT id, meeting, participant, status, scan, reason, legal_basis, requested_by, requested_at,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmed_by END AS confirmed_by,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmed_at END AS confirmed_at,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmation_reason END
        AS confirmation_reason,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmation_legal_basis END
        AS confirmation_legal_basis,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN 2 ELSE 1 END AS revision,
    kind, status_on
FROM roll_corrections WHERE requested_at <= current_setting('rakornas.known_at')::timestamptz;

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
