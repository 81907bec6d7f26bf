DROP TRIGGER require_second_client ON roll_corrections;

DROP FUNCTION require_second_client;

DROP VIEW history.roll_corrections;

CREATE OR REPLACE VIEW history.roll_corrections AS
SELECT id, meeting, participant, status, scan, reason, legal_basis, requested_by, requested_at,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmed_by END AS confirmed_by,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmed_at END AS confirmed_at,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmation_reason END
        AS confirmation_reason,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN confirmation_legal_basis END
        AS confirmation_legal_basis,
    CASE WHEN confirmed_at <= current_setting('rakornas.known_at')::timestamptz THEN 2 ELSE 1 END AS revision
FROM roll_corrections WHERE requested_at <= current_setting('rakornas.known_at')::timestamptz;
