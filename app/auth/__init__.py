"""Authentication and authorization: the scope that a route requires, and the token that grants it."""

from app.auth.caller import Caller, get_caller
from app.auth.middleware import AuthenticationMiddleware
from app.auth.route import (
    AuthorizingRoute,
    build_insufficient_scope,
    build_missing_scope_problem,
    check_access_declared,
)
from app.auth.scopes import (
    AccessPolicy,
    Scope,
    allow_anonymous,
    authenticate_client,
    require_scope,
    require_scope_by_parameter,
)
from app.auth.verifier import TokenVerifier

__all__ = [
    "AccessPolicy",
    "AuthenticationMiddleware",
    "AuthorizingRoute",
    "Caller",
    "Scope",
    "TokenVerifier",
    "allow_anonymous",
    "authenticate_client",
    "build_insufficient_scope",
    "build_missing_scope_problem",
    "check_access_declared",
    "get_caller",
    "require_scope",
    "require_scope_by_parameter",
]
