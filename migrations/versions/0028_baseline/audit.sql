-- Trigger on the tables of the audit trail: rows are only ever added. For the owner too, who needs no privilege. An
-- owner who must cut the trail uses ALTER TABLE … DISABLE TRIGGER; the chain of hashes shows that it was cut.
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
