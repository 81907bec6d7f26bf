-- Text search by trigrams (pg_trgm).

-- Returns a text in the form that search compares: the parts joined by spaces, in lower case, without accents and
-- apostrophes of any kind.
--
-- Lower case is made without the locale of the database, so that every server folds alike: unaccent() leaves the letters
-- of the Latin alphabet, and those of the Greek and Cyrillic alphabets are listed here.
--
-- The function is IMMUTABLE, as generated columns require. unaccent() is only STABLE, because its dictionary could be
-- changed; here it never is. NFKC would turn an acute accent, typed for an apostrophe, into a space, so it is removed
-- before.
CREATE OR REPLACE FUNCTION fold(VARIADIC parts text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lower(translate(
    unaccent('unaccent', normalize(translate(array_to_string(parts, ' '), U&'\00B4\02C8', ''), NFKC)),
    'ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЂЄЅІЇЈЉЊЋЏҐ' || U&'''`\02B9\02BB\02BC\02BE\02BF\2018\2019\201B\2032\FF07',
    'αβγδεζηθικλμνξοπρστυφχψωабвгдежзийклмнопрстуфхцчшщъыьэюяђєѕіїјљњћџґ') COLLATE "C");

-- Returns how well the words of a search match a text, from 0 to 1: the mean of the similarity of the whole phrase and
-- the mean similarity of its words. With the phrase alone, a search for "KPU DKI" would rank all names with "KPU"
-- equally. Exact words are compared first, because comparing trigrams takes most of the time.
--
-- Arguments: the words and the text, both folded.
CREATE OR REPLACE FUNCTION likeness(words text, folded text) RETURNS real
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    padded constant text := ' ' || folded || ' ';
    word text;
    total double precision := 0;
    number int := 0;
BEGIN
    IF position(' ' || words || ' ' IN padded) > 0 THEN
        RETURN 1;
    END IF;
    FOREACH word IN ARRAY regexp_split_to_array(trim(words) COLLATE "C", '\s+') LOOP
        total := total
            + CASE WHEN position(' ' || word || ' ' IN padded) > 0 THEN 1 ELSE word_similarity(word, folded) END;
        number := number + 1;
    END LOOP;
    RETURN (CASE WHEN number = 1 THEN total ELSE word_similarity(words, folded) END + total / number) / 2;
END $$;
