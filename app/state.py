"""The typed state of a running application, and its start and stop."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, TypeVar, cast

from fastapi import FastAPI

from app import registry
from app.attendance.broadcast import SummaryBroadcaster, create_summary_finder
from app.audit_chain.task import run_sealer
from app.auth import TokenVerifier
from app.check_ins.batching import CheckInBatcher
from app.check_ins.receipt_clock import ReceiptClock
from app.check_ins.repository import store_submissions
from app.core.db.database import Database
from app.core.http import protocol
from app.health.probe import ReadinessProbe
from app.imports.queue import ImportQueue
from app.oauth.service import FailedAttemptLimiter
from app.rendering.file_queue import FileQueue
from app.rendering.renderer_pool import RendererPool
from app.settings import Settings
from app.writes.purge import purge_periodically

T = TypeVar("T")


@dataclass(kw_only=True)
class State:
    """The objects that one worker opened at its start. Each has a class of its own, by which lower layers find it."""

    settings: Settings
    database: Database
    token_verifier: TokenVerifier
    failed_attempt_limiter: FailedAttemptLimiter
    check_in_batcher: CheckInBatcher
    receipt_clock: ReceiptClock
    summary_broadcaster: SummaryBroadcaster
    import_queue: ImportQueue
    readiness_probe: ReadinessProbe
    file_queue: FileQueue
    renderer_pool: RendererPool

    def find(self, class_: type[T]) -> T | None:
        """Return the object of exactly this class that the worker opened at its start, or None if it has none."""
        values = (getattr(self, field.name) for field in fields(self))
        return next((value for value in values if type(value) is class_), None)


def state_of(app: FastAPI) -> State:
    """Return the state of a running application.

    Raises:
        AttributeError: The application is not running.
    """
    return cast(State, app.state.running)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """Open the state into `app.state.running`, yield what the HTTP protocol needs, and close it after serving.

    The protocol needs the functions that end the responses without an end of their own at shutdown, and the prefix of
    the public paths. The settings are those in `app.state.settings`.
    """
    async with open_state(app.state.settings) as state:
        app.state.running = state
        try:
            yield {
                protocol.SHUTDOWN_CALLBACKS: (state.summary_broadcaster.close,),
                protocol.ROOT_PATH: state.settings.root_path,
            }
        finally:
            del app.state.running


@asynccontextmanager
async def open_state(settings: Settings) -> AsyncIterator[State]:
    """Open a worker's objects and start its background tasks; stop and close them in reverse order at the end.

    If a step fails, what was opened before it is closed.
    """
    async with AsyncExitStack() as stack:
        database = Database(settings)
        stack.push_async_callback(database.close)
        verifier = TokenVerifier(settings)
        stack.push_async_callback(verifier.stop)
        await verifier.start()
        broadcaster = SummaryBroadcaster(
            create_summary_finder(database), max_per_address=settings.listeners_per_address
        )
        stack.push_async_callback(broadcaster.stop)
        renderer_pool = RendererPool()
        stack.push_async_callback(renderer_pool.stop)
        await stack.enter_async_context(run_sealer(settings))
        await stack.enter_async_context(purge_periodically(database))
        yield State(
            settings=settings,
            database=database,
            token_verifier=verifier,
            failed_attempt_limiter=FailedAttemptLimiter(),
            check_in_batcher=CheckInBatcher(partial(store_submissions, database), database.timeout_seconds),
            receipt_clock=ReceiptClock(),
            summary_broadcaster=broadcaster,
            import_queue=ImportQueue(registry.IMPORTABLE),
            readiness_probe=ReadinessProbe(settings),
            file_queue=FileQueue(settings.files_per_worker, settings.files_per_caller),
            renderer_pool=renderer_pool,
        )
