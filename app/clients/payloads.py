"""Request bodies of clients and their secrets."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.auth import Scope
from app.auth.assertions import MAX_CLIENT_KEYS, is_client_jwk_set
from app.core.http.body_types import Name
from app.core.http.parameters import Code
from app.writes.payloads import ChangeReason, merge_patch_model


def _require_client_jwk_set(jwks: dict[str, Any]) -> dict[str, Any]:
    """Return the JWK Set unchanged if a client may register it; else raise a validation error."""
    if not is_client_jwk_set(jwks):
        raise PydanticCustomError("not_a_key_set", "must be public keys, P-256 or Ed25519, each with its own kid")
    return jwks


def _reject_duplicates(scopes: list[str]) -> list[str]:
    """Return the scopes if none is repeated, else raise a validation error."""
    if len(set(scopes)) < len(scopes):
        raise PydanticCustomError("repeated_item", "must not contain an item twice")
    return scopes


if TYPE_CHECKING:
    ScopeName = str
else:
    ScopeName = Literal[tuple(str(scope) for scope in Scope)]
Scopes = Annotated[
    list[ScopeName],
    Field(min_length=1, max_length=len(Scope), json_schema_extra={"uniqueItems": True}),
    AfterValidator(_reject_duplicates),
]
ClientJwkSet = Annotated[
    dict[str, Any],
    Field(description=f"1 to {MAX_CLIENT_KEYS} public keys, P-256 or Ed25519, each with its own `kid` (RFC 7517)."),
    AfterValidator(_require_client_jwk_set),
]


class OAuthClientPayload(ChangeReason):
    """A client. With `jwks` it authenticates by its private keys, and gets a secret only on request."""

    name: Annotated[Name, Field(examples=["kpu-31-schedule"])]
    scopes: Annotated[Scopes, Field(examples=[["stages:write"]])]
    organization: Annotated[Code, Field(examples=["kpu-31"])] | None = None
    meeting: Annotated[Code, Field(examples=["rakornas-2022-06"])] | None = None
    jwks: ClientJwkSet | None = None


@merge_patch_model
class OAuthClientPatch(OAuthClientPayload):
    """The members of a client to change. Any change ends the client's present access tokens."""


class ClientSecretPayload(ChangeReason):
    """The reason for a new secret."""
