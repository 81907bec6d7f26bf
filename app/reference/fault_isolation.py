"""Which of the rows that the database refused are at fault.

A row that refers to another refused one may be right itself. Where no other fault is found the rows want each other, in
a circle: one by one none of them comes in.
"""

from collections.abc import Mapping, Set
from typing import Any

import asyncpg

from app.reference.dataset import Part

Rows = Mapping[int, Mapping[str, Any]]
Refused = Mapping[int, asyncpg.PostgresError]


def at_fault(part: Part, refused: Refused, rows: Rows) -> tuple[list[int], bool]:
    """The lines at fault, and whether they are so because they make a circle."""
    wanted = _wanted(part, refused, rows)
    if faults := [line for line in sorted(refused) if wanted[line] is None]:
        return faults, False
    return sorted(_circles(wanted)), True


def _wanted(part: Part, refused: Refused, rows: Rows) -> dict[int, int | None]:
    """By line, that of the refused row which its reference leads to."""
    references = {str(constraint.name): constraint for constraint in part.table.foreign_key_constraints}
    found: dict[int, int | None] = dict.fromkeys(refused)
    for line, error in refused.items():
        constraint = references.get(getattr(error, "constraint_name", None) or "")
        if constraint is not None and constraint.referred_table is part.table:
            pairs = [(element.column.name, rows[line][element.parent.name]) for element in constraint.elements]
            found[line] = next((other for other, row in rows.items() if all(row[to] == of for to, of in pairs)), None)
    return found


def _circles(wanted: Mapping[int, int | None]) -> Set[int]:
    """What is left when nothing remains that nobody wants."""
    left = set(wanted)
    while unwanted := left - {wanted[line] for line in left}:
        left -= unwanted
    return left
