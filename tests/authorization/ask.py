"""What one request of the matrix is, and whose that which it is about."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from tests.authorization.world import OTHER, OWN

Owners = frozenset[str] | None
# Whose an object is: the organizations that it lies in. None: the record's, which is of nobody in particular. A person
# without an office is its who has put it in (begun), and nobody else's of those that are bound (unclaimed).
WHOSE: Mapping[str, Owners] = {
    "own": frozenset({OWN}),
    "other": frozenset({OTHER}),
    "both": frozenset({OWN, OTHER}),
    "unclaimed": frozenset({"whoever first gives an office"}),
    "begun": frozenset(),
    "nobody": None,
    "missing": None,
    "missing in own": frozenset({OWN}),
}


class Ask(NamedTuple):
    """One request. `good`: the status for whom nothing keeps from it. `roll`: it reads one that is restricted."""

    operation: str
    method: str
    whose: str
    target: str
    body: Any = None
    good: int = 200
    media_type: str = "application/json"
    roll: bool = False
    accept: str = "*/*"

    def __str__(self) -> str:
        return f"{self.operation} of {self.whose}: {self.method} {self.target}"

    @property
    def owners(self) -> Owners:
        return WHOSE[self.whose]

    @property
    def is_missing(self) -> bool:
        return self.whose.startswith("missing")

    @property
    def content(self) -> bytes | None:
        return self.body if self.body is None or isinstance(self.body, bytes) else orjson.dumps(self.body)
