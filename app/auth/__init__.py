"""Who may call what: what a route declares, what a token says, and the room that reads the one and holds the other."""

from app.auth.callers import Caller, caller_of
from app.auth.middleware import Authentication
from app.auth.route import Route, needed, refuse_undeclared
from app.auth.scopes import Access, Scope, allow, allow_by, public
from app.auth.verifier import Trust

__all__ = [
    "Access",
    "Authentication",
    "Caller",
    "Route",
    "Scope",
    "Trust",
    "allow",
    "allow_by",
    "caller_of",
    "needed",
    "public",
    "refuse_undeclared",
]
