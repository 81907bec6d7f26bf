"""Read from Postgres with a deadline, and turn transient database errors into 503.

A `Reader` can only read. Each statement takes a connection from the pool for as long as it runs, in autocommit mode, so
a request occupies no connection between its statements.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import telemetry
from app.core.db.faults import StatementError, is_retryable, is_transient
from app.core.db.pools import create_history_engine, create_read_engine, create_write_engine
from app.core.db.sessions import READ_AS_KNOWN_AT
from app.core.db.statements import Statement
from app.core.problems import TooRecent, Unavailable
from app.settings import Settings

Row = tuple[Any, ...]
T = TypeVar("T")

MAX_COMMIT_DURATION = timedelta(seconds=10)
"""Longer than a transaction can take from the stamp of its commit to its end (migrations/sql/history.sql)."""

SELECT_PAGE_TOKEN_SECRET = Statement(text("SELECT key FROM service_keys WHERE purpose = 'page_tokens'"))


class Database:
    """The connection pools of a worker, and the database's key for page tokens once it has been read."""

    def __init__(self, settings: Settings) -> None:
        self.read_engine = create_read_engine(settings)
        self.history_engine = create_history_engine(settings)
        self.write_engine = create_write_engine(settings)
        self.timeout_seconds = settings.deadline
        self.page_token_secret: bytes | None = None

    def reader(self) -> "Reader":
        """Create a reader of this database for one request; its deadline starts now."""
        return Reader(self)

    async def close(self) -> None:
        """Close all pooled connections of the database, for reading and for writing."""
        for engine in (self.read_engine, self.history_engine, self.write_engine):
            await engine.dispose()


class Queryable(Protocol):
    """The interface through which repositories read: a `Reader`, or a `Transaction`."""

    async def fetch_all(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """Run a statement and return all its rows."""

    async def fetch_first(self, statement: Statement, parameters: Mapping[str, Any]) -> Row | None:
        """Run a statement and return its first row, or None if it has no rows."""

    async def fetch_one(self, statement: Statement, parameters: Mapping[str, Any]) -> Row:
        """Run a statement that always has a row, and return its first row; IndexError if it has none."""

    async def page_token_secret(self) -> bytes:
        """Return the secret from the database that signs page tokens; all workers share it."""

    def known_at(self, known_at: datetime | None) -> "Queryable":
        """Return a reader of the record as it was known at an instant; None: as it is now."""


class Reader:
    """Runs the read statements of one request, all before one deadline.

    Args:
        database: The pools to take connections from.
        known_at: Read the record as it was known at this instant; None: as it is now.
        deadline: Monotonic seconds; by default `Settings.deadline` seconds from now.
    """

    def __init__(self, database: Database, known_at: datetime | None = None, deadline: float | None = None) -> None:
        self._database = database
        self._known_at = known_at
        self._deadline = time.monotonic() + database.timeout_seconds if deadline is None else deadline

    def restart_deadline(self) -> None:
        """Let the deadline start now, after the request has waited for something else than the database."""
        self._deadline = time.monotonic() + self._database.timeout_seconds

    def known_at(self, known_at: datetime | None) -> "Reader":
        """Return a reader of the record as known at an instant (None: now), with the deadline of this one.

        Raises:
            TooRecent: A transaction stamped with that instant may not have ended yet.
        """
        if known_at is None:
            return self
        if known_at > datetime.now(UTC) - MAX_COMMIT_DURATION:
            raise TooRecent
        return Reader(self._database, known_at, self._deadline)

    @property
    def instant(self) -> datetime | None:
        """The instant whose record this reader reads; None: the present."""
        return self._known_at

    def before_commit(self, stamp: datetime) -> "Reader":
        """Return a reader of the record as it was just before the commit with this stamp, which has been read.

        Unlike `known_at` it accepts a commit of this moment: commits end in the order of their stamps.
        """
        return Reader(self._database, stamp - timedelta(microseconds=1), self._deadline)

    async def fetch_all(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """Run a reading statement before the deadline, twice if the first error is retryable; return all its rows.

        Raises:
            Unavailable: The database cannot be reached or did not answer before the deadline.
            StatementError: Postgres rejected the statement, which is an error in this service.
        """
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
        """Run a reading statement and return its first row, or None if it has no rows."""
        rows = await self.fetch_all(statement, parameters)
        return rows[0] if rows else None

    async def fetch_one(self, statement: Statement, parameters: Mapping[str, Any]) -> Row:
        """Run a reading statement that always has a row, and return its first row; IndexError if it has none."""
        return (await self.fetch_all(statement, parameters))[0]

    async def page_token_secret(self) -> bytes:
        """Return the secret that signs page tokens; the first call reads it from the database, later ones do not."""
        if self._database.page_token_secret is None:
            self._database.page_token_secret = bytes((await self.fetch_one(SELECT_PAGE_TOKEN_SECRET, {}))[0])
        return self._database.page_token_secret

    async def _execute_with_retry(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """Run a statement and, if its error is retryable, once more; return its rows."""
        try:
            return await self._execute(statement, parameters)
        except DBAPIError as error:
            if not is_retryable(error):
                raise
        return await self._execute(statement, parameters)

    async def _execute(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """Run a statement on a connection from the pool for reading, or for past instants, and return its rows."""
        engine = self._database.read_engine if self._known_at is None else self._database.history_engine
        with telemetry.count_connection_wait():
            connection = await engine.connect()
        with telemetry.POOL_IN_USE.track_inprogress():
            is_finished = self._known_at is None
            try:
                if self._known_at is not None:
                    await _begin_reading_past(connection, self._known_at)
                rows = (await connection.exec_driver_sql(statement.sql, statement.bind_values(parameters))).all()
                if self._known_at is not None:
                    await connection.exec_driver_sql("COMMIT")
                is_finished = True
                return rows
            finally:
                await release_connection(connection, is_finished)


async def _begin_reading_past(connection: AsyncConnection, known_at: datetime) -> None:
    """Begin a transaction that reads the record as it was known at an instant.

    The settings end with the transaction, and no pooler gives its connection to another client before its end. So
    nothing else reads the past, and nothing that must read the past reads the present.
    """
    await connection.exec_driver_sql("BEGIN READ ONLY")
    await connection.exec_driver_sql(READ_AS_KNOWN_AT, (known_at.isoformat(),))


async def release_connection(connection: AsyncConnection, is_finished: bool) -> None:
    """Return a connection to the pool; first roll back unless it is finished, and close it if that fails."""
    if not is_finished:
        try:
            await await_until(time.monotonic() + 1, connection.exec_driver_sql("ROLLBACK"))
        except Exception:
            await await_until(time.monotonic() + 1, connection.invalidate())
    await connection.close()


async def await_until(
    deadline: float, work: Coroutine[Any, Any, T], *, release: Callable[[T], Awaitable[None]] | None = None
) -> T:
    """Await `work`; at the deadline (monotonic seconds), cancel it in the background and raise TimeoutError.

    If the server hangs, even closing a connection can take seconds. The caller does not wait for that: the cancelled
    task ends in the background. `release` is called with the result of a task that succeeds after its caller has
    stopped waiting.
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
    """Cancel a task without waiting for its end; if it still succeeds, call `release` with its result."""
    task.cancel()
    waiting = asyncio.ensure_future(_await_cancelled_task(task, release))
    _cancelled_tasks.add(waiting)
    waiting.add_done_callback(_cancelled_tasks.discard)


async def _await_cancelled_task(task: "asyncio.Task[T]", release: Callable[[T], Awaitable[None]] | None) -> None:
    """Wait for the end of a cancelled task; if it succeeded all the same, call `release` with its result."""
    await asyncio.wait({task})
    # exception() also marks the error as retrieved; asyncio would log a warning otherwise.
    if not task.cancelled() and task.exception() is None and release is not None:
        await release(task.result())


_cancelled_tasks: set["asyncio.Future[None]"] = set()
"""Tasks that wait for cancelled ones. asyncio keeps only weak references, so they could be garbage-collected."""
