-- Trigger on the tables of the audit trail: rows are only ever added. For everyone, the owner too, whom no missing
-- privilege stops. An owner who must cut the trail says so with ALTER TABLE … DISABLE TRIGGER, which the server's log of
-- DDL shows; the chain of hashes tells it too.
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
