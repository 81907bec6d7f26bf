DROP TRIGGER create_roll_secret ON meetings;
DROP FUNCTION create_roll_secret();
DROP TABLE roll_secrets;
