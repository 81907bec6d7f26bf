"""Extensions, folded text, days of partial dates, and the trigger that counts revisions

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0001, the first
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The text that search compares: without case, accents and any form of apostrophe. `unaccent` is only STABLE, for its
# dictionary could be changed; ours never is, and a generated column needs IMMUTABLE. NFKC would make a space of the
# acute accent that people type for an apostrophe, so that one goes first.
FOLD = """
CREATE FUNCTION fold(VARIADIC parts text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lower(translate(
    unaccent('unaccent', normalize(translate(array_to_string(parts, ' '), U&'\\00B4\\02C8', ''), NFKC)),
    U&'''`\\02B9\\02BB\\02BC\\02BE\\02BF\\2018\\2019\\201B\\2032\\FF07', ''))
"""

# Null for what is no partial date, so that a check can refuse it by name: generated columns are computed before checks.
FIRST_DAY = """
CREATE FUNCTION first_day(partial text) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN partial !~ '^(19|20|21)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$' THEN NULL
    WHEN length(partial) = 4 THEN make_date(partial::int, 1, 1)
    WHEN length(partial) = 7 THEN make_date(left(partial, 4)::int, right(partial, 2)::int, 1)
    WHEN right(partial, 2)::int > extract(day FROM
        make_date(left(partial, 4)::int, substr(partial, 6, 2)::int, 1) + interval '1 month' - interval '1 day')
        THEN NULL
    ELSE make_date(left(partial, 4)::int, substr(partial, 6, 2)::int, right(partial, 2)::int)
END
"""

LAST_DAY = """
CREATE FUNCTION last_day(partial text) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE length(partial)
    WHEN 4 THEN (first_day(partial) + interval '1 year' - interval '1 day')::date
    WHEN 7 THEN (first_day(partial) + interval '1 month' - interval '1 day')::date
    ELSE first_day(partial)
END
"""

# A range that does not increase is empty, where daterange() would raise an error.
DAY_RANGE = """
CREATE FUNCTION day_range(lower_day date, upper_day date) RETURNS daterange LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN upper_day <= lower_day THEN 'empty'::daterange ELSE daterange(lower_day, upper_day) END
"""

CERTAIN_DAYS = """
CREATE FUNCTION certain_days(start_on text, end_on text, seen_on date) RETURNS daterange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN day_range(coalesce(last_day(start_on), seen_on), first_day(end_on))
"""

POSSIBLE_DAYS = """
CREATE FUNCTION possible_days(start_on text, end_on text, seen_on date) RETURNS daterange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN day_range(coalesce(first_day(start_on), seen_on), last_day(end_on))
"""

# Generated columns, the trigger's arguments, are not yet known before the row is written: they are not compared.
TOUCH_FACT = """
CREATE FUNCTION touch_fact() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    beside constant text[] := ARRAY['revision', 'updated_at'] || TG_ARGV;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.revision := 1;
        NEW.updated_at := clock_timestamp();
    ELSIF to_jsonb(NEW) - beside IS DISTINCT FROM to_jsonb(OLD) - beside THEN
        NEW.revision := OLD.revision + 1;
        NEW.updated_at := clock_timestamp();
    ELSE
        NEW.revision := OLD.revision;
        NEW.updated_at := OLD.updated_at;
    END IF;
    RETURN NEW;
END $$
"""

# How well the words of a search fit a text: as one phrase and word by word, each 0 to 1. The phrase alone would find
# every "KPU …" as good an answer to "KPU DKI" as the one that is meant.
LIKENESS = """
CREATE FUNCTION likeness(words text, folded text) RETURNS real LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    word_similarity(words, folded)
    + (SELECT avg(word_similarity(word, folded)) FROM regexp_split_to_table(trim(words), '\\s+') AS word)
) / 2
"""


def upgrade() -> None:
    for extension in ("pg_trgm", "unaccent", "btree_gist"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    for function in (FOLD, FIRST_DAY, LAST_DAY, DAY_RANGE, CERTAIN_DAYS, POSSIBLE_DAYS, TOUCH_FACT, LIKENESS):
        op.execute(function)


def downgrade() -> None:
    op.execute("DROP FUNCTION likeness, touch_fact, possible_days, certain_days, day_range, last_day, first_day, fold")
