-- Trigger on meetings, AFTER INSERT of each row: creates the random key of the nonces of the meeting's issued rolls.
CREATE OR REPLACE FUNCTION create_roll_secret() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO roll_secrets (meeting) VALUES (NEW.code);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER create_roll_secret AFTER INSERT ON meetings
FOR EACH ROW EXECUTE FUNCTION create_roll_secret();
