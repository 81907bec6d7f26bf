"""Who may call what: what a route declares, what a token says, and the room that reads the one and holds the other."""

from app.auth.callers import Caller, caller_of
from app.auth.middleware import AuthenticationMiddleware
from app.auth.route import Route, needed, refuse_undeclared
from app.auth.scopes import Access, Scope, allow, allow_by, public
from app.auth.verifier import TokenVerifier

__all__ = [
    "Access",
    "AuthenticationMiddleware",
    "Caller",
    "Route",
    "Scope",
    "TokenVerifier",
    "allow",
    "allow_by",
    "caller_of",
    "needed",
    "public",
    "refuse_undeclared",
]
