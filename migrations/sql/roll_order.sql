-- The order of printed rolls and badge sheets, and of rosters.

-- Returns the rank of an office within its body: the chair first. An unknown office is the last.
--
-- Arguments: the code of the office (app/models/vocabulary.py), which may be null.
CREATE OR REPLACE FUNCTION office_rank(office text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(array_position(ARRAY['chair', 'member', 'secretary', 'secretary_general'], office), 5);

-- Returns the text by which the lines of a roll are sorted with COLLATE "C": delegates and speakers before the committee,
-- observers and guests; among them national bodies before those of provinces and of regencies, at each level commissions
-- before other bodies, then by code; in each body the chair first, then by name, unnamed office holders last.
--
-- Arguments: the capacity; level, kind and code of the organization, null if there is none; the office; the name. A tab
-- ends each part, because it sorts before the characters of codes and names.
CREATE OR REPLACE FUNCTION roll_sort_key(
    capacity text, body_level text, body_kind text, organization text, office text, name text
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(array_position(ARRAY['committee', 'observer', 'guest'], capacity), 0)
    || CASE WHEN organization IS NULL THEN '5'
        ELSE coalesce(array_position(ARRAY['national', 'province', 'regency'], body_level), 4)::text END
    || CASE WHEN body_kind = 'commission' THEN '1' ELSE '2' END || coalesce(organization, '') || E'\t'
    || office_rank(office) || CASE WHEN name IS NULL THEN '2' ELSE '1' END || coalesce(fold(name), '') || E'\t'
    || coalesce(name, '');
