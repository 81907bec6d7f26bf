DROP FUNCTION clients_count_as_one;
DROP TRIGGER record_controller ON clients;
DROP TRIGGER record_controller_of_keys ON clients;
DROP TRIGGER record_controller ON client_secrets;
DROP FUNCTION record_controller;
DROP TABLE client_controllers;
