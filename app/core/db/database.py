"""Postgres: connections with limits on every wait, and one place that turns its faults into 503.

`Read` in a route's signature is a handle that can only read. A statement borrows a connection for just as long as it
runs, outside any transaction (autocommit), so a request holds nothing between its statements.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import telemetry
from app.core.db.faults import StatementError, is_retryable, is_transient
from app.core.db.pools import create_history_engine, create_read_engine, create_write_engine
from app.core.db.statements import Statement
from app.core.problems import TooRecent, Unavailable
from app.settings import Settings

Row = tuple[Any, ...]
T = TypeVar("T")

SET_KNOWN_AT_SQL = "SELECT set_config('rakornas.known_at', $1, false)"
MAX_COMMIT_DURATION = timedelta(seconds=10)  # longer than a commit can take between its stamp and its end

SELECT_PAGE_KEY = Statement(text("SELECT key FROM service_keys WHERE purpose = 'page_tokens'"))


class Database:
    """The engine, and what a worker remembers of the database."""

    def __init__(self, settings: Settings) -> None:
        self.read_engine = create_read_engine(settings)
        self.history_engine = create_history_engine(settings)
        self.write_engine = create_write_engine(settings)
        self.deadline = settings.deadline
        self.page_key: bytes | None = None

    def reader(self) -> "Reader":
        return Reader(self)

    async def close(self) -> None:
        for engine in (self.read_engine, self.history_engine, self.write_engine):
            await engine.dispose()


class Queryable(Protocol):
    """What repositories read through: a `Reader`, or the transaction of a write."""

    async def fetch_all(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]: ...
    async def fetch_first(self, statement: Statement, parameters: Mapping[str, Any]) -> Row | None: ...
    async def fetch_one(self, statement: Statement, parameters: Mapping[str, Any]) -> Row: ...
    async def page_key(self) -> bytes: ...
    def known_at(self, known_at: datetime | None) -> "Queryable": ...


class Reader:
    """What one request reads through. All its statements together have one deadline.

    `known_at`: they see the record as it was at that instant.
    """

    def __init__(self, database: Database, known_at: datetime | None = None, deadline: float | None = None) -> None:
        self._database = database
        self._known_at = known_at
        self._deadline = time.monotonic() + database.deadline if deadline is None else deadline

    def known_at(self, known_at: datetime | None) -> "Reader":
        """A reader of the record as it was, within the same deadline; None: as it is.

        Raises TooRecent where a write of that instant may not have ended yet.
        """
        if known_at is None:
            return self
        if known_at > datetime.now(UTC) - MAX_COMMIT_DURATION:
            raise TooRecent
        return Reader(self._database, known_at, self._deadline)

    async def fetch_all(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """All rows of one statement; Unavailable when the database cannot answer in time."""
        try:
            return await await_until(self._deadline, self._execute_with_retry(statement, parameters))
        except Exception as error:
            if is_transient(error):
                telemetry.record_database_fault(error)
                raise Unavailable from error
            if isinstance(error, DBAPIError):
                raise StatementError(statement.sql, error) from None
            raise

    async def fetch_first(self, statement: Statement, parameters: Mapping[str, Any]) -> Row | None:
        """The first row of one statement, or None."""
        rows = await self.fetch_all(statement, parameters)
        return rows[0] if rows else None

    async def fetch_one(self, statement: Statement, parameters: Mapping[str, Any]) -> Row:
        """The row of a statement that always has one."""
        return (await self.fetch_all(statement, parameters))[0]

    async def page_key(self) -> bytes:
        """The secret that signs page tokens, the same for every worker of this database."""
        if self._database.page_key is None:
            self._database.page_key = bytes((await self.fetch_one(SELECT_PAGE_KEY, {}))[0])
        return self._database.page_key

    async def _execute_with_retry(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        try:
            return await self._execute(statement, parameters)
        except DBAPIError as error:
            if not is_retryable(error):
                raise
        return await self._execute(statement, parameters)

    async def _execute(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        engine = self._database.read_engine if self._known_at is None else self._database.history_engine
        with telemetry.track_connection_wait():
            connection = await engine.connect()
        with telemetry.POOL_IN_USE.track_inprogress():
            try:
                if self._known_at is not None:
                    await connection.exec_driver_sql(SET_KNOWN_AT_SQL, (self._known_at.isoformat(),))
                return (await connection.exec_driver_sql(statement.sql, statement.bind_values(parameters))).all()
            finally:
                await connection.close()


async def await_until(
    deadline: float, work: Coroutine[Any, Any, T], *, release: Callable[[T], Awaitable[None]] | None = None
) -> T:
    """Await `work`; raise TimeoutError at the deadline (monotonic seconds).

    A frozen server may hold even the closing of a connection for seconds. The caller does not wait for that: the task
    is left to clean up behind the answer. `release` is called with the result of a task that ends all the same after
    its caller has gone.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=max(0.0, deadline - time.monotonic()))
    except asyncio.CancelledError:
        _cancel_in_background(task, release)
        raise
    if not done:
        _cancel_in_background(task, release)
        raise TimeoutError("the deadline of a request's work in the database has passed")
    return task.result()


def _cancel_in_background(task: "asyncio.Task[T]", release: Callable[[T], Awaitable[None]] | None) -> None:
    """Cancel a task without waiting for it; it may be over already, or end before it notices."""
    task.cancel()
    waiting = asyncio.ensure_future(_await_cancelled_task(task, release))
    _cancelled_tasks.add(waiting)
    waiting.add_done_callback(_cancelled_tasks.discard)


async def _await_cancelled_task(task: "asyncio.Task[T]", release: Callable[[T], Awaitable[None]] | None) -> None:
    await asyncio.wait({task})
    # Its error is looked at, so that asyncio does not complain of one never retrieved.
    if not task.cancelled() and task.exception() is None and release is not None:
        await release(task.result())


_cancelled_tasks: set["asyncio.Future[None]"] = set()
"""Tasks that end behind their callers: asyncio itself keeps no reference to them."""
