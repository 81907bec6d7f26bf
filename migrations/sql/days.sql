-- Partial dates: a year, a month or a day between 1900 and 2199, such as "2018", "2018-05" or "2018-05-24".

-- Returns the first day of a partial date, or null for any other text. It raises no error, because generated columns
-- are computed before check constraints, and a check constraint rejects the text with its name.
CREATE OR REPLACE FUNCTION first_day(partial text) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN partial !~ '^(19|20|21)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$' THEN NULL
    WHEN length(partial) = 4 THEN make_date(partial::int, 1, 1)
    WHEN length(partial) = 7 THEN make_date(left(partial, 4)::int, right(partial, 2)::int, 1)
    WHEN right(partial, 2)::int > extract(day FROM
        make_date(left(partial, 4)::int, substr(partial, 6, 2)::int, 1) + interval '1 month' - interval '1 day')
        THEN NULL
    ELSE make_date(left(partial, 4)::int, substr(partial, 6, 2)::int, right(partial, 2)::int)
END;

-- Returns the last day of a partial date, or null for any other text.
CREATE OR REPLACE FUNCTION last_day(partial text) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE length(partial)
    WHEN 4 THEN (first_day(partial) + interval '1 year' - interval '1 day')::date
    WHEN 7 THEN (first_day(partial) + interval '1 month' - interval '1 day')::date
    ELSE first_day(partial)
END;

-- Returns the days from `lower_day` until the day before `upper_day`; null stands for no limit. The range is empty if
-- `upper_day` is not later, where daterange() would raise an error.
CREATE OR REPLACE FUNCTION day_range(lower_day date, upper_day date) RETURNS daterange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN upper_day <= lower_day THEN 'empty'::daterange ELSE daterange(lower_day, upper_day) END;

-- Returns the days on which an appointment was certainly in force: [last day of its start, first day of its end).
--
-- Arguments: start and end as partial dates, or null; `seen_on`, the day on which a source mentions the appointment,
-- which replaces an unknown start.
CREATE OR REPLACE FUNCTION certain_days(start_on text, end_on text, seen_on date) RETURNS daterange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN day_range(coalesce(last_day(start_on), seen_on), first_day(end_on));

-- Returns the days on which an appointment was possibly in force: [first day of its start, last day of its end).
-- Arguments as for certain_days.
CREATE OR REPLACE FUNCTION possible_days(start_on text, end_on text, seen_on date) RETURNS daterange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN day_range(coalesce(first_day(start_on), seen_on), last_day(end_on));
