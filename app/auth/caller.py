"""Who calls: what a verified token says of its client."""

from dataclasses import dataclass

from starlette.requests import Request

from app.auth.scopes import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """The client behind a request. `client` is its id or, where an outside issuer vouches for it, issuer and subject.

    `organization`: it writes only there and below; `meeting`: a gate, good for one meeting.
    """

    client_id: str
    name: str
    scopes: frozenset[Scope]
    organization: str | None
    meeting: str | None


def get_caller(request: Request) -> Caller | None:
    """Who calls, or None for anyone: the room `Authentication` has seen to it that a token which is there is good."""
    caller: Caller | None = request.scope.get("state", {}).get("caller")
    return caller
