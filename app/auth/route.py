"""Routes that are closed unless they say otherwise: one that does not cannot be made."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute, iter_route_contexts

from app.auth.caller import get_caller
from app.auth.scopes import AccessPolicy, Scope, ScopePolicy
from app.core.http import bodies
from app.core.http.openapi import problems
from app.core.problems import InsufficientScope, Problem, TooManyRequests, Unauthenticated

BEARER_CHALLENGE = 'Bearer realm="rakornas"'
AUTHORIZATION_PROBLEMS = problems(Unauthenticated, InsufficientScope, TooManyRequests)


class AuthorizingRoute(APIRoute):
    """A route that authorizes a request before it reads the body or validates a parameter.

    Raises:
        TypeError: The route does not declare exactly one of `allow_anonymous()`, `require_scope()` and
            `require_scope_by_parameter()`.

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
        declared = [one.dependency for one in dependencies or () if isinstance(one.dependency, AccessPolicy)]
        if len(declared) != 1:
            raise TypeError(
                f"{path}: declare exactly one of allow_anonymous(), require_scope() and require_scope_by_parameter()"
            )
        self.access: AccessPolicy = declared[0]
        may_be = {**(AUTHORIZATION_PROBLEMS if self.access.scope else {}), **(responses or {})}
        super().__init__(path, endpoint, dependencies=dependencies, responses=may_be, **rest)
        if self.access.alternative_scopes:  # FastAPI takes several scopes for all of them being needed
            instead = [{ScopePolicy.scheme_name: [str(scope)]} for scope in self.access.alternative_scopes]
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


def check_access_declared(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Raise TypeError for a route that is no `Route`, and for a router that declares for all its routes at once."""
    for router in routers:
        if any(isinstance(one.dependency, AccessPolicy) for one in router.dependencies):
            raise TypeError(f"{router.prefix or router.tags}: each route declares for itself, not its router")
    for context in iter_route_contexts(app.routes):
        if not isinstance(context.original_route, AuthorizingRoute):
            raise TypeError(f"{context.path}: a route that declares nothing; use route_class=Route")


def authorize(request: Request, access: AccessPolicy) -> None:
    """Let the request pass, or raise Unauthenticated or InsufficientScope."""
    caller = get_caller(request)
    scope = access.required_scope(request.query_params, caller.scopes if caller else frozenset())
    if scope is not None and (caller is None or scope not in caller.scopes):
        raise build_missing_scope_problem(scope, request)


def build_missing_scope_problem(scope: Scope, request: Request) -> Problem:
    """What to raise where a token with this scope is needed and not there: the challenge of RFC 6750, section 3."""
    challenge = f'{BEARER_CHALLENGE}, scope="{scope}"'
    if get_caller(request) is not None:
        return InsufficientScope(scope, headers={"WWW-Authenticate": f'{challenge}, error="insufficient_scope"'})
    if "authorization" in request.headers:
        challenge += ', error="invalid_token"'
    return Unauthenticated(headers={"WWW-Authenticate": challenge})
