"""The likeness of a search is told at once where the words stand there as they are

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0009, after 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# The same figure as before, four to eight times as fast for exact words: comparing trigrams is what takes the time.
LIKENESS = """
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
    FOREACH word IN ARRAY regexp_split_to_array(trim(words), '\\s+') LOOP
        total := total
            + CASE WHEN position(' ' || word || ' ' IN padded) > 0 THEN 1 ELSE word_similarity(word, folded) END;
        number := number + 1;
    END LOOP;
    RETURN (CASE WHEN number = 1 THEN total ELSE word_similarity(words, folded) END + total / number) / 2;
END $$
"""

BEFORE = """
CREATE OR REPLACE FUNCTION likeness(words text, folded text) RETURNS real LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    word_similarity(words, folded)
    + (SELECT avg(word_similarity(word, folded)) FROM regexp_split_to_table(trim(words), '\\s+') AS word)
) / 2
"""


def upgrade() -> None:
    op.execute(LIKENESS)


def downgrade() -> None:
    op.execute(BEFORE)
