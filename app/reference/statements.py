"""SQL of a load. All names in it come from the models, never from a file."""

from collections.abc import Iterable

from sqlalchemy import Column

from app.reference.dataset import RowSet

DEFER_SESSION_CHECK = "SET CONSTRAINTS sessions_within_meeting DEFERRED"
CHECK_SESSIONS = "SET CONSTRAINTS sessions_within_meeting IMMEDIATE"
SET_AUTHOR = "SELECT set_config('rakornas.made_by', 'load', true)"
INSERT_AUDIT_LINE = "INSERT INTO audit_lines (operation, keys) VALUES ('load', $1)"
LOCK_LOADING = "SELECT pg_advisory_xact_lock(load_lock_key())"


def _quote(name: str) -> str:
    """Return an SQL identifier in double quotes; quotes within it are not escaped."""
    return f'"{name}"'


def _list_columns(columns: Iterable[str], prefix: str = "") -> str:
    """Return the quoted column names separated by commas, each after `prefix`, for SQL."""
    return ", ".join(prefix + _quote(column) for column in columns)


def staging_table_name(row_set: RowSet) -> str:
    """Return the name of the temporary table for the rows of a file."""
    return f"staged_{row_set.name}"


def create_staging_table_sql(row_set: RowSet) -> str:
    """Return the SQL that creates the temporary table for the rows of a file, with the real table's types."""
    return (
        f"CREATE TEMP TABLE {staging_table_name(row_set)} ON COMMIT DROP AS"  # noqa: S608
        f" SELECT 0 AS line, {_list_columns(row_set.columns)} FROM {_quote(row_set.table.name)} WITH NO DATA"
    )


def index_staging_table_sql(row_set: RowSet) -> str:
    """Return the SQL that indexes and analyzes a filled temporary table by line."""
    return f"CREATE INDEX ON {staging_table_name(row_set)} (line); ANALYZE {staging_table_name(row_set)}"


def list_references(row_set: RowSet) -> list[tuple[str, Column[object]]]:
    """Return the file's columns with a foreign key, each with the column that it refers to.

    In a foreign key of several columns the last one identifies the row; the others say to what it belongs.
    """
    keys = (constraint.elements[-1] for constraint in row_set.table.foreign_key_constraints)
    targets = {key.parent.name: key.column for key in keys}
    return [(column, targets[column]) for column in row_set.columns if column in targets]


def select_missing_references_sql(
    row_set: RowSet, column: str, target: Column[object], row_sets: Iterable[RowSet]
) -> str:
    """Return the SQL for the values of a column that refer to no row in the database or in a temporary table.

    Its rows are (line, value), at most $1 of them.
    """
    staged = (staging_table_name(other) for other in row_sets if other.table is target.table)
    is_missing = " ".join(
        f"AND NOT EXISTS (SELECT FROM {table} AS known WHERE known.{_quote(target.name)} = staged.{_quote(column)})"
        for table in (_quote(target.table.name), *staged)
    )
    return (
        f"SELECT staged.line, staged.{_quote(column)} AS value FROM {staging_table_name(row_set)} AS staged"  # noqa: S608
        f" WHERE staged.{_quote(column)} IS NOT NULL {is_missing} ORDER BY staged.line LIMIT $1"
    )


def select_staged_rows_sql(row_set: RowSet) -> str:
    """Return the SQL that selects the rows of the lines $1 from the temporary table."""
    return f"SELECT * FROM {staging_table_name(row_set)} WHERE line = ANY($1::int[])"  # noqa: S608


def upsert_lines_sql(row_set: RowSet) -> str:
    """Return the SQL that upserts the rows of the lines $1 to $2 from the temporary table, and counts them.

    Its one row counts those that were inserted and updated, and those that are staged. A row without a difference is
    not touched: its revision does not change, and no other transaction waits for it.
    """
    table = _quote(row_set.table.name)
    keys = [column.name for column in row_set.table.primary_key]
    others = [column for column in row_set.columns if column not in keys]
    same_key = f"({_list_columns(keys, 'present.')}) = ({_list_columns(keys, 'staged.')})"
    same_values = (
        f"present.{_quote(name)} IS NOT DISTINCT FROM {_new_value_sql(row_set, name, 'staged')}" for name in others
    )
    assignments = ", ".join(f"{_quote(column)} = {_new_value_sql(row_set, column, 'excluded')}" for column in others)
    return f"""
        WITH written AS (
            INSERT INTO {table} AS present ({_list_columns(row_set.columns)})
            SELECT {_list_columns(row_set.columns)} FROM {staging_table_name(row_set)} AS staged
            WHERE line BETWEEN $1 AND $2 AND NOT EXISTS (
                SELECT FROM {table} AS present
                WHERE {" AND ".join((same_key, *same_values))}
            )
            ORDER BY line
            ON CONFLICT ({_list_columns(keys)}) {f"DO UPDATE SET {assignments}" if others else "DO NOTHING"}
            RETURNING xmax = 0 AS inserted
        )
        SELECT
            count(*) FILTER (WHERE inserted) AS inserted,
            count(*) FILTER (WHERE NOT inserted) AS updated,
            (SELECT count(*) FROM {staging_table_name(row_set)} WHERE line BETWEEN $1 AND $2) AS staged
        FROM written
    """  # noqa: S608


def _new_value_sql(row_set: RowSet, column: str, source: str) -> str:
    """Return the SQL of a column's value after the update of an existing row; `source` aliases the new row."""
    if column in row_set.preserved_columns:
        return f"coalesce({source}.{_quote(column)}, present.{_quote(column)})"
    return f"{source}.{_quote(column)}"
