"""Access log: one request id, one duration and one log line per request, without personal data."""

import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.http.cors import add_cors_headers
from app.core.http.security_headers import add_security_headers
from app.core.problems import InternalError
from app.core.telemetry import REQUESTS, log

KNOWN_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class AccessLogMiddleware:
    """Assign a request id, measure and log each request, and answer an uncaught exception with a 500.

    The outermost middleware. It also adds the headers that every response has.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        assign_request_id(scope)
        started, status = time.perf_counter(), 0

        async def send_with_request_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                add_common_headers(scope, MutableHeaders(scope=message))
            await send(message)

        try:
            await self.app(scope, receive, send_with_request_id)
        except Exception:
            log.exception("request_failed", request_id=scope["state"]["request_id"])
            if status == 0:
                response = InternalError().response(scope)
                add_cors_headers(scope, response.headers)
                await response(scope, receive, send_with_request_id)
        finally:
            record_request(scope, status, time.perf_counter() - started)


def add_common_headers(scope: Scope, response_headers: MutableHeaders) -> None:
    """Add the headers of every response in place: the request id, and those of security."""
    response_headers["X-Request-Id"] = scope["state"]["request_id"]
    add_security_headers(response_headers)


def assign_request_id(scope: Scope) -> None:
    """Store the request's id (its X-Request-Id or a new one) and trace id in the scope.

    The id is the header `X-Request-Id` if that has at most 100 characters of `A-Za-z0-9._-`, otherwise a new one. The
    trace id is that of the header `traceparent` (W3C Trace Context), or None.
    """
    headers = Headers(scope=scope)
    requested_id = headers.get("x-request-id", "")
    request_id = requested_id if REQUEST_ID.fullmatch(requested_id) else uuid.uuid4().hex
    trace = TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    scope.setdefault("state", {}).update(request_id=request_id, trace_id=trace[1] if trace else None)


def record_request(scope: Scope, status: int, seconds: float) -> None:
    """Record the duration of a finished request in the metrics, and write its log line.

    The path is recorded as the route's template, so that no values of path parameters are logged.
    """
    method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"
    route = getattr(scope.get("route"), "path", "unmatched")
    REQUESTS.labels(method, route, status).observe(seconds)
    log.info(
        "request",
        method=method,
        route=route,
        status=status,
        ms=round(seconds * 1000, 2),
        request_id=scope["state"]["request_id"],
        trace_id=scope["state"]["trace_id"],
    )
