"""Routes that are closed unless they say otherwise: one that does not cannot be made."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute, iter_route_contexts

from app.auth.callers import caller_of
from app.auth.scopes import Access, Closed, Scope
from app.core.http import bodies
from app.core.http.openapi import problems
from app.core.problems import InsufficientScope, Problem, TooManyRequests, Unauthenticated

REALM = 'Bearer realm="rakornas"'
CLOSED = problems(Unauthenticated, InsufficientScope, TooManyRequests)


class Route(APIRoute):
    """A route that is closed unless it says otherwise.

    Raises TypeError when it is declared without exactly one `public()` or `allow(scope)`. The check runs before the
    body is read and before any parameter is looked at.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        dependencies: Sequence[Dependency] | None = None,
        responses: dict[int | str, dict[str, Any]] | None = None,
        **rest: Any,
    ) -> None:
        declared = [one.dependency for one in dependencies or () if isinstance(one.dependency, Access)]
        if len(declared) != 1:
            raise TypeError(f"{path}: declare exactly one of public(), allow(scope) and allow_by(parameter, scopes)")
        self.access: Access = declared[0]
        may_be = {**(CLOSED if self.access.scope else {}), **(responses or {})}
        super().__init__(path, endpoint, dependencies=dependencies, responses=may_be, **rest)
        if self.access.others:  # FastAPI takes several scopes for all of them being needed
            instead = [{Closed.scheme_name: [str(scope)]} for scope in self.access.others]
            self.openapi_extra = {**(self.openapi_extra or {}), "security": instead}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            authorize(request, self.access)
            declared = self.body_field.field_info if self.body_field else None
            if declared is not None and (declared.is_required() or has_body(request)):
                await bodies.read(request, declared)
            return await handle(request)

        return guarded


def has_body(request: Request) -> bool:
    """Whether anything comes after the header; a body that may be left out is not asked for its media type."""
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def refuse_undeclared(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Raise TypeError for a route that is no `Route`, and for a router that declares for all its routes at once."""
    for router in routers:
        if any(isinstance(one.dependency, Access) for one in router.dependencies):
            raise TypeError(f"{router.prefix or router.tags}: each route declares for itself, not its router")
    for context in iter_route_contexts(app.routes):
        if not isinstance(context.original_route, Route):
            raise TypeError(f"{context.path}: a route that declares nothing; use route_class=Route")


def authorize(request: Request, access: Access) -> None:
    """Let the request pass, or raise Unauthenticated or InsufficientScope."""
    caller = caller_of(request)
    scope = access.asked(request.query_params, caller.scopes if caller else frozenset())
    if scope is not None and (caller is None or scope not in caller.scopes):
        raise needed(scope, request)


def needed(scope: Scope, request: Request) -> Problem:
    """What to raise where a token with this scope is needed and not there: the challenge of RFC 6750, section 3."""
    challenge = f'{REALM}, scope="{scope}"'
    if caller_of(request) is not None:
        return InsufficientScope(scope, headers={"WWW-Authenticate": f'{challenge}, error="insufficient_scope"'})
    if "authorization" in request.headers:
        challenge += ', error="invalid_token"'
    return Unauthenticated(headers={"WWW-Authenticate": challenge})
