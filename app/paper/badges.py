"""Badges on A4, eight a page, to be cut along the marks."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Badge:
    name: str
    organization: str | None
    capacity: str
    token: str


def sheet(title: str, badges: Sequence[Badge]) -> bytes:
    """A PDF that names the meeting on each badge; the same bytes for the same badges."""
    from app.paper import cards  # heavy, and most workers never make one

    return cards.make(title, badges)
