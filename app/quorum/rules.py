"""Quorum rules: how many members of a commission must be present and agree at a plenary (UU 7/2017)."""

from typing import NamedTuple

COUNTED_MEMBERS = "chair and members"


class Rule(NamedTuple):
    """A quorum rule; see schemas.QuorumRule."""

    present_at_least: int
    agree_at_least: int
    counts: str
    verified: bool
    source: str


_LAW = "UU 7/2017, decision-making in plenary (about Pasal 40-45): article text still to be checked"
_PRESS = (
    "at least five present: a member of KPU in tribunnews.com of 2014-07-03; how many must agree, and the article of"
    " UU 7/2017 (about Pasal 40-45): still to be checked"
)
# By level and number of seats. None is verified, because the text of the article has not been checked yet.
RULES = {
    ("national", 7): Rule(5, 4, COUNTED_MEMBERS, False, _PRESS),
    ("province", 7): Rule(5, 4, COUNTED_MEMBERS, False, _LAW),
    ("province", 5): Rule(4, 3, COUNTED_MEMBERS, False, _LAW),
    ("regency", 5): Rule(4, 3, COUNTED_MEMBERS, False, _LAW),
}


def find_rule(level: str | None, seats: int) -> Rule | None:
    """Return the quorum rule for a commission of this level and number of seats, or None if the law has none."""
    return RULES.get((level or "", seats))
