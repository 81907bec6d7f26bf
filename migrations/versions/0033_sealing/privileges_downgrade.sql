ALTER TABLE audit_seals DROP COLUMN sealed_at;

DO $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT DISTINCT grantee FROM pg_attribute, aclexplode(attacl)
        WHERE attrelid = 'audit_lines'::regclass AND privilege_type = 'INSERT'
    LOOP
        EXECUTE format('GRANT INSERT (position, line, hash) ON audit_seals TO %s', granted.grantee::regrole);
        EXECUTE format('GRANT INSERT (hour, position, hash) ON audit_roots TO %s', granted.grantee::regrole);
    END LOOP;
END $$;
