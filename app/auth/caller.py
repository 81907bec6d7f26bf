"""The authenticated client of a request."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from app.auth.scopes import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """The client that sent a request, as its verified access token describes it."""

    client_id: str
    """The id of one of our clients; for a token of an external issuer, its issuer and subject."""
    name: str
    scopes: frozenset[Scope]
    organization: str | None
    """The client may write only to this organization and those below it; None: to all."""
    meeting: str | None
    """The client is a check-in device of this meeting only; None: it is not bound to a meeting."""
    issued_at: datetime | None = None
    """The time at which an external issuer issued the token. None for our own tokens: while a client of ours is bound
    to an organization or a meeting, that cannot be deleted."""


def get_caller(request: Request) -> Caller | None:
    """Return the caller of a request, or None for an anonymous one.

    AuthenticationMiddleware has already rejected a request with an invalid token.
    """
    caller: Caller | None = request.scope.get("state", {}).get("caller")
    return caller
