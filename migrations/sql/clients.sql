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

-- Trigger on clients, BEFORE INSERT OR UPDATE of each row: copies the organization and the meeting to which a client is
-- bound into the columns that have foreign keys, unless the client is revoked. So a live client prevents that they are
-- deleted, and a revoked one keeps their codes. A code that changes arrives in these columns first, and is copied back.
-- The name sorts before bump_client_revision, which compares the codes.
CREATE OR REPLACE FUNCTION bind_live_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND coalesce(OLD.revoked_at, NEW.revoked_at) IS NULL THEN
        IF NEW.organization = OLD.organization THEN
            NEW.organization := NEW.live_organization;
        END IF;
        IF NEW.meeting = OLD.meeting THEN
            NEW.meeting := NEW.live_meeting;
        END IF;
    END IF;
    NEW.live_organization := CASE WHEN NEW.revoked_at IS NULL THEN NEW.organization END;
    NEW.live_meeting := CASE WHEN NEW.revoked_at IS NULL THEN NEW.meeting END;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER bind_live_client BEFORE INSERT OR UPDATE ON clients
FOR EACH ROW EXECUTE FUNCTION bind_live_client();

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

-- Trigger on client_controllers, BEFORE each statement: rejects UPDATE, DELETE and TRUNCATE (migrations/sql/audit.sql).
CREATE OR REPLACE TRIGGER forbid_update BEFORE UPDATE OR DELETE OR TRUNCATE ON client_controllers
FOR EACH STATEMENT EXECUTE FUNCTION forbid_update();

-- Trigger on clients and client_secrets, AFTER each row: stores the client that sends the present request
-- (`rakornas.client`) as a controller of the client that it creates, to which it adds a secret, whose keys it changes,
-- or to which it gives rights (further scopes, or another organization or meeting): from then on it could act as that
-- client, or the client does what it could not do by itself. The command line sends no request, so it stores nothing.
--
-- Argument: the column that contains the id of the client. It runs with the rights of the owner, because the service's
-- role cannot write client_controllers.
CREATE OR REPLACE FUNCTION record_controller() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    controlled text := to_jsonb(NEW) ->> TG_ARGV[0];
    caller text := nullif(current_setting('rakornas.client', true), '');
BEGIN
    IF caller <> controlled THEN
        INSERT INTO client_controllers (client, controller) VALUES (controlled::uuid, caller) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER record_controller AFTER INSERT ON client_secrets
FOR EACH ROW EXECUTE FUNCTION record_controller('client');

CREATE OR REPLACE TRIGGER record_controller AFTER INSERT ON clients
FOR EACH ROW EXECUTE FUNCTION record_controller('id');

CREATE OR REPLACE TRIGGER record_controller_of_keys AFTER UPDATE OF jwks ON clients
FOR EACH ROW WHEN (OLD.jwks IS DISTINCT FROM NEW.jwks) EXECUTE FUNCTION record_controller('id');

CREATE OR REPLACE TRIGGER record_controller_of_rights AFTER UPDATE OF scopes, organization, meeting ON clients
FOR EACH ROW WHEN (
    NOT NEW.scopes <@ OLD.scopes OR OLD.organization IS DISTINCT FROM NEW.organization
    OR OLD.meeting IS DISTINCT FROM NEW.meeting
) EXECUTE FUNCTION record_controller('id');

-- Returns whether two clients count as one where two clients are needed: they are the same, one of them controls the
-- other, directly or through others, or somebody controls both. Otherwise a client that may create clients would be its
-- own second client.
--
-- `one`, `other`: ids as texts, as in tokens; for a client of an external issuer, issuer and subject. Null is the
-- command line, which counts as one with itself only. Returns never null.
CREATE OR REPLACE FUNCTION clients_count_as_one(one text, other text) RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH RECURSIVE controllers (of_one, id) AS (
        VALUES (true, one), (false, other)
        UNION
        SELECT controllers.of_one, found.controller FROM controllers JOIN client_controllers AS found
            ON found.client = CASE WHEN controllers.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                THEN controllers.id::uuid END
    )
    SELECT one IS NOT DISTINCT FROM other OR EXISTS (
        SELECT FROM controllers AS a JOIN controllers AS b ON b.id = a.id WHERE a.of_one AND NOT b.of_one
    )
$$;
