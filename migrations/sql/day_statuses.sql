-- Statuses that were set by hand for single days of a meeting: participants.day_statuses, an object with a member for
-- each day, such as {"2026-12-08": {"status": "sick", "reason": "…"}}.

-- Returns whether this is a valid value of participants.day_statuses: each member is named as a day, and its value has
-- the members status and reason, two texts.
--
-- Arguments: the value.
CREATE OR REPLACE FUNCTION are_day_statuses(day_statuses jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN day_statuses = '{}' OR (
    jsonb_typeof(day_statuses) = 'object' AND NOT jsonb_path_exists(
        day_statuses,
        '$.* ? (!exists(@.status) || !exists(@.reason) || @.status.type() != "string" || @.reason.type() != "string")'
    ) AND NOT jsonb_path_exists(
        day_statuses,
        '$.*.status ? (!(@ like_regex "^(present|represented|excused|sick|on_duty_elsewhere|on_leave|absent)$"))'
    ) AND NOT jsonb_path_exists(
        day_statuses, '$.keyvalue() ? (!(@.key like_regex "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"))'
    )
);
