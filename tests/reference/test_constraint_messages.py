"""Each constraint that a file can violate has a message in terms of the file."""

import re
from collections.abc import Iterator

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint

from app.reference.columns import Column
from app.reference.constraint_messages import MESSAGES
from app.reference.files import FILES

TABLES = {file.table for file in FILES}
COLUMNS = {(file.table.name, column.table_column): column for file in FILES for column in file.columns}
COLUMN_CONSTRAINT = re.compile(r"ck_(?P<place>\w+?)_(?P<kind>known|in_calendar|is_partial_date|range)")
INVALID_CELLS = {
    "known": ["nonsense", "Chair"],
    "in_calendar": ["1899-12-31", "2200-01-01"],
    "is_partial_date": ["soon", "1899", "2200-01"],
}
# Triggers enforce these, so no model declares them.
TRIGGER_CONSTRAINTS = {
    f"ck_{table}_parent_{rule}" for table in ("organizations", "stages") for rule in ("no_circle", "depth")
}
TRIGGER_CONSTRAINTS |= {"ck_sessions_within_meeting", "ck_meetings_erasure_nearer"}
TRIGGER_CONSTRAINTS |= {f"ck_{table}_parallel_sessions" for table in ("session_speakers", "participant_sessions")}
# No file has such a column, or it is derived from regions that violate no constraint.
UNREACHABLE_CONSTRAINTS = {f"ck_organizations_{name}" for name in ("commission_has_level", "parent_is_another")}
UNREACHABLE_CONSTRAINTS |= {f"ck_organizations_{name}_on_in_calendar" for name in ("established", "dissolved")}
UNREACHABLE_CONSTRAINTS |= {"ck_organizations_dissolved_after_established", "ck_organizations_kind_known"}
UNREACHABLE_CONSTRAINTS |= {f"ck_meetings_{name}_range" for name in ("places", "retention_days")}
UNREACHABLE_CONSTRAINTS |= {f"ck_participants_letter_{rule}" for rule in ("number_length", "dated_on_in_calendar")}
# Only a repeated key violates them, which the parser reports.
DUPLICATE_KEY_CONSTRAINTS = {"uq_stages_election_code", "uq_participants_meeting_id"}


def list_constraints() -> Iterator[tuple[str, str]]:
    """Yield each constraint as (name, SQL text). Foreign keys of one column are left out: the loader checks them."""
    for table in TABLES:
        for constraint in table.constraints:
            looked_up = isinstance(constraint, ForeignKeyConstraint) and len(constraint.columns) == 1
            if not isinstance(constraint, PrimaryKeyConstraint) and not looked_up:
                yield str(constraint.name), str(constraint.sqltext) if isinstance(constraint, CheckConstraint) else ""
        yield from ((str(index.name), "") for index in table.indexes if index.unique)


def is_checked_by_parser(rule: str, sql: str) -> bool:
    """Return whether the parser rejects each value that violates a constraint."""
    if not (parts := COLUMN_CONSTRAINT.fullmatch(rule)):
        return False
    columns = [column for (table, name), column in COLUMNS.items() if parts["place"] == f"{table}_{name}"]
    least, most = map(int, re.findall(r"\b\d+\b", sql)) if parts["kind"] == "range" else (0, 0)
    bad = INVALID_CELLS.get(parts["kind"], [str(least - 1), str(most + 1)])
    return bool(columns) and all(rejects(column, cell) for column in columns for cell in bad)


def rejects(column: Column, cell: str) -> bool:
    try:
        column.parse(cell)
    except ValueError:
        return True
    return False


def test_every_constraint_has_a_message() -> None:
    to_tell = {name for name, sql in list_constraints() if not is_checked_by_parser(name, sql)}
    assert (to_tell - UNREACHABLE_CONSTRAINTS - DUPLICATE_KEY_CONSTRAINTS) | TRIGGER_CONSTRAINTS == set(MESSAGES)


def test_every_message_names_a_column_of_its_table() -> None:
    """A row of either table can violate the constraint between a meeting and its sessions."""
    for rule, (column, _) in MESSAGES.items():
        tables = [table for table in TABLES if f"_{table.name}_" in rule and column in table.c]
        assert tables, rule


def test_parser_checks_all_kinds_of_column_constraints() -> None:
    checked = (COLUMN_CONSTRAINT.fullmatch(name) for name, sql in list_constraints() if is_checked_by_parser(name, sql))
    assert {match["kind"] for match in checked if match} == {*INVALID_CELLS, "range"}
