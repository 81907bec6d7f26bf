"""Cross-origin access (CORS): whole for the API, absent for what only operators and the explorer's page use.

Whole means that a page of another origin can read every response to a request that its browser sends: problems of any
layer too. Absent means that its browser sends no such request after a preflight, and shows nothing of a simple one.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOT_SHARED_PATHS = ("/health", "/metrics", "/docs")
"""These paths and those below them have no CORS headers: access to them can depend on the caller's address."""
EXPOSED_HEADERS = (
    "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed, Content-Disposition, "
    "Content-Language, Allow, Accept, Accept-Patch, WWW-Authenticate, Deprecation, Sunset, X-Request-Id"
)
PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    # The asterisk does not include Authorization.
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Accept, Accept-Language, If-None-Match, If-Match, Idempotency-Key, "
        "Last-Event-ID, X-Purpose, X-Request-Id, traceparent, *"
    ),
    "Access-Control-Max-Age": "86400",
}


class CrossOriginMiddleware:
    """Let every origin use the API, without credentials (Fetch standard); a token is in a header of the request.

    A preflight is answered here, before any limit and whatever the path is: otherwise the browser would report a failed
    preflight instead of the 404, 405, 429 or 503 of the request itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_cors_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_cors_headers(scope, MutableHeaders(scope=message))
            await send(message)

        app = Response(status_code=204, headers=PREFLIGHT_HEADERS) if _is_preflight(scope) else self.app
        await app(scope, receive, send_with_cors_headers)


def add_cors_headers(scope: Scope, response_headers: MutableHeaders) -> None:
    """Add the headers in place that let other origins read a response, unless its path is not shared with them."""
    if is_shared(scope["path"]):
        response_headers["Access-Control-Allow-Origin"] = "*"
        response_headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS


def is_shared(path: str) -> bool:
    """Return whether other origins may use a path."""
    return not any(path == root or path.startswith(f"{root}/") for root in NOT_SHARED_PATHS)


def _is_preflight(scope: Scope) -> bool:
    """Return whether a request is a CORS preflight request for a path that is shared with other origins."""
    headers = Headers(scope=scope)
    is_preflight = scope["method"] == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers
    return is_preflight and is_shared(scope["path"])
