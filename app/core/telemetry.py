"""Prometheus metrics and JSON logging, without personal data."""

import contextlib
import glob
import logging
import os
import sys
from collections.abc import Iterator

import orjson
import structlog
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.multiprocess import mark_process_dead

REQUESTS = Histogram(
    "http_request_duration_seconds",
    "Time from a request's header to the last byte of its response.",
    ("method", "route", "status"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
POOL_IN_USE = Gauge("database_pool_in_use", "Connections in use.", multiprocess_mode="livesum")
POOL_WAITING = Gauge("database_pool_waiting", "Statements waiting for a connection.", multiprocess_mode="livesum")
DATABASE_FAULTS = Counter("database_faults_total", "Statements answered with 503, by cause.", ("cause",))

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def configure_logging(level: str) -> None:
    """Make this application and its libraries log to standard error from `level` up, one JSON object per line.

    The application's lines are written as bytes and bypass `logging`, which would take a fifth of the time of a cheap
    request.
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
def count_connection_wait() -> Iterator[None]:
    """Count one more statement in the metrics as waiting for a connection while the block runs."""
    POOL_WAITING.inc()
    try:
        yield
    finally:
        POOL_WAITING.dec()


def discard_dead_worker_metrics() -> None:
    """Remove the files of live gauges of worker processes that have ended, so that metrics no longer count them."""
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    for file in glob.glob(os.path.join(directory, "gauge_livesum_*.db")):
        pid = int(file.rpartition("_")[2].removesuffix(".db"))
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]


def record_database_fault(error: BaseException) -> None:
    """Count in the metrics, and log as a warning, an error that means that the database is unavailable."""
    original = getattr(error, "orig", None) or error
    # SQLAlchemy's own class does not tell one fault from another; the driver's exception does.
    cause = type(original.__cause__ or original).__name__
    DATABASE_FAULTS.labels(cause).inc()
    log.warning("database_unavailable", cause=cause)
