"""Start and stop of the application: open its state, and close what was opened in reverse order."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from fastapi import FastAPI

from app import auth, registry
from app.attendance.broadcast import SummaryBroadcaster, summary_finder
from app.audit_chain.task import run_sealer
from app.check_ins.batching import CheckInBatcher
from app.check_ins.repository import store_submissions
from app.check_ins.router import get_receipt_time
from app.core.db.database import Database
from app.core.http import protocol
from app.oauth.service import FailedAttemptLimiter
from app.settings import Settings
from app.state import State
from app.writes.purge import purge_periodically


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, tuple[Callable[[], None], ...]]]:
    """Open the state for the settings in `app.state.settings`, serve, and close it.

    Yields the functions that the web server calls at shutdown, to end responses that have no end of their own.
    """
    async with open_state(app.state.settings) as state:
        app.state.running = state
        try:
            yield {protocol.SHUTDOWN_CALLBACKS: (state.summary_broadcaster.close,)}
        finally:
            del app.state.running


@asynccontextmanager
async def open_state(settings: Settings) -> AsyncIterator[State]:
    """Open everything that an application needs. If a step fails, what was opened before it is closed."""
    async with AsyncExitStack() as stack:
        database = Database(settings)
        stack.push_async_callback(database.close)
        verifier = auth.TokenVerifier(settings)
        stack.push_async_callback(verifier.stop)
        await verifier.start()
        batcher = CheckInBatcher(partial(store_submissions, database), database.timeout_seconds)
        broadcaster = SummaryBroadcaster(summary_finder(database))
        stack.push_async_callback(broadcaster.stop)
        await stack.enter_async_context(run_sealer(settings))
        await stack.enter_async_context(purge_periodically(database))
        yield State(
            settings=settings,
            database=database,
            token_verifier=verifier,
            check_in_batcher=batcher,
            summary_broadcaster=broadcaster,
            importable=registry.IMPORTABLE,
            token_attempts=FailedAttemptLimiter(),
            receipt_clock=get_receipt_time,
        )
