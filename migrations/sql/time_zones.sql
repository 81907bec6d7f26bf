-- Returns whether a text is the IANA name of a time zone. Postgres also accepts abbreviations, offsets and rules such
-- as "FOO-7", but this function does not.
--
-- Listing all time zones takes the server 20 ms, so the names found are cached in the session's setting rakornas.zones.
CREATE OR REPLACE FUNCTION is_time_zone(name text) RETURNS boolean LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    known_names text := coalesce(current_setting('rakornas.zones', true), '');
BEGIN
    IF name !~ '^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z_+0-9-]+)+)$' THEN
        RETURN false;
    END IF;
    IF strpos(known_names || ' ', format(' %s ', name)) > 0 THEN
        RETURN true;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_timezone_names AS known WHERE known.name = is_time_zone.name) THEN
        RETURN false;
    END IF;
    PERFORM set_config('rakornas.zones', format('%s %s', known_names, name), false);
    RETURN true;
END $$;
