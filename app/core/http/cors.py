"""What a page of another origin may read: the open data, and why it did not get it."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.problems import MEDIA_TYPE

EXPOSED_HEADERS = "ETag, Link, Retry-After, X-Request-Id"
ALLOWED_HEADERS = (
    "Authorization, Content-Type, If-None-Match, If-Match, Accept-Language, Idempotency-Key, X-Request-Id, traceparent"
)
MAX_AGE_SECONDS = "86400"


class CrossOriginMiddleware:
    """Lets every origin read open answers and the problems of reads, without credentials (the Fetch standard, CORS).

    An answer is open when it says so itself: `Cache-Control: public`. The answer to a preflight is that of any OPTIONS,
    its `Allow` said once more in the words of the Fetch standard.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def opened(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_cors_headers(scope, MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, opened)


def add_cors_headers(scope: Scope, answer: MutableHeaders) -> None:
    if _is_preflight(scope) and "allow" in answer:
        answer["Access-Control-Allow-Origin"] = "*"
        answer["Access-Control-Allow-Methods"] = answer["Allow"]
        answer["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        answer["Access-Control-Max-Age"] = MAX_AGE_SECONDS
    elif scope["method"] in ("GET", "HEAD") and _is_public(answer):
        answer["Access-Control-Allow-Origin"] = "*"
        answer["Access-Control-Expose-Headers"] = EXPOSED_HEADERS


def _is_preflight(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return scope["method"] == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def _is_public(answer: Headers) -> bool:
    directives = [directive.strip() for directive in answer.get("cache-control", "").lower().split(",")]
    return "public" in directives or answer.get("content-type", "").startswith(MEDIA_TYPE)
