"""Compute the column widths of a roll and divide its days among tables."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

POINTS_PER_MM = 72 / 25.4
MARGIN = 10 * POINTS_PER_MM
MAX_DAYS_PER_TABLE = 5
"""With more days in a table, names would wrap after every letter."""


@dataclass(frozen=True)
class Columns:
    """Column widths in points; together they fill the page."""

    number: float
    name: float
    position: float
    organization: float
    time: float
    """Of each of the two time columns of a day."""
    remark: float
    signature: float
    days: int
    """The number of days in the table."""

    @property
    def widths(self) -> list[float]:
        """The widths of all columns of the table from left to right, in points."""
        leading = [self.number, self.name, self.position, self.organization]
        return [*leading, *[self.time] * (2 * self.days), self.remark, self.signature]


def is_landscape(days: Sequence[date]) -> bool:
    """Return whether a roll with these days is printed in landscape format: with more than two days."""
    return len(days) > 2


def split_days(days: Sequence[date]) -> list[range]:
    """Divide days into groups of nearly equal size, one per table; return their indexes (14 days: 5, 5 and 4)."""
    count = math.ceil(len(days) / MAX_DAYS_PER_TABLE)
    edges = [math.ceil(len(days) * n / count) for n in range(count + 1)]
    return [range(start, end) for start, end in itertools.pairwise(edges)]


def compute_columns(width: float, days: int) -> Columns:
    """Compute the column widths of a table of this width (points) with an entry and an exit column for each day.

    Name, position and organization share the width that the columns of fixed width leave.
    """
    time = (11 if days in (1, 3) else 9.5) * POINTS_PER_MM
    number, remark, signature = 8 * POINTS_PER_MM, 18 * POINTS_PER_MM, 38 * POINTS_PER_MM
    rest = width - number - remark - signature - 2 * days * time
    return Columns(
        number=number,
        name=rest * 0.38,
        position=rest * 0.24,
        organization=rest * 0.38,
        time=time,
        remark=remark,
        signature=signature,
        days=days,
    )
