"""Postgres: connections with limits on every wait, and one place that turns its faults into 503.

`Read` in a route's signature is a handle that can only read. A statement borrows a connection for just as long as it
runs, outside any transaction (autocommit), so a request holds nothing between its statements.
"""

import asyncio
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
# A plan made before a migration; its connection makes a new one at the next try (PostgreSQL, PREPARE).
STALE_PLAN = "0A000"

PAGE_KEY = Statement(text("SELECT key FROM service_keys WHERE purpose = 'page_tokens'"))


def url_of(settings: Settings) -> str:
    if not settings.database_url:
        raise RuntimeError("DATABASE_URL is not set; `rakornas serve` sets it for the embedded server")
    return settings.database_url


def reading_engine(settings: Settings) -> AsyncEngine:
    """Connections on which nothing can be written. The URL goes to asyncpg as it is, multi-host and all."""

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(
            url_of(settings),
            timeout=settings.connect_timeout,
            command_timeout=settings.command_timeout,
            server_settings={
                "application_name": "rakornas",
                "timezone": "UTC",
                "default_transaction_read_only": "on",
                "statement_timeout": "3s",
                "lock_timeout": "2s",
                "idle_in_transaction_session_timeout": "10s",
                "pg_trgm.word_similarity_threshold": "0.45",
                "jit": "off",
            },
        )

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout,
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
    return isinstance(error, PoolTimeout | TimeoutError | OSError | asyncpg.InterfaceError) or (
        isinstance(error.__cause__, Exception) and passing(error.__cause__)
    )


class Database:
    """The handle that repositories read through."""

    def __init__(self, settings: Settings) -> None:
        self.engine = reading_engine(settings)
        self.deadline = settings.deadline
        self._page_key: bytes | None = None

    async def rows(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """All rows of one statement; Unavailable when the database cannot answer in time."""
        try:
            return await self._within_deadline(statement, parameters)
        except Exception as error:
            if not passing(error):
                raise
            observability.database_fault(error)
            raise Unavailable from error

    async def row(self, statement: Statement, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row of one statement, or None."""
        found = await self.rows(statement, parameters)
        return found[0] if found else None

    async def page_key(self) -> bytes:
        """The secret that signs page tokens, the same for every worker of this database."""
        if self._page_key is None:
            found = await self.row(PAGE_KEY, {})
            if found is None:
                raise LookupError("service_keys has no key for page_tokens")
            self._page_key = bytes(found[0])
        return self._page_key

    async def close(self) -> None:
        await self.engine.dispose()

    async def _within_deadline(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        # A frozen server may hold even the closing of a connection for seconds. The caller does not wait for that:
        # the task is left to clean up behind the answer.
        task = asyncio.ensure_future(self._run(statement, parameters))
        try:
            done, _ = await asyncio.wait({task}, timeout=self.deadline)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if done:
            return task.result()
        task.cancel()
        task.add_done_callback(_forget)
        raise TimeoutError("the deadline of a database read has passed")

    async def _run(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        try:
            return await self._once(statement, parameters)
        except DBAPIError as error:
            # A server that was restarted has cut all pooled connections, which shows at their next use. Reading again
            # is safe; reading again after a time-out would only double the wait.
            if not error.connection_invalidated or isinstance(error.orig, TimeoutError):
                raise
        return await self._once(statement, parameters)

    async def _once(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        with observability.waiting_for_connection():
            connection = await self.engine.connect()
        with observability.POOL_IN_USE.track_inprogress():
            try:
                return (await connection.exec_driver_sql(statement.sql, statement.values(parameters))).all()
            finally:
                await connection.close()


def _forget(task: "asyncio.Task[Any]") -> None:
    """Take note of a late task's error, so that asyncio does not complain of one never retrieved."""
    if not task.cancelled():
        task.exception()


async def get_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


Read = Annotated[Database, Depends(get_database)]
