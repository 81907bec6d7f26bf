DROP TRIGGER IF EXISTS record_controller_of_rights ON clients;
