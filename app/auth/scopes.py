"""What a token may be good for, and how a route says which it asks for: `public()` or `allow(Scope.…)`."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import Depends, Security
from fastapi.openapi.models import OAuth2, OAuthFlowClientCredentials, OAuthFlows
from fastapi.security.base import SecurityBase

TOKEN_PATH = "/oauth/token"  # noqa: S105  (an address)


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


SCOPE_DESCRIPTIONS: Mapping[Scope, str] = {
    Scope.REGIONS_WRITE: "Change regions.",
    Scope.ORGANIZATIONS_WRITE: "Change organizations.",
    Scope.DIVISIONS_WRITE: "Change divisions.",
    Scope.OFFICIALS_WRITE: "Change officials and their appointments.",
    Scope.ELECTIONS_WRITE: "Change elections.",
    Scope.STAGES_WRITE: "Change stages.",
    Scope.MEETINGS_WRITE: "Change meetings, their sessions and statements.",
    Scope.ATTENDANCE_READ: "Read restricted rolls: personal data.",
    Scope.ATTENDANCE_WRITE: "Invite participants, and mark who came.",
    Scope.CHECK_INS_WRITE: "Report scans at a gate.",
    Scope.CHANGES_READ: "Follow the changes.",
    Scope.WEBHOOKS_WRITE: "Have changes delivered.",
    Scope.CLIENTS_ADMIN: "Manage clients and their secrets.",
    Scope.AUDIT_READ: "Read the audit trail.",
}


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """A route's declaration: the scope it asks for, or None for anyone."""

    scope: Scope | None

    def required_scope(self, _query_params: Mapping[str, str], _granted_scopes: Set[Scope]) -> Scope | None:
        """The scope that a request with these parameters needs, whose caller has these scopes."""
        return self.scope

    @property
    def alternative_scopes(self) -> Sequence[Scope]:
        """What may be asked for instead of `scope`, for the contract to tell."""
        return ()

    async def __call__(self) -> None:
        """Nothing to resolve: `Route` reads the declaration before anything else runs."""


class ScopePolicy(AccessPolicy, SecurityBase):
    """The declaration of a route that asks for a token; FastAPI reads the contract's security scheme off it."""

    scheme_name = "oauth2"
    model = OAuth2(
        description="A client of the service, with its id and secret (RFC 6749, section 4.4).",
        flows=OAuthFlows(
            clientCredentials=OAuthFlowClientCredentials(
                tokenUrl=TOKEN_PATH, scopes={str(scope): meaning for scope, meaning in SCOPE_DESCRIPTIONS.items()}
            )
        ),
    )


@dataclass(frozen=True)
class ParameterScopePolicy(ScopePolicy):
    """The declaration of a route whose scope stands in a parameter of the query.

    Where the parameter has another value, any of these scopes lets the caller in, to hear what the parameter may be.
    """

    parameter: str
    scopes: tuple[tuple[str, Scope], ...]

    def asked(self, query_params: Mapping[str, str], granted_scopes: Set[Scope]) -> Scope | None:
        chosen = dict(self.scopes).get(query_params.get(self.parameter, ""))
        return chosen or next((scope for _, scope in self.scopes if scope in granted_scopes), self.scope)

    @property
    def others(self) -> Sequence[Scope]:
        return [scope for scope in dict.fromkeys(scope for _, scope in self.scopes) if scope != self.scope]


def allow_anonymous() -> Any:
    """For `dependencies=`: anyone may call this route."""
    return Depends(AccessPolicy(None))


def require_scope(scope: Scope) -> Any:
    """For `dependencies=`: only a token with this scope may call this route."""
    return Security(ScopePolicy(scope), scopes=[scope.value])


def require_scope_by_parameter(parameter: str, scopes: Mapping[str, Scope]) -> Any:
    """For `dependencies=`: only a token with the scope of this parameter's value may call this route."""
    first = next(iter(scopes.values()))
    return Security(ParameterScopePolicy(first, parameter, tuple(scopes.items())), scopes=[first.value])
