"""What stands on a badge."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Badge:
    name: str
    organization: str | None
    capacity: str
    token: str
