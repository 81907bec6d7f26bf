"""One transaction that writes, from its first statement to its commit."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import telemetry
from app.core.db.database import SELECT_PAGE_KEY, Database, Row, await_until
from app.core.db.faults import StatementError, constraint_violation_of, is_transient
from app.core.db.statements import Statement
from app.core.problems import Unavailable


class Rollback(Exception):
    """Raised within a transaction that is to leave nothing behind."""


class Transaction:
    """What a write goes through. It reads as a `Reader` does, and sees what it has written itself.

    Every statement may raise Unavailable, or ConstraintViolation with the name of the constraint that refuses
    it: after either, nothing of the transaction is kept.
    """

    def __init__(self, connection: AsyncConnection, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    async def fetch_all(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        return await self.fetch(statement.sql, *statement.bind_values(parameters))

    async def fetch_first(self, statement: Statement, parameters: Mapping[str, Any]) -> Row | None:
        rows = await self.fetch_all(statement, parameters)
        return rows[0] if rows else None

    async def fetch_one(self, statement: Statement, parameters: Mapping[str, Any]) -> Row:
        return (await self.fetch_all(statement, parameters))[0]

    async def fetch(self, sql: str, *values: Any) -> Sequence[Row]:
        """The rows that a statement returns, none for one that returns nothing."""
        result = await self.execute(sql, values)
        return result.all() if result.returns_rows else []

    async def execute(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        try:
            return await await_until(self._deadline, self._connection.exec_driver_sql(sql, values))
        except DBAPIError as error:
            if broken := constraint_violation_of(error):
                raise broken from None
            if is_transient(error):
                raise
            raise StatementError(sql, error) from None

    async def page_key(self) -> bytes:
        return bytes((await self.fetch_one(SELECT_PAGE_KEY, {}))[0])

    def known_at(self, known_at: datetime | None) -> "Transaction":
        if known_at is not None:
            raise RuntimeError("a transaction writes the record of today")
        return self


@asynccontextmanager
async def open_transaction(database: Database, *, timeout_seconds: float | None = None) -> AsyncIterator[Transaction]:
    """A transaction: committed when the block ends, rolled back when it raises. Rollback ends it in silence.

    The commit is part of the block's end, so whoever answers after it answers for what is kept. Unavailable when the
    database fails, also in the commit: then nobody knows whether it was kept, and nothing here tries again.
    """
    deadline = time.monotonic() + (timeout_seconds or database.deadline)
    try:
        with telemetry.track_connection_wait():
            connection = await await_until(deadline, _connect(database), release=AsyncConnection.close)
    except Exception as error:
        _raise_if_transient(error)
        raise
    with telemetry.POOL_IN_USE.track_inprogress():
        is_committed = False
        try:
            transaction = Transaction(connection, deadline)
            await transaction.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
            yield transaction
            await transaction.execute("COMMIT")
            is_committed = True
        except Rollback:
            pass
        except Exception as error:
            _raise_if_transient(error)
            raise
        finally:
            await _release_connection(connection, is_committed)


async def execute_once(database: Database, sql: str, *values: Any) -> Sequence[Row]:
    """The rows of one statement that writes, and is a transaction of its own: one way to the server and back.

    Unavailable and ConstraintViolation as within a transaction; after the former nobody knows whether it was kept.
    """
    deadline = time.monotonic() + database.deadline
    try:
        with telemetry.track_connection_wait():
            connection = await await_until(deadline, _connect(database), release=AsyncConnection.close)
    except Exception as error:
        _raise_if_transient(error)
        raise
    with telemetry.POOL_IN_USE.track_inprogress():
        is_committed = False
        try:
            rows = await Transaction(connection, deadline).fetch(sql, *values)
            is_committed = True
        except Exception as error:
            _raise_if_transient(error)
            raise
        finally:
            await _release_connection(connection, is_committed)
    return rows


async def _connect(database: Database) -> AsyncConnection:
    return await database.write_engine.connect()


async def _release_connection(connection: AsyncConnection, is_finished: bool) -> None:
    """To the pool when the transaction is known to be over, else away with it: the server rolls back what is open."""
    if not is_finished:
        try:
            await await_until(time.monotonic() + 1, connection.exec_driver_sql("ROLLBACK"))
        except Exception:
            await await_until(time.monotonic() + 1, connection.invalidate())
    await connection.close()


def _raise_if_transient(error: BaseException) -> None:
    """Unavailable for a fault that passes."""
    if is_transient(error):
        telemetry.record_database_fault(error)
        raise Unavailable from error
