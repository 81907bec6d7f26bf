"""The middleware that authenticates a request by its access token, before routing and before the body is read."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.auth.caller import Caller
from app.auth.jwt import InvalidToken
from app.auth.route import BEARER_CHALLENGE
from app.auth.scopes import TOKEN_PATH
from app.auth.verifier import TokenVerifier
from app.core.http.app_state import find_in_state
from app.core.problems import Problem, Unauthenticated, Unavailable

BEARER_PREFIX = b"bearer "


class AuthenticationMiddleware:
    """Set `scope["state"]["caller"]` to the Caller, or to None for an anonymous request.

    An invalid token is 401 on every route, public ones too, so that a client learns at once to fetch another one
    (RFC 6750, section 3.1). At the token endpoint the Authorization header contains the client's secret, which that
    endpoint verifies.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            caller = await _authenticate(scope)
        except InvalidToken:
            problem: Problem = Unauthenticated(
                headers={"WWW-Authenticate": f'{BEARER_CHALLENGE}, error="invalid_token"'}
            )
        except Unavailable as unavailable:
            problem = unavailable
        else:
            scope.setdefault("state", {})["caller"] = caller
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["problem"] = problem  # RateLimitMiddleware, the next one, counts and answers it
        await self.app(scope, receive, send)


async def _authenticate(scope: Scope) -> Caller | None:
    """Verify a request's Bearer token and return its caller; None without the header or at the token endpoint.

    Raises:
        InvalidToken: The header is repeated, uses another scheme than Bearer, or its token is invalid.
        Unavailable: The token cannot be verified now.
    """
    headers = [value for name, value in scope["headers"] if name == b"authorization"]
    if not headers or scope["path"] == TOKEN_PATH:
        return None
    value = headers[0]
    if len(headers) > 1 or value[: len(BEARER_PREFIX)].lower() != BEARER_PREFIX:
        raise InvalidToken
    token = value[len(BEARER_PREFIX) :].strip(b" ")
    verifier = find_in_state(scope["app"], TokenVerifier)
    if verifier is None:
        raise Unavailable
    return verifier.find_cached_caller(token) or await verifier.verify(token)
