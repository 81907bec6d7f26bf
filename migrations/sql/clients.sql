-- Trigger on clients, BEFORE UPDATE of each row: increments `revision` and sets `updated_at` if a column changes that
-- decides what the client's tokens allow. So tokens issued before the change are recognised. Otherwise it keeps both.
CREATE OR REPLACE FUNCTION bump_client_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision;
    NEW.updated_at := OLD.updated_at;
    IF (NEW.name, NEW.scopes, NEW.organization, NEW.meeting, NEW.jwks, NEW.revoked_at)
        IS DISTINCT FROM (OLD.name, OLD.scopes, OLD.organization, OLD.meeting, OLD.jwks, OLD.revoked_at)
    THEN
        NEW.revision := OLD.revision + 1;
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER bump_client_revision BEFORE UPDATE ON clients
FOR EACH ROW EXECUTE FUNCTION bump_client_revision();

-- Trigger on clients, client_secrets and signing_keys, AFTER each statement: sends a notification on the channel
-- `clients`, so that each worker reads these tables again.
CREATE OR REPLACE FUNCTION notify_clients() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('clients', '');
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER notify_clients AFTER INSERT OR UPDATE OR DELETE ON clients
FOR EACH STATEMENT EXECUTE FUNCTION notify_clients();
CREATE OR REPLACE TRIGGER notify_clients AFTER INSERT OR UPDATE OR DELETE ON client_secrets
FOR EACH STATEMENT EXECUTE FUNCTION notify_clients();
CREATE OR REPLACE TRIGGER notify_clients AFTER INSERT OR UPDATE OR DELETE ON signing_keys
FOR EACH STATEMENT EXECUTE FUNCTION notify_clients();
