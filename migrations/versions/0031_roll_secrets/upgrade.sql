CREATE TABLE roll_secrets (
    meeting text NOT NULL,
    secret bytea DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) NOT NULL,
    CONSTRAINT pk_roll_secrets PRIMARY KEY (meeting),
    CONSTRAINT ck_roll_secrets_secret_length CHECK (length(secret) = 32),
    CONSTRAINT fk_roll_secrets_meeting_meetings FOREIGN KEY (meeting) REFERENCES meetings (code)
    ON UPDATE CASCADE ON DELETE CASCADE
);
INSERT INTO roll_secrets (meeting) SELECT code FROM meetings;

-- Trigger on meetings, AFTER INSERT of each row: creates the random key of the nonces of the meeting's issued rolls.
CREATE OR REPLACE FUNCTION create_roll_secret() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO roll_secrets (meeting) VALUES (NEW.code);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER create_roll_secret AFTER INSERT ON meetings
FOR EACH ROW EXECUTE FUNCTION create_roll_secret();
