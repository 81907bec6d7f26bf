"""One request of the authorization matrix, and the organizations that own its object."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from tests.authorization.dataset import OTHER, OWN

Organizations = frozenset[str] | None
# The organizations of an object, by its kind of owner. None: it belongs to no organization. An official without an
# office may be written only by the caller who created it ("created"); a bound caller may not write another ("without
# office").
ORGANIZATIONS_BY_OWNER: Mapping[str, Organizations] = {
    "own": frozenset({OWN}),
    "other": frozenset({OTHER}),
    "both": frozenset({OWN, OTHER}),
    "without office": frozenset({"the organization of the first office"}),
    "created": frozenset(),
    "unowned": None,
    "missing": None,
    "missing in own": frozenset({OWN}),
}


class RequestCase(NamedTuple):
    """A valid request to an operation."""

    operation: str
    method: str
    owner: str
    target: str
    body: Any = None
    success_status: int = 200
    """The status for a caller who may send it."""
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
