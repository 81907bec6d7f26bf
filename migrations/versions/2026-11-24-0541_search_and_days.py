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
# dictionary could be changed; ours never is, and a generated column needs IMMUTABLE.
FOLD = """
CREATE FUNCTION fold(VARIADIC parts text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lower(unaccent('unaccent', translate(
    normalize(array_to_string(parts, ' '), NFKC),
    U&'''`\\00B4\\02B9\\02BB\\02BC\\2018\\2019\\201B\\2032\\FF07', '')))
"""

FIRST_DAY = """
CREATE FUNCTION first_day(partial text) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN make_date(
    left(partial, 4)::int,
    coalesce(nullif(substr(partial, 6, 2), ''), '1')::int,
    coalesce(nullif(substr(partial, 9, 2), ''), '1')::int)
"""

LAST_DAY = """
CREATE FUNCTION last_day(partial text) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE length(partial)
    WHEN 4 THEN make_date(partial::int, 12, 31)
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

# Generated columns are not yet known in a BEFORE trigger, so they are left out of the comparison.
TOUCH_FACT = """
CREATE FUNCTION touch_fact() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    beside constant text[] := '{revision,updated_at,folded,certain,possible}';
BEGIN
    IF to_jsonb(NEW) - beside IS DISTINCT FROM to_jsonb(OLD) - beside THEN
        NEW.revision := OLD.revision + 1;
        NEW.updated_at := clock_timestamp();
    ELSE
        NEW.revision := OLD.revision;
        NEW.updated_at := OLD.updated_at;
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    for extension in ("pg_trgm", "unaccent", "btree_gist"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    for function in (FOLD, FIRST_DAY, LAST_DAY, DAY_RANGE, CERTAIN_DAYS, POSSIBLE_DAYS, TOUCH_FACT):
        op.execute(function)


def downgrade() -> None:
    op.execute("DROP FUNCTION touch_fact, possible_days, certain_days, day_range, last_day, first_day, fold")
