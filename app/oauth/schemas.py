"""The request and the responses of the token endpoint and its metadata (RFC 6749, 7517, 8414)."""

import base64
import re
from typing import Annotated, Any, ClassVar, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from pydantic import BaseModel, Field

from app.auth.scopes import Scope
from app.core.http.content_types import parse_content_type

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
BEARER_TOKEN_TYPE: Literal["Bearer"] = "Bearer"  # noqa: S105  (RFC 6750)
MAX_FORM_BYTES = 16 * 1024
MAX_FORM_PARAMETERS = 20
BLANKS = " \t\r\n"
SCOPE_SEPARATOR = re.compile(f"[{BLANKS}]+")  # RFC 6749, 3.3, has a single space; people write more
SCOPE_FORM = re.compile(r"[A-Za-z0-9:_.-]{1,40}")
MAX_DESCRIPTION_LENGTH = 500
INVALID_CLIENT = "Client authentication failed: the client is unknown or revoked, or its secret is wrong."
ErrorCode = Literal["invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"]


class AccessToken(BaseModel):
    """An access token."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(description="Seconds.", examples=[600])]
    scope: Annotated[str, Field(examples=["stages:write"])]


class TokenError(BaseModel):
    """The error of a token request (RFC 6749, section 5.2)."""

    error: ErrorCode
    error_description: str
    request_id: str | None


class JwkSet(BaseModel):
    """A JWK Set: public keys (RFC 7517, section 5)."""

    keys: list[dict[str, Any]]


class AuthorizationServerMetadata(BaseModel):
    """Authorization server metadata (RFC 8414)."""

    issuer: str
    token_endpoint: str
    jwks_uri: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    token_endpoint_auth_signing_alg_values_supported: list[str]
    service_documentation: str


class TokenRequestError(Exception):
    """A token request was rejected, with an error code of RFC 6749 and a description of the cause."""

    def __init__(self, code: ErrorCode, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description


class Credentials(NamedTuple):
    """The credentials of a token request: a client id with a secret, or an assertion."""

    client_id: str
    secret: str | None
    assertion: str | None


class TokenRequestForm:
    """The parsed parameters of a token request."""

    request_body: ClassVar[dict[str, Any]] = {
        "required": True,
        "content": {
            FORM_MEDIA_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials"]},
                        "scope": {
                            "type": "string",
                            "description": "Scopes separated by spaces. Missing or blank: all scopes of the client.",
                        },
                        "client_id": {"type": "string", "format": "uuid"},
                        "client_secret": {"type": "string"},
                        "client_assertion_type": {"type": "string", "enum": [ASSERTION_TYPE]},
                        "client_assertion": {
                            "type": "string",
                            "description": "A JWT signed with the client's private key (RFC 7523).",
                        },
                    },
                },
                "example": {"grant_type": "client_credentials", "scope": "stages:write"},
            }
        },
    }

    def __init__(self, content_type: str, body: bytes) -> None:
        """Parse a urlencoded body strictly.

        Raises:
            TokenRequestError: It has another media type, is malformed or repeats a parameter.
        """
        media_type, is_utf_8 = parse_content_type(content_type)
        if media_type != FORM_MEDIA_TYPE or not is_utf_8:
            raise TokenRequestError("invalid_request", f"The body must be {FORM_MEDIA_TYPE}.")
        try:
            pairs = parse_qsl(
                body.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=MAX_FORM_PARAMETERS,
            )
        except ValueError:
            raise TokenRequestError("invalid_request", "The body is not a urlencoded form.") from None
        self.parameters = dict(pairs)
        if len(self.parameters) != len(pairs):
            raise TokenRequestError("invalid_request", "A parameter is repeated.")
        if any("\0" in value for value in self.parameters.values()):
            raise TokenRequestError("invalid_request", "The NUL character is not allowed.")

    def get_parameter(self, name: str) -> str | None:
        """Return a parameter of the form, or None if it is missing or empty (RFC 6749, section 3.2)."""
        return self.parameters.get(name) or None

    def parse_credentials(self, authorization: list[str]) -> Credentials:
        """Read, without verifying, the client's credentials from the form or the Authorization header.

        Raises:
            TokenRequestError: There are none or several, or they contradict each other.
        """
        assertion, assertion_type = self.get_parameter("client_assertion"), self.get_parameter("client_assertion_type")
        client_id, secret = self.get_parameter("client_id") or "", self.get_parameter("client_secret")
        if bool(authorization) + (secret is not None) + (assertion is not None) > 1 or len(authorization) > 1:
            raise TokenRequestError("invalid_request", "Use one client authentication method, not several.")
        if (assertion is None) != (assertion_type is None) or assertion_type not in (None, ASSERTION_TYPE):
            raise TokenRequestError(
                "invalid_request", f"client_assertion requires client_assertion_type {ASSERTION_TYPE}."
            )
        if authorization:
            basic_id, secret = _parse_basic_credentials(authorization[0])
            if client_id and client_id != basic_id:
                raise TokenRequestError(
                    "invalid_request", "client_id differs from the one in the Authorization header."
                )
            return Credentials(basic_id, secret, None)
        if secret is None and assertion is None:
            raise TokenRequestError("invalid_client", "Authenticate with a client secret or an assertion.")
        return Credentials(client_id, secret, assertion)


def _parse_basic_credentials(authorization: str) -> tuple[str, str]:
    """Return the client id and secret in a Basic Authorization header; TokenRequestError if it is malformed."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except ValueError:
        decoded = ""
    client_id, colon, secret = decoded.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise TokenRequestError(
            "invalid_client", "The Authorization header must use the scheme Basic, with client id and secret."
        )
    return unquote_plus(client_id), unquote_plus(secret)


def resolve_scopes(requested_scope: str | None, client_scopes: list[str]) -> list[str]:
    """Return a token's scopes: the requested ones, or for None all of the client; TokenRequestError if not all its own.

    They keep the order in which they were requested. Blanks around them and repetitions are ignored.

    Raises:
        TokenRequestError: The client does not have all requested scopes.
    """
    requested = list(dict.fromkeys(SCOPE_SEPARATOR.split((requested_scope or "").strip(BLANKS))))
    if requested == [""]:
        return client_scopes
    missing = [scope for scope in requested if scope not in client_scopes]
    if missing:
        raise TokenRequestError("invalid_scope", _describe_missing_scopes(missing))
    return requested


def _describe_missing_scopes(missing: list[str]) -> str:
    """Return the description of an error about scopes that a client does not have: those that exist, and the others.

    A scope that cannot be one is not repeated, because a description must not contain every character (RFC 6749, 5.2).
    """
    names = [scope if SCOPE_FORM.fullmatch(scope) else "(not a scope)" for scope in missing]
    known = [name for name in names if name in set(Scope)]
    unknown = [name for name in names if name not in known]
    sentences = []
    if known:
        sentences.append(f"The client does not have: {' '.join(known)}.")
    if unknown:
        sentences.append(f"There is no scope: {' '.join(dict.fromkeys(unknown))}. Separate scopes by spaces.")
    return " ".join(sentences)[:MAX_DESCRIPTION_LENGTH]
