DROP TRIGGER require_changed_region_of_caller ON organizations;
DROP TRIGGER require_region_of_caller ON organizations;
DROP FUNCTION require_region_of_caller;
DROP TRIGGER require_scope_to_create_open_roll ON meetings;
DROP TRIGGER require_scope_to_open_roll ON meetings;
DROP FUNCTION require_scope_to_open_roll;
ALTER TABLE idempotency_keys DROP COLUMN is_personal;
ALTER TABLE idempotency_keys DROP COLUMN keys;
