"""How a roll's columns share the width of a page, and its days the pages."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

MM = 72 / 25.4
MARGIN = 10 * MM
MOST_DAYS = 5
"""With more beside each other, names would wrap letter by letter."""


@dataclass(frozen=True)
class Columns:
    """Widths in points, which together fill the page."""

    number: float
    name: float
    position: float
    organization: float
    time: float
    remark: float
    signature: float
    days: int

    @property
    def widths(self) -> list[float]:
        before = [self.number, self.name, self.position, self.organization]
        return [*before, *[self.time] * (2 * self.days), self.remark, self.signature]


def landscape(days: Sequence[date]) -> bool:
    return len(days) > 2


def parts(days: Sequence[date]) -> list[range]:
    """The days that share a table, as even as can be: 14 days make 5, 5 and 4."""
    count = math.ceil(len(days) / MOST_DAYS)
    edges = [math.ceil(len(days) * n / count) for n in range(count + 1)]
    return [range(start, end) for start, end in itertools.pairwise(edges)]


def shared(width: float, days: int) -> Columns:
    """What has a fixed size takes it; names, offices and organizations divide the rest."""
    time = (11 if days in (1, 3) else 9.5) * MM
    number, remark, signature = 8 * MM, 18 * MM, 38 * MM
    rest = width - number - remark - signature - 2 * days * time
    return Columns(number, rest * 0.38, rest * 0.24, rest * 0.38, time, remark, signature, days)
