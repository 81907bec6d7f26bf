ALTER TABLE audit_lines DROP CONSTRAINT ck_audit_lines_purpose_digest_shape;
-- squawk-ignore renaming-column
ALTER TABLE audit_lines RENAME COLUMN purpose_digest TO purpose;
ALTER TABLE audit_lines DISABLE TRIGGER forbid_update;
ALTER TABLE audit_seals DISABLE TRIGGER forbid_update;
ALTER TABLE audit_roots DISABLE TRIGGER forbid_update;
DELETE FROM audit_roots WHERE EXISTS (SELECT FROM audit_lines WHERE purpose IS NOT NULL);
DELETE FROM audit_seals WHERE EXISTS (SELECT FROM audit_lines WHERE purpose IS NOT NULL);
UPDATE audit_lines SET purpose = (SELECT text FROM audit_texts WHERE line = id) WHERE purpose IS NOT NULL;
ALTER TABLE audit_roots ENABLE TRIGGER forbid_update;
ALTER TABLE audit_seals ENABLE TRIGGER forbid_update;
ALTER TABLE audit_lines ENABLE TRIGGER forbid_update;
ALTER TABLE audit_lines ADD CONSTRAINT ck_audit_lines_purpose_length CHECK (length(purpose) <= 500);
DROP TABLE audit_texts;
DROP INDEX ix_idempotency_keys_meeting;
ALTER TABLE idempotency_keys DROP COLUMN meeting;
