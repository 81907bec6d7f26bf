-- The function is now in each of the three schemas, and knows the days of the meeting.
-- squawk-ignore ban-drop-function
DROP FUNCTION is_present_on_a_day(jsonb);
