ALTER TABLE idempotency_keys ADD COLUMN keys TEXT[] DEFAULT '{}' NOT NULL;
-- Whether a response from before contains personal data is not known, so its repetition is recorded.
ALTER TABLE idempotency_keys ADD COLUMN is_personal BOOLEAN DEFAULT true NOT NULL;
ALTER TABLE idempotency_keys ALTER COLUMN is_personal SET DEFAULT false;
