"""The scopes of access tokens, and the access policies with which routes require them."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fastapi import Depends, Security
from fastapi.openapi.models import HTTPBase, OAuth2, OAuthFlowClientCredentials, OAuthFlows
from fastapi.security.base import SecurityBase

TOKEN_PATH = "/oauth/token"  # noqa: S105  (a path)
SCHEME_NAME = "oauth2"


class Scope(StrEnum):
    """A right that an access token may grant (RFC 6749, section 3.3)."""

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
    Scope.ATTENDANCE_READ: "Read restricted rolls and other personal data.",
    Scope.ATTENDANCE_WRITE: "Invite participants, and set attendance statuses.",
    Scope.CHECK_INS_WRITE: "Send scans of badges.",
    Scope.CHANGES_READ: "Read the changes of all objects (reserved: no operation requires it yet).",
    Scope.WEBHOOKS_WRITE: "Subscribe to changes (reserved: no operation requires it yet).",
    Scope.CLIENTS_ADMIN: "Manage clients and their secrets.",
    Scope.AUDIT_READ: "Read the audit trail.",
}


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """The access policy of a route: the scope that it requires, or None if anonymous requests are allowed.

    Attributes:
        scope: The required scope.
        optional_scope: A scope that some requests need and others do not, which the endpoint decides.
    """

    scope: Scope | None
    optional_scope: Scope | None = field(default=None, kw_only=True)

    def required_scope(self, _query_params: Mapping[str, str], _granted_scopes: Set[Scope]) -> Scope | None:
        """Return the scope that the policy requires, or None if it requires none, whatever the arguments."""
        return self.scope

    @property
    def security(self) -> list[dict[str, list[str]]]:
        """The security requirements for the OpenAPI document besides those that FastAPI adds: any is enough.

        Without a required scope there are two: no token, or a token of any scope, which is verified as well.
        """
        if self.scope is not None:
            return []
        return [{}, {SCHEME_NAME: [] if self.optional_scope is None else [str(self.optional_scope)]}]

    async def __call__(self) -> None:
        """Check nothing: FastAPI calls every dependency, but AuthorizingRoute enforced the policy before."""


class ScopePolicy(AccessPolicy, SecurityBase):
    """The policy of a route that requires a scope. FastAPI copies its security scheme to the OpenAPI document."""

    scheme_name = SCHEME_NAME
    model = OAuth2(
        description="A client of the service, with its id and secret (RFC 6749, section 4.4).",
        flows=OAuthFlows(
            clientCredentials=OAuthFlowClientCredentials(
                tokenUrl=TOKEN_PATH,
                scopes={str(scope): description for scope, description in SCOPE_DESCRIPTIONS.items()},
            )
        ),
    )


@dataclass(frozen=True)
class ParameterScopePolicy(ScopePolicy):
    """The policy of a route that requires the scope that belongs to the value of a query parameter.

    If the parameter has another value, any of the scopes is enough, so that the caller gets the validation error.
    """

    parameter: str
    scopes: tuple[tuple[str, Scope], ...]
    """(value of the parameter, required scope) pairs."""

    def required_scope(self, query_params: Mapping[str, str], granted_scopes: Set[Scope]) -> Scope | None:
        """Return the scope for the query parameter's value; if it is unknown, any listed scope that is granted."""
        scope_of_value = dict(self.scopes).get(query_params.get(self.parameter, ""))
        return scope_of_value or next((scope for _, scope in self.scopes if scope in granted_scopes), self.scope)

    @property
    def security(self) -> list[dict[str, list[str]]]:
        """The requirements of all values of the parameter but the first, which FastAPI adds.

        Several scopes in one requirement would mean that all of them are required.
        """
        scopes = [scope for scope in dict.fromkeys(scope for _, scope in self.scopes) if scope != self.scope]
        return [{SCHEME_NAME: [str(scope)]} for scope in scopes]


class ClientAuthentication(AccessPolicy, SecurityBase):
    """The policy of the token endpoint, which authenticates the client itself, by HTTP Basic or by its form."""

    scheme_name = "client"
    model = HTTPBase(
        scheme="basic",
        description="The id and secret of a client, for the token endpoint only (RFC 6749, section 2.3.1). Its form "
        "can contain them instead.",
    )

    @property
    def security(self) -> list[dict[str, list[str]]]:
        """The requirement besides HTTP Basic: none, because the form can contain the credentials."""
        return [{}]


def allow_anonymous(*, optional_scope: Scope | None = None) -> Any:
    """Return a dependency that declares for a route: no access token is needed. It checks nothing by itself.

    Args:
        optional_scope: A scope that the endpoint requires for some objects, for the OpenAPI document.
    """
    return Depends(AccessPolicy(None, optional_scope=optional_scope))


def authenticate_client() -> Any:
    """Return a dependency that declares for the token endpoint: it authenticates the client. It checks nothing."""
    return Security(ClientAuthentication(None))


def require_scope(scope: Scope) -> Any:
    """Return a dependency that declares for a route: this scope is required. `AuthorizingRoute` enforces it."""
    return Security(ScopePolicy(scope), scopes=[scope.value])


def require_scope_by_parameter(parameter: str, scopes: Mapping[str, Scope]) -> Any:
    """Return a dependency that declares for a route: the scope required depends on this query parameter's value."""
    first = next(iter(scopes.values()))
    return Security(ParameterScopePolicy(first, parameter, tuple(scopes.items())), scopes=[first.value])
