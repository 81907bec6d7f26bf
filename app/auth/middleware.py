"""The room that knows the caller: a token that is presented is verified before any route, and before the body."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.auth.caller import Caller
from app.auth.jwt import InvalidToken
from app.auth.route import BEARER_CHALLENGE
from app.auth.scopes import TOKEN_PATH
from app.core.problems import Problem, Unauthenticated, Unavailable
from app.state import state_if_running

BEARER_PREFIX = b"bearer "


class AuthenticationMiddleware:
    """Sets `scope["state"]["caller"]`: a Caller, or None where no token is presented.

    A token that is no good is 401 wherever it is sent to, so that a client learns at once that it must fetch another
    (RFC 6750, section 3.1). At the token endpoint Authorization holds a client's secret, which is looked at there.
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
        scope.setdefault("state", {})["refused"] = problem  # answered by the room that counts, which comes next
        await self.app(scope, receive, send)


async def _authenticate(scope: Scope) -> Caller | None:
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if not given or scope["path"] == TOKEN_PATH:
        return None
    value = given[0]
    if len(given) > 1 or value[: len(BEARER_PREFIX)].lower() != BEARER_PREFIX:
        raise InvalidToken
    token = value[len(BEARER_PREFIX) :].strip(b" ")
    state = state_if_running(scope["app"])
    if state is None:
        raise Unavailable
    verifier = state.token_verifier
    return verifier.find_cached_caller(token) or await verifier.verify(token)
