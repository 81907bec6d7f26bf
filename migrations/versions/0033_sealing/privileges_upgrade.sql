ALTER TABLE audit_seals ADD COLUMN sealed_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE audit_seals ALTER COLUMN sealed_at SET DEFAULT clock_timestamp();

-- The service's roles wrote seals and roots; now a function does.
DO $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT DISTINCT attrelid::regclass AS table_name, grantee FROM pg_attribute, aclexplode(attacl)
        WHERE attrelid IN ('audit_seals'::regclass, 'audit_roots'::regclass) AND privilege_type = 'INSERT'
    LOOP
        EXECUTE format('REVOKE INSERT ON %s FROM %s', granted.table_name, granted.grantee::regrole);
    END LOOP;
END $$;
