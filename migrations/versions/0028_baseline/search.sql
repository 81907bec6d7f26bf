-- Text search by trigrams.

-- The text that search compares: without case, accents and any form of apostrophe. `unaccent` is only STABLE, because
-- its dictionary could be changed; ours never is, and a generated column needs IMMUTABLE. NFKC would turn the acute
-- accent that people type for an apostrophe into a space, so that one is removed first.
CREATE OR REPLACE FUNCTION fold(VARIADIC parts text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lower(translate(
    unaccent('unaccent', normalize(translate(array_to_string(parts, ' '), U&'\00B4\02C8', ''), NFKC)),
    U&'''`\02B9\02BB\02BC\02BE\02BF\2018\2019\201B\2032\FF07', ''));

-- How well the words of a search match a text, from 0 to 1: the mean of the phrase's similarity and the words' mean
-- similarity. The phrase alone would rank every "KPU …" like the one that is meant by "KPU DKI". Exact words are found
-- first, because comparing trigrams takes most of the time.
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
    FOREACH word IN ARRAY regexp_split_to_array(trim(words), '\s+') LOOP
        total := total
            + CASE WHEN position(' ' || word || ' ' IN padded) > 0 THEN 1 ELSE word_similarity(word, folded) END;
        number := number + 1;
    END LOOP;
    RETURN (CASE WHEN number = 1 THEN total ELSE word_similarity(words, folded) END + total / number) / 2;
END $$;
