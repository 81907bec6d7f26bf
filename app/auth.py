"""Who may call what. A route says so itself, with `public()` or `allow(Scope.…)`; one that does not cannot be made."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute, iter_route_contexts

from app.core.problems import Unauthenticated


class Scope(StrEnum):
    """What a token may be good for (RFC 6749, section 3.3)."""

    REGIONS_WRITE = "regions:write"
    ORGANIZATIONS_WRITE = "organizations:write"
    DIVISIONS_WRITE = "divisions:write"
    OFFICIALS_WRITE = "officials:write"
    ELECTIONS_WRITE = "elections:write"
    STAGES_WRITE = "stages:write"
    MEETINGS_WRITE = "meetings:write"
    ATTENDANCE_READ = "attendance:read"
    ATTENDANCE_WRITE = "attendance:write"
    CHECK_INS_WRITE = "check-ins:write"
    CHANGES_READ = "changes:read"
    WEBHOOKS_WRITE = "webhooks:write"
    CLIENTS_ADMIN = "clients:admin"
    AUDIT_READ = "audit:read"


@dataclass(frozen=True, slots=True)
class Access:
    """A route's declaration: the scope it asks for, or None for anyone."""

    scope: Scope | None

    async def __call__(self) -> None:
        """Nothing to resolve: `Route` reads the declaration before anything else runs."""


def public() -> Any:
    """For `dependencies=`: anyone may call this route."""
    return Depends(Access(None))


def allow(scope: Scope) -> Any:
    """For `dependencies=`: only a token with this scope may call this route."""
    return Depends(Access(scope))


class Route(APIRoute):
    """A route that is closed unless it says otherwise.

    Raises TypeError when it is declared without exactly one `public()` or `allow(scope)`. The check runs before the
    body is read and before any parameter is looked at.
    """

    def __init__(
        self, path: str, endpoint: Callable[..., Any], *, dependencies: Sequence[Dependency] | None = None, **rest: Any
    ) -> None:
        declared = [one.dependency for one in dependencies or () if isinstance(one.dependency, Access)]
        if len(declared) != 1:
            raise TypeError(f"{path}: declare exactly one of public() and allow(scope)")
        self.access: Access = declared[0]
        super().__init__(path, endpoint, dependencies=dependencies, **rest)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            authorize(request, self.access)
            return await handle(request)

        return guarded


def refuse_undeclared(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Raise TypeError for a route that is no `Route`, and for a router that declares for all its routes at once."""
    for router in routers:
        if any(isinstance(one.dependency, Access) for one in router.dependencies):
            raise TypeError(f"{router.prefix or router.tags}: each route declares for itself, not its router")
    for context in iter_route_contexts(app.routes):
        if not isinstance(context.original_route, Route):
            raise TypeError(f"{context.path}: a route that declares nothing; use route_class=Route")


def authorize(request: Request, access: Access) -> None:
    """Let the request pass, or raise Unauthenticated. No token is known yet."""
    if access.scope is not None:
        raise needed(access.scope, request)


def needed(scope: Scope, request: Request) -> Unauthenticated:
    """What to raise where a token with this scope is needed: the challenge of RFC 6750."""
    challenge = f'Bearer realm="rakornas", scope="{scope}"'
    if "authorization" in request.headers:
        challenge += ', error="invalid_token"'
    return Unauthenticated(headers={"WWW-Authenticate": challenge})
