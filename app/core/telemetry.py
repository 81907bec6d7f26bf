"""What the service tells its operators: one JSON line and one measurement per request, without personal data."""

import contextlib
import glob
import logging
import os
import re
import sys
import time
import uuid
from collections.abc import Iterator

import orjson
import structlog
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.multiprocess import mark_process_dead
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.problems import InternalError

REQUESTS = Histogram(
    "http_request_duration_seconds",
    "Time from a request's header to the last byte of its answer.",
    ("method", "route", "status"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
POOL_IN_USE = Gauge("database_pool_in_use", "Connections at work now.", multiprocess_mode="livesum")
POOL_WAITING = Gauge("database_pool_waiting", "Statements waiting for a connection.", multiprocess_mode="livesum")
DATABASE_FAULTS = Counter("database_faults_total", "Statements answered with 503, by cause.", ("cause",))

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def configure_logging(level: str) -> None:
    """One JSON object per line on standard error, for our lines and for the libraries'.

    Ours are written as bytes without a detour through `logging`: a fifth of a cheap request's time.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=orjson.dumps)],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


@contextlib.contextmanager
def waiting_for_connection() -> Iterator[None]:
    POOL_WAITING.inc()
    try:
        yield
    finally:
        POOL_WAITING.dec()


def forget_dead_workers() -> None:
    """Where several workers measure: those that died no longer count as having connections at work."""
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    for file in glob.glob(os.path.join(directory, "gauge_livesum_*.db")):
        pid = int(file.rpartition("_")[2].removesuffix(".db"))
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]


def database_fault(error: BaseException) -> None:
    told = getattr(error, "orig", None) or error
    cause = type(told.__cause__ or told).__name__  # SQLAlchemy's own class says nothing
    DATABASE_FAULTS.labels(cause).inc()
    log.warning("database unavailable", cause=cause)


class Observability:
    """The outermost room: names each request, times it, and turns an exception that nobody caught into a 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = name_request(scope)
        started, status = time.perf_counter(), 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, tell)
        except Exception:
            log.exception("request failed", request_id=request_id)
            if status == 0:
                await InternalError().response(scope)(scope, receive, tell)
        finally:
            record(scope, status, time.perf_counter() - started)


def name_request(scope: Scope) -> str:
    """Give a request the names by which its problems and its line in the log are found; returns its id.

    `X-Request-Id` is taken over when it is a plain word of at most 100 characters, made when not. The trace id is that
    of a W3C `traceparent`.
    """
    headers = Headers(scope=scope)
    given = headers.get("x-request-id", "")
    request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    trace = TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    scope.setdefault("state", {}).update(request_id=request_id, trace_id=trace[1] if trace else None)
    return request_id


def record(scope: Scope, status: int, seconds: float) -> None:
    """One measurement and one line for a request that is over; its address as the route's template, without values."""
    method = scope["method"] if scope["method"] in METHODS else "other"
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
