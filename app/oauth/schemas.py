"""What is asked of the token endpoint and what it answers, in the forms of OAuth 2.0 (RFC 6749, 7517, 8414)."""

import base64
from typing import Annotated, Any, ClassVar, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from pydantic import BaseModel, Field

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
BEARER_TOKEN_TYPE: Literal["Bearer"] = "Bearer"  # noqa: S105  (RFC 6750)
MAX_FORM_BYTES = 16 * 1024
MAX_FORM_PARAMETERS = 20
ErrorCode = Literal["invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"]


class AccessToken(BaseModel):
    """An access token."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(description="Seconds.", examples=[600])]
    scope: Annotated[str, Field(examples=["changes:read"])]


class TokenError(BaseModel):
    """Why there is no token (RFC 6749, section 5.2)."""

    error: ErrorCode
    error_description: str
    request_id: str | None


class JwkSet(BaseModel):
    """Public keys (RFC 7517)."""

    keys: list[dict[str, Any]]


class AuthorizationServerMetadata(BaseModel):
    """What an OAuth client needs to know of this service (RFC 8414)."""

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
    """No token for this request: the code of RFC 6749 and what to do."""

    def __init__(self, code: ErrorCode, description: str, *, challenge: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.challenge = challenge


class Credentials(NamedTuple):
    """What a client proves itself with: its id and a secret, or an assertion."""

    client_id: str
    secret: str | None
    assertion: str | None
    is_basic: bool


class TokenRequestForm:
    """The members of a token request."""

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
                            "description": "With spaces between; all that the client has, where it is not given.",
                        },
                        "client_id": {"type": "string", "format": "uuid"},
                        "client_secret": {"type": "string"},
                        "client_assertion_type": {"type": "string", "enum": [ASSERTION_TYPE]},
                        "client_assertion": {"type": "string", "description": "A JWT that the client signed."},
                    },
                },
                "example": {"grant_type": "client_credentials", "scope": "changes:read"},
            }
        },
    }

    def __init__(self, content_type: str, body: bytes) -> None:
        given, *parameters = (part.strip().lower() for part in content_type.split(";"))
        if given != FORM_MEDIA_TYPE or any(one not in ("", "charset=utf-8", 'charset="utf-8"') for one in parameters):
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
            raise TokenRequestError("invalid_request", "The body is no urlencoded form.") from None
        self.parameters = dict(pairs)
        if len(self.parameters) != len(pairs):
            raise TokenRequestError("invalid_request", "A member is given more than once.")
        if any("\0" in value for value in self.parameters.values()):
            raise TokenRequestError("invalid_request", "The NUL character is not allowed.")

    def get_parameter(self, name: str) -> str | None:
        """A member; one without a value counts as not there (RFC 6749, section 3.2)."""
        return self.parameters.get(name) or None

    def parse_credentials(self, authorization: list[str]) -> Credentials:
        """How the client proves itself: by exactly one of the methods (RFC 6749, section 2.3)."""
        assertion, kind = self.get_parameter("client_assertion"), self.get_parameter("client_assertion_type")
        client, secret = self.get_parameter("client_id") or "", self.get_parameter("client_secret")
        if bool(authorization) + (secret is not None) + (assertion is not None) > 1 or len(authorization) > 1:
            raise TokenRequestError("invalid_request", "Use one method of proving who you are, not several.")
        if (assertion is None) != (kind is None) or kind not in (None, ASSERTION_TYPE):
            raise TokenRequestError(
                "invalid_request", f"client_assertion goes with client_assertion_type {ASSERTION_TYPE}."
            )
        if authorization:
            named, secret = _parse_basic_credentials(authorization[0])
            if client and client != named:
                raise TokenRequestError("invalid_request", "client_id is another than in Authorization.")
            return Credentials(named, secret, None, is_basic=True)
        if secret is None and assertion is None:
            raise TokenRequestError("invalid_client", "Prove who you are with a secret or an assertion.")
        return Credentials(client, secret, assertion, is_basic=False)


def _parse_basic_credentials(authorization: str) -> tuple[str, str]:
    """The id and the secret of client_secret_basic, each urlencoded within (RFC 6749, section 2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        given = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except ValueError:
        given = ""
    client, colon, secret = given.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise TokenRequestError("invalid_client", "Authorization must be Basic, with id and secret.", challenge=True)
    return unquote_plus(client), unquote_plus(secret)


def resolve_scopes(requested_scope: str | None, client_scopes: list[str]) -> list[str]:
    """The scopes of the token: all that the client has, or those asked for, where it has them."""
    if requested_scope is None:
        return client_scopes
    asked = list(dict.fromkeys(requested_scope.split(" ")))
    if not set(asked) <= set(client_scopes):
        raise TokenRequestError("invalid_scope", "The client has not all of these scopes.")
    return asked
