"""Cross-origin access (CORS) to public responses and to the problems of reads."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.problems import MEDIA_TYPE

EXPOSED_HEADERS = "ETag, Link, Retry-After, X-Request-Id"
ALLOWED_HEADERS = (
    "Authorization, Content-Type, If-None-Match, If-Match, Accept-Language, Idempotency-Key, X-Request-Id, traceparent"
)
MAX_AGE_SECONDS = "86400"


class CrossOriginMiddleware:
    """Let every origin read public responses and the problems of reads, without credentials (Fetch standard).

    A response is public if it has `Cache-Control: public`. The response to a preflight is that of any OPTIONS request
    with the CORS headers added.
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

        await self.app(scope, receive, send_with_cors_headers)


def add_cors_headers(scope: Scope, response_headers: MutableHeaders) -> None:
    """Add CORS headers in place to the response to a preflight request, or to one that other origins may read."""
    if _is_preflight(scope) and "allow" in response_headers:
        response_headers["Access-Control-Allow-Origin"] = "*"
        response_headers["Access-Control-Allow-Methods"] = response_headers["Allow"]
        response_headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        response_headers["Access-Control-Max-Age"] = MAX_AGE_SECONDS
    elif scope["method"] in ("GET", "HEAD") and _is_public(response_headers):
        response_headers["Access-Control-Allow-Origin"] = "*"
        response_headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS


def _is_preflight(scope: Scope) -> bool:
    """Return whether a request is a CORS preflight request."""
    headers = Headers(scope=scope)
    return scope["method"] == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def _is_public(response_headers: Headers) -> bool:
    """Return whether other origins may read a response: it is publicly cacheable, or a problem."""
    directives = [directive.strip() for directive in response_headers.get("cache-control", "").lower().split(",")]
    return "public" in directives or response_headers.get("content-type", "").startswith(MEDIA_TYPE)
