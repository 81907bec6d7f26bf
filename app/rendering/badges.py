"""The data of a printed badge."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Badge:
    """A badge: the participant's name, organization and capacity, and the signed token in its QR code."""

    name: str
    organization: str | None
    capacity: str
    token: str
