DROP FUNCTION closed.is_present_on_a_day(text, jsonb);
DROP FUNCTION history.is_present_on_a_day(text, jsonb);
DROP FUNCTION is_present_on_a_day(text, jsonb);
