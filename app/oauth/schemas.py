"""What is asked of the token endpoint and what it answers, in the forms of OAuth 2.0 (RFC 6749, 7517, 8414)."""

import base64
from typing import Annotated, Any, ClassVar, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from pydantic import BaseModel, Field

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"
BEARER: Literal["Bearer"] = "Bearer"
MOST_BYTES = 16 * 1024
MOST_MEMBERS = 20
Code = Literal["invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"]


class Token(BaseModel):
    """An access token."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(description="Seconds.", examples=[600])]
    scope: Annotated[str, Field(examples=["changes:read"])]


class Refusal(BaseModel):
    """Why there is no token (RFC 6749, section 5.2)."""

    error: Code
    error_description: str
    request_id: str | None


class KeySet(BaseModel):
    """Public keys (RFC 7517)."""

    keys: list[dict[str, Any]]


class Metadata(BaseModel):
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


class Refused(Exception):
    """No token for this request: the code of RFC 6749 and what to do."""

    def __init__(self, code: Code, description: str, *, challenge: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.challenge = challenge


class Credentials(NamedTuple):
    """What a client proves itself with: its id and a secret, or an assertion."""

    client: str
    secret: str | None
    assertion: str | None
    basic: bool


class Form:
    """The members of a token request."""

    described: ClassVar[dict[str, Any]] = {
        "required": True,
        "content": {
            FORM: {
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
        if given != FORM or any(one not in ("", "charset=utf-8", 'charset="utf-8"') for one in parameters):
            raise Refused("invalid_request", f"The body must be {FORM}.")
        try:
            pairs = parse_qsl(
                body.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=MOST_MEMBERS,
            )
        except ValueError:
            raise Refused("invalid_request", "The body is no urlencoded form.") from None
        self.members = dict(pairs)
        if len(self.members) != len(pairs):
            raise Refused("invalid_request", "A member is given more than once.")
        if any("\0" in value for value in self.members.values()):
            raise Refused("invalid_request", "The NUL character is not allowed.")

    def get(self, name: str) -> str | None:
        """A member; one without a value counts as not there (RFC 6749, section 3.2)."""
        return self.members.get(name) or None

    def credentials(self, authorization: list[str]) -> Credentials:
        """How the client proves itself: by exactly one of the methods (RFC 6749, section 2.3)."""
        assertion, kind = self.get("client_assertion"), self.get("client_assertion_type")
        client, secret = self.get("client_id") or "", self.get("client_secret")
        if bool(authorization) + (secret is not None) + (assertion is not None) > 1 or len(authorization) > 1:
            raise Refused("invalid_request", "Use one method of proving who you are, not several.")
        if (assertion is None) != (kind is None) or kind not in (None, ASSERTION_TYPE):
            raise Refused("invalid_request", f"client_assertion goes with client_assertion_type {ASSERTION_TYPE}.")
        if authorization:
            named, secret = _basic(authorization[0])
            if client and client != named:
                raise Refused("invalid_request", "client_id is another than in Authorization.")
            return Credentials(named, secret, None, basic=True)
        if secret is None and assertion is None:
            raise Refused("invalid_client", "Prove who you are with a secret or an assertion.")
        return Credentials(client, secret, assertion, basic=False)


def _basic(value: str) -> tuple[str, str]:
    """The id and the secret of client_secret_basic, each urlencoded within (RFC 6749, section 2.3.1)."""
    scheme, _, encoded = value.partition(" ")
    try:
        given = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except ValueError:
        given = ""
    client, colon, secret = given.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise Refused("invalid_client", "Authorization must be Basic, with id and secret.", challenge=True)
    return unquote_plus(client), unquote_plus(secret)


def wanted(scope: str | None, allowed: list[str]) -> list[str]:
    """The scopes of the token: all that the client has, or those asked for, where it has them."""
    if scope is None:
        return allowed
    asked = list(dict.fromkeys(scope.split(" ")))
    if not set(asked) <= set(allowed):
        raise Refused("invalid_scope", "The client has not all of these scopes.")
    return asked
