"""The SQL of a load. All names in it come from the models, never from a file."""

from collections.abc import Iterable

from sqlalchemy import Column

from app.reference.dataset import Part

DEFER = "SET CONSTRAINTS sessions_within_meeting DEFERRED"
ASK = "SET CONSTRAINTS sessions_within_meeting IMMEDIATE"
SIGN = "SELECT set_config('rakornas.made_by', 'load', true)"
AUDIT = "INSERT INTO audit_lines (operation, keys) VALUES ('load', $1)"
LOCK = "SELECT pg_advisory_xact_lock(load_lock_key())"


def _quote(name: str) -> str:
    return f'"{name}"'


def staging(part: Part) -> str:
    """The temporary table that a part's rows are copied to, in the types of the real one."""
    return f"staged_{part.name}"


def _names(columns: Iterable[str], before: str = "") -> str:
    return ", ".join(before + _quote(column) for column in columns)


def create_staging(part: Part) -> str:
    return (
        f"CREATE TEMP TABLE {staging(part)} ON COMMIT DROP AS"  # noqa: S608
        f" SELECT 0 AS line, {_names(part.columns)} FROM {_quote(part.table.name)} WITH NO DATA"
    )


def index_staging(part: Part) -> str:
    return f"CREATE INDEX ON {staging(part)} (line); ANALYZE {staging(part)}"


def references(part: Part) -> list[tuple[str, Column[object]]]:
    """The part's columns that refer to a row, each with the column referred to.

    Of a reference by several columns it is the last that names the row: the others say within what.
    """
    keys = (constraint.elements[-1] for constraint in part.table.foreign_key_constraints)
    targets = {key.parent.name: key.column for key in keys}
    return [(column, targets[column]) for column in part.columns if column in targets]


def dangling(part: Part, column: str, target: Column[object], parts: Iterable[Part]) -> str:
    """The lines that refer to a row which is neither in the database nor about to be loaded; $1: how many at most."""
    places = [_quote(target.table.name), *(staging(other) for other in parts if other.table is target.table)]
    known = " ".join(
        f"AND NOT EXISTS (SELECT FROM {place} AS known WHERE known.{_quote(target.name)} = given.{_quote(column)})"
        for place in places
    )
    return (
        f"SELECT given.line, given.{_quote(column)} AS value FROM {staging(part)} AS given"  # noqa: S608
        f" WHERE given.{_quote(column)} IS NOT NULL {known} ORDER BY given.line LIMIT $1"
    )


def staged_rows(part: Part) -> str:
    """The rows of the lines $1."""
    return f"SELECT * FROM {staging(part)} WHERE line = ANY($1::int[])"  # noqa: S608


def upsert(part: Part) -> str:
    """Bring the staged rows of the lines $1 to $2 into the table; returns how many were inserted, updated, given.

    A row that already says the same is left alone: nothing of it moves, and nobody waits for it.
    """
    table = _quote(part.table.name)
    keys = [column.name for column in part.table.primary_key]
    others = [column for column in part.columns if column not in keys]
    same_key = f"({_names(keys, 'held.')}) = ({_names(keys, 'given.')})"
    same_rest = (f"held.{_quote(name)} IS NOT DISTINCT FROM {_new(part, name, 'given')}" for name in others)
    assignments = ", ".join(f"{_quote(column)} = {_new(part, column, 'excluded')}" for column in others)
    return f"""
        WITH written AS (
            INSERT INTO {table} AS held ({_names(part.columns)})
            SELECT {_names(part.columns)} FROM {staging(part)} AS given
            WHERE line BETWEEN $1 AND $2 AND NOT EXISTS (
                SELECT FROM {table} AS held
                WHERE {" AND ".join((same_key, *same_rest))}
            )
            ORDER BY line
            ON CONFLICT ({_names(keys)}) {f"DO UPDATE SET {assignments}" if others else "DO NOTHING"}
            RETURNING xmax = 0 AS inserted
        )
        SELECT
            count(*) FILTER (WHERE inserted) AS inserted,
            count(*) FILTER (WHERE NOT inserted) AS updated,
            (SELECT count(*) FROM {staging(part)} WHERE line BETWEEN $1 AND $2) AS given
        FROM written
    """  # noqa: S608


def _new(part: Part, column: str, source: str) -> str:
    """What is to stand in a column of a row that exists."""
    if column in part.kept:
        return f"coalesce({source}.{_quote(column)}, held.{_quote(column)})"
    return f"{source}.{_quote(column)}"
