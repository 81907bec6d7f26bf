"""Postgres: connections with limits on every wait, and one place that turns its faults into 503.

`Read` in a route's signature is a handle that can only read. A statement borrows a connection for just as long as it
runs, outside any transaction (autocommit), so a request holds nothing between its statements.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.core import observability
from app.core.problems import Unavailable
from app.core.statements import Statement
from app.settings import Settings

# Connection trouble, no resources, shut down or cancelled, read-only after a failover, a conflict worth another try,
# a lock not had in time: faults that pass, and none of the caller's making.
PASSING = ("08", "53", "57P", "57014", "25006", "40", "55P03")
STALE_PLAN = "0A000"

Row = tuple[Any, ...]

PAGE_KEY = Statement(text("SELECT key FROM service_keys WHERE purpose = 'page_tokens'"))


def url_of(settings: Settings) -> str:
    if not settings.database_url:
        raise RuntimeError("DATABASE_URL is not set; `rakornas serve` sets it for the embedded server")
    return settings.database_url


def reading_engine(settings: Settings) -> AsyncEngine:
    """Connections on which nothing can be written. The URL goes to asyncpg as it is, multi-host and all."""

    async def connect() -> asyncpg.Connection:
        connection = await asyncpg.connect(
            url_of(settings),
            timeout=settings.connect_timeout,
            command_timeout=settings.command_timeout,
            server_settings={
                "application_name": "rakornas",
                "timezone": "UTC",
                "statement_timeout": "3s",
                "lock_timeout": "2s",
                "idle_in_transaction_session_timeout": "10s",
                "pg_trgm.word_similarity_threshold": "0.45",
                "jit": "off",
                "max_parallel_workers_per_gather": "0",  # a request is small, and the workers are many
            },
        )
        # Not at the start: asyncpg would take the server for a standby, and refuse a URL that asks for a primary.
        await connection.execute("SET default_transaction_read_only = on")
        return connection

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout,
        hide_parameters=True,
    )


def passing(error: BaseException) -> bool:
    """Whether a fault is one that passes by itself, so that the caller may come back."""
    if isinstance(error, DBAPIError):
        if error.connection_invalidated or isinstance(error, InterfaceError):
            return True
        return passing(error.orig) if error.orig is not None else False
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):
        return sqlstate.startswith(PASSING)
    faults = (PoolTimeout, TimeoutError, OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
    return isinstance(error, faults) or (isinstance(error.__cause__, Exception) and passing(error.__cause__))


def worth_another_try(error: DBAPIError) -> bool:
    """Whether the same read may well succeed at once.

    A server that was restarted has cut all pooled connections, which shows at their next use; a plan made before a
    migration is made anew at its next use. A time-out is none of SQLAlchemy's errors and never comes here: another try
    would only double the wait.
    """
    return error.connection_invalidated or getattr(driver_error(error), "sqlstate", None) == STALE_PLAN


def driver_error(error: DBAPIError) -> BaseException:
    """What asyncpg said, beneath the two layers that SQLAlchemy puts around it."""
    return (error.orig.__cause__ or error.orig) if error.orig is not None else error


class StatementError(Exception):
    """A statement that Postgres refuses: a fault of ours. Without the values, which may be names of people."""

    def __init__(self, statement: Statement, error: DBAPIError) -> None:
        cause = driver_error(error)
        super().__init__(f"{type(cause).__name__} {getattr(cause, 'sqlstate', '')} in: {statement.sql}")


class Database:
    """The engine, and what a worker remembers of the database."""

    def __init__(self, settings: Settings) -> None:
        self.engine = reading_engine(settings)
        self.deadline = settings.deadline
        self.page_key: bytes | None = None

    def reader(self) -> "Reader":
        return Reader(self)

    async def close(self) -> None:
        await self.engine.dispose()


class Reader:
    """What one request reads through. All its statements together have one deadline."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._until = time.monotonic() + database.deadline

    async def rows(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """All rows of one statement; Unavailable when the database cannot answer in time."""
        try:
            return await self._within_deadline(statement, parameters)
        except Exception as error:
            if passing(error):
                observability.database_fault(error)
                raise Unavailable from error
            if isinstance(error, DBAPIError):
                raise StatementError(statement, error) from None
            raise

    async def row(self, statement: Statement, parameters: Mapping[str, Any]) -> Row | None:
        """The first row of one statement, or None."""
        found = await self.rows(statement, parameters)
        return found[0] if found else None

    async def one(self, statement: Statement, parameters: Mapping[str, Any]) -> Row:
        """The row of a statement that always has one."""
        return (await self.rows(statement, parameters))[0]

    async def page_key(self) -> bytes:
        """The secret that signs page tokens, the same for every worker of this database."""
        if self._database.page_key is None:
            self._database.page_key = bytes((await self.one(PAGE_KEY, {}))[0])
        return self._database.page_key

    async def _within_deadline(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        # A frozen server may hold even the closing of a connection for seconds. The caller does not wait for that:
        # the task is left to clean up behind the answer.
        task = asyncio.ensure_future(self._run(statement, parameters))
        try:
            done, _ = await asyncio.wait({task}, timeout=max(0.0, self._until - time.monotonic()))
        except asyncio.CancelledError:
            _abandon(task)
            raise
        if not done:
            _abandon(task)
            raise TimeoutError("the deadline of a request's reading has passed")
        return task.result()

    async def _run(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        try:
            return await self._once(statement, parameters)
        except DBAPIError as error:
            if not worth_another_try(error):
                raise
        return await self._once(statement, parameters)

    async def _once(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        with observability.waiting_for_connection():
            connection = await self._database.engine.connect()
        with observability.POOL_IN_USE.track_inprogress():
            try:
                return (await connection.exec_driver_sql(statement.sql, statement.values(parameters))).all()
            finally:
                await connection.close()


def _abandon(task: "asyncio.Task[Any]") -> None:
    """Stop a task without waiting for it; its error is taken note of, lest asyncio complain of one never retrieved."""
    task.cancel()
    task.add_done_callback(lambda late: late.cancelled() or late.exception())


async def get_reader(request: Request) -> Reader:
    database: Database = request.app.state.database
    return database.reader()


Read = Annotated[Reader, Depends(get_reader)]
