"""The routes of the token endpoint and its metadata. There are no refresh tokens: a client requests a new token."""

import time
from dataclasses import replace
from typing import Any

import orjson
import structlog
from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from app.auth import AuthorizingRoute, Scope, TokenVerifier, allow_anonymous, authenticate_client, tokens
from app.auth.jwt import SIGNATURE_ALGORITHMS
from app.auth.keys import ACCESS_TOKEN_SECONDS
from app.auth.scopes import TOKEN_PATH
from app.core.http import conditional
from app.core.http.addresses import client_network
from app.core.http.app_state import get_from_state
from app.core.http.dependencies import ReaderDep, get_database, get_settings
from app.core.http.examples import EXAMPLE_REQUEST_ID, example
from app.core.http.openapi import problem_responses
from app.core.http.parameters import NoParameters
from app.core.languages import Text
from app.core.problems import ContentTooLarge, Malformed, TooManyRequests
from app.oauth import schemas, service

router = APIRouter(tags=["tokens"], route_class=AuthorizingRoute)
log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
FORM_TOO_LARGE = Text("Isi paling besar 16 KiB.", "The body is at most 16 KiB.")
# The member is required and must not be empty (RFC 8414, section 2). There is no authorization endpoint: `none` is the
# registered type of a response without a code or a token.
NO_RESPONSE_TYPES = ["none"]
CLIENT_AUTHENTICATION_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
ERROR_RESPONSE: dict[str, Any] = {
    "model": schemas.TokenError,
    "content": {
        "application/json": {
            "example": {
                "error": "invalid_client",
                "error_description": schemas.INVALID_CLIENT,
                "request_id": EXAMPLE_REQUEST_ID,
            }
        }
    },
}


@router.post(
    TOKEN_PATH,
    dependencies=[authenticate_client()],
    response_model=schemas.AccessToken,
    responses={
        400: {**ERROR_RESPONSE, "description": "The request is invalid."},
        401: {**ERROR_RESPONSE, "description": "Client authentication failed."},
        **problem_responses(TooManyRequests),
    },
    openapi_extra={"requestBody": schemas.TokenRequestForm.request_body},
)
async def issue_token(request: Request, reader: ReaderDep, _: NoParameters) -> Response:
    """Issue an access token

    For a client with a secret (`client_secret_basic`, `client_secret_post`) or with a private key (`private_key_jwt`).
    The token is valid for ten minutes. Errors have the form of OAuth 2.0 (RFC 6749, section 5.2).
    """
    try:
        return await _issue_token(request, reader)
    except schemas.TokenRequestError as error:
        log.info("token_request_rejected", error=error.code)
        return _build_error_response(request, error)


@router.get("/.well-known/jwks.json", dependencies=[allow_anonymous()], openapi_extra=example("/.well-known/jwks.json"))
async def get_jwk_set(request: Request, _: NoParameters) -> schemas.JwkSet:
    """Get the keys that verify access tokens

    A JWK Set (RFC 7517). A key is published from a day before it signs its first token until its last token expires.
    """
    keys = get_from_state(request.app, TokenVerifier).list_public_jwks()
    # The first key signs at once, so an empty set must not be cached.
    cache = conditional.public_cache_control(300) if keys else "no-store"
    return conditional.json_response(orjson.dumps({"keys": keys}), cache_control=cache)  # type: ignore[return-value]


@router.get(
    "/.well-known/oauth-authorization-server",
    dependencies=[allow_anonymous()],
    openapi_extra=example("/.well-known/oauth-authorization-server"),
)
async def get_authorization_server_metadata(request: Request, _: NoParameters) -> schemas.AuthorizationServerMetadata:
    """Get the authorization server metadata

    The URLs and authentication methods of the token endpoint (RFC 8414).
    """
    issuer = get_settings(request).issuer
    metadata = schemas.AuthorizationServerMetadata(
        issuer=issuer,
        token_endpoint=f"{issuer}{TOKEN_PATH}",
        jwks_uri=f"{issuer}/.well-known/jwks.json",
        scopes_supported=[str(scope) for scope in Scope],
        response_types_supported=NO_RESPONSE_TYPES,
        grant_types_supported=["client_credentials"],
        token_endpoint_auth_methods_supported=CLIENT_AUTHENTICATION_METHODS,
        token_endpoint_auth_signing_alg_values_supported=list(SIGNATURE_ALGORITHMS),
        service_documentation=f"{issuer}/docs",
    )
    body = metadata.model_dump_json().encode()
    return conditional.json_response(body, cache_control=conditional.public_cache_control(300))  # type: ignore[return-value]


async def _issue_token(request: Request, reader: ReaderDep) -> Response:
    """Authenticate the client, counting failures, and return a response with an access token, or TokenRequestError."""
    form = schemas.TokenRequestForm(request.headers.get("content-type", ""), await _read_form_body(request))
    grant_type = form.get_parameter("grant_type")
    if grant_type != "client_credentials":
        code: schemas.ErrorCode = "unsupported_grant_type" if grant_type else "invalid_request"
        raise schemas.TokenRequestError(code, "grant_type must be client_credentials.")
    credentials = form.parse_credentials(request.headers.getlist("authorization"))
    verifier = get_from_state(request.app, TokenVerifier)
    limiter = get_from_state(request.app, service.FailedAttemptLimiter)
    key = await verifier.get_signing_key()
    network = client_network(request.scope, get_settings(request).trusted_proxies)
    with limiter.limit_failures(service.get_claimed_client_id(credentials), network):
        client = await service.authenticate_client(
            reader, get_database(request), credentials, verifier.issuer, time.time()
        )
    scopes = schemas.resolve_scopes(form.get_parameter("scope"), list(client.scopes))
    grant = replace(client, scopes=scopes)
    token = tokens.issue_access_token(grant, key, issuer=verifier.issuer, audience=verifier.audience, now=time.time())
    log.info("token_issued", client=grant.client_id, scope=" ".join(scopes))
    content = schemas.AccessToken(
        access_token=token,
        token_type=schemas.BEARER_TOKEN_TYPE,
        expires_in=ACCESS_TOKEN_SECONDS,
        scope=" ".join(scopes),
    )
    return Response(content.model_dump_json(), headers=NO_STORE, media_type="application/json")


async def _read_form_body(request: Request) -> bytes:
    """Read the request's body as bytes; ContentTooLarge if it exceeds 16 KiB, Malformed if the client leaves."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > schemas.MAX_FORM_BYTES:
                raise ContentTooLarge(detail=FORM_TOO_LARGE, headers={"Connection": "close"})
    except ClientDisconnect:
        raise Malformed from None  # nobody receives the response, but the log must not show a server error
    return body


def _build_error_response(request: Request, error: schemas.TokenRequestError) -> Response:
    """Build the JSON error response (RFC 6749, section 5.2): 401 with a challenge for invalid_client, else 400."""
    state = request.scope.get("state", {})
    content = schemas.TokenError(
        error=error.code, error_description=error.description, request_id=state.get("request_id")
    )
    status = 401 if error.code == "invalid_client" else 400
    challenge = {"WWW-Authenticate": 'Basic realm="rakornas"'} if status == 401 else {}  # RFC 9110, section 15.5.2
    return Response(content.model_dump_json(), status, headers={**NO_STORE, **challenge}, media_type="application/json")
