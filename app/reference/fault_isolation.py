"""Search for the rows that are at fault among those that the database rejected.

A row that refers to another rejected row may itself be right. If no other fault is found, the rows refer to each other
in a circle, so that none of them can be inserted first.
"""

from collections.abc import Mapping, Set
from typing import Any

import asyncpg

from app.reference.dataset import RowSet

RowsByLine = Mapping[int, Mapping[str, Any]]
ExceptionsByLine = Mapping[int, asyncpg.PostgresError]


def find_faulty_lines(row_set: RowSet, exceptions: ExceptionsByLine, rows: RowsByLine) -> tuple[list[int], bool]:
    """Return the rejected lines at fault, and whether they are at fault only by referring to each other in a circle.

    `exceptions` and `rows` are those of the rejected rows, by line.
    """
    references = _find_referenced_lines(row_set, exceptions, rows)
    if faulty_lines := [line for line in sorted(exceptions) if references[line] is None]:
        return faulty_lines, False
    return sorted(_find_circular_lines(references)), True


def _find_referenced_lines(row_set: RowSet, exceptions: ExceptionsByLine, rows: RowsByLine) -> dict[int, int | None]:
    """Return, for each rejected line, the rejected line its violated foreign key refers to in this table, or None."""
    foreign_keys = {str(constraint.name): constraint for constraint in row_set.table.foreign_key_constraints}
    references: dict[int, int | None] = dict.fromkeys(exceptions)
    for line, error in exceptions.items():
        foreign_key = foreign_keys.get(getattr(error, "constraint_name", None) or "")
        if foreign_key is not None and foreign_key.referred_table is row_set.table:
            key = {element.column.name: rows[line][element.parent.name] for element in foreign_key.elements}
            references[line] = next(
                (other for other, row in rows.items() if all(row[column] == value for column, value in key.items())),
                None,
            )
    return references


def _find_circular_lines(references: Mapping[int, int | None]) -> Set[int]:
    """Return the lines whose references form a circle, by removing the others."""
    remaining = set(references)
    while unreferenced := remaining - {references[line] for line in remaining}:
        remaining -= unreferenced
    return remaining
