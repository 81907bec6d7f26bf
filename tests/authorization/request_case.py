"""What one request of the matrix is, and whose that which it is about."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from tests.authorization.dataset import OTHER, OWN

Organizations = frozenset[str] | None
# Whose an object is: the organizations that it lies in. None: the record's, which is of nobody in particular. A person
# without an office is its who has put it in (begun), and nobody else's of those that are bound (unclaimed).
ORGANIZATIONS_BY_OWNER: Mapping[str, Organizations] = {
    "own": frozenset({OWN}),
    "other": frozenset({OTHER}),
    "both": frozenset({OWN, OTHER}),
    "unclaimed": frozenset({"whoever first gives an office"}),
    "begun": frozenset(),
    "nobody": None,
    "missing": None,
    "missing in own": frozenset({OWN}),
}


class RequestCase(NamedTuple):
    """One request. `good`: the status for whom nothing keeps from it. `roll`: it reads one that is restricted."""

    operation: str
    method: str
    owner: str
    target: str
    body: Any = None
    success_status: int = 200
    media_type: str = "application/json"
    reads_restricted_roll: bool = False
    accept: str = "*/*"

    def __str__(self) -> str:
        return f"{self.operation} of {self.owner}: {self.method} {self.target}"

    @property
    def organizations(self) -> Organizations:
        return ORGANIZATIONS_BY_OWNER[self.owner]

    @property
    def is_missing(self) -> bool:
        return self.owner.startswith("missing")

    @property
    def content(self) -> bytes | None:
        return self.body if self.body is None or isinstance(self.body, bytes) else orjson.dumps(self.body)
