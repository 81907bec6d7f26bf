"""The route class that requires a declared access policy and enforces it before the body is read."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute, iter_route_contexts

from app.auth.caller import get_caller
from app.auth.scopes import AccessPolicy, Scope
from app.core.http import bodies
from app.core.http.openapi import problem_responses
from app.core.problems import InsufficientScope, Problem, TooManyRequests, Unauthenticated

BEARER_CHALLENGE = 'Bearer realm="rakornas"'
AUTHORIZATION_PROBLEMS = problem_responses(Unauthenticated, InsufficientScope, TooManyRequests)


class AuthorizingRoute(APIRoute):
    """A route that authorizes each request by its declared access policy, before the body and the parameters are read.

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
        policies = [item.dependency for item in dependencies or () if isinstance(item.dependency, AccessPolicy)]
        if len(policies) != 1:
            raise TypeError(
                f"{path}: declare exactly one of allow_anonymous(), require_scope() and require_scope_by_parameter()"
            )
        self.access_policy: AccessPolicy = policies[0]
        all_responses = {**(AUTHORIZATION_PROBLEMS if self.access_policy.scope else {}), **(responses or {})}
        super().__init__(path, endpoint, dependencies=dependencies, responses=all_responses, **rest)
        if self.access_policy.security:
            self.openapi_extra = {**(self.openapi_extra or {}), "security": self.access_policy.security}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return a handler that authorizes a request, then parses and checks its body, then calls the endpoint."""
        handle = super().get_route_handler()

        async def authorize_and_handle(request: Request) -> Response:
            authorize(request, self.access_policy)
            body_field = self.body_field.field_info if self.body_field else None
            if body_field is not None and (body_field.is_required() or has_body(request)):
                await bodies.parse_body(request, body_field)
            return await handle(request)

        return authorize_and_handle


def has_body(request: Request) -> bool:
    """Return whether the request's headers announce content (RFC 9112, section 6.3).

    A missing optional body needs no Content-Type.
    """
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def check_access_declared(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Raise TypeError if a route of the app is no AuthorizingRoute, or a router declares a policy for its routes.

    Raises:
        TypeError: A route is not an AuthorizingRoute, or a router declares a policy for all its routes.
    """
    for router in routers:
        if any(isinstance(item.dependency, AccessPolicy) for item in router.dependencies):
            raise TypeError(
                f"{router.prefix or router.tags}: the access policy must be declared by each route, not by its router"
            )
    for context in iter_route_contexts(app.routes):
        if not isinstance(context.original_route, AuthorizingRoute):
            raise TypeError(f"{context.path}: the route declares no access policy; use route_class=AuthorizingRoute")


def authorize(request: Request, access: AccessPolicy) -> None:
    """Raise a problem (401 or 403) unless the caller has the scope that the policy requires of this request.

    Raises:
        Unauthenticated: There is no caller.
        InsufficientScope: The caller does not have the scope.
    """
    caller = get_caller(request)
    scope = access.required_scope(request.query_params, caller.scopes if caller else frozenset())
    if scope is not None and (caller is None or scope not in caller.scopes):
        raise build_missing_scope_problem(scope, request)


def build_missing_scope_problem(scope: Scope, request: Request) -> Problem:
    """Build the problem for a request without this scope: 401 if it has no caller, else 403, with a challenge."""
    if get_caller(request) is not None:
        return build_insufficient_scope(scope)
    challenge = f'{BEARER_CHALLENGE}, scope="{scope}"'
    if "authorization" in request.headers:
        challenge += ', error="invalid_token"'
    return Unauthenticated(headers={"WWW-Authenticate": challenge})


def build_insufficient_scope(scope: Scope) -> Problem:
    """Build the problem 403 for a caller without this scope, with a challenge that names it (RFC 6750, section 3.1)."""
    challenge = f'{BEARER_CHALLENGE}, scope="{scope}", error="insufficient_scope"'
    return InsufficientScope(scope, headers={"WWW-Authenticate": challenge})
