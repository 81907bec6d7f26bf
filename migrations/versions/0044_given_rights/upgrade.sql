CREATE OR REPLACE TRIGGER record_controller_of_rights AFTER UPDATE OF scopes, organization, meeting ON clients
FOR EACH ROW WHEN (
    NOT NEW.scopes <@ OLD.scopes OR OLD.organization IS DISTINCT FROM NEW.organization
    OR OLD.meeting IS DISTINCT FROM NEW.meeting
) EXECUTE FUNCTION record_controller('id');
