-- Trigger on the tables of the audit trail, BEFORE each statement: rejects UPDATE, DELETE and TRUNCATE, even by the
-- owner, who needs no privilege. An owner who has to delete old lines uses ALTER TABLE … DISABLE TRIGGER; the hash
-- chain then shows that lines are missing.
--
-- Raises insufficient_privilege.
CREATE OR REPLACE FUNCTION forbid_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER forbid_update BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_lines
FOR EACH STATEMENT EXECUTE FUNCTION forbid_update();
CREATE OR REPLACE TRIGGER forbid_update BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
FOR EACH STATEMENT EXECUTE FUNCTION forbid_update();
CREATE OR REPLACE TRIGGER forbid_update BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_roots
FOR EACH STATEMENT EXECUTE FUNCTION forbid_update();
