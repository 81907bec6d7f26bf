"""One transaction that writes, from its first statement to its commit."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import telemetry
from app.core.db.database import PAGE_KEY, Database, Row, within
from app.core.db.faults import StatementError, passing, rule_broken_by
from app.core.db.statements import Statement
from app.core.problems import Unavailable


class NothingKept(Exception):
    """Raised within a transaction that is to leave nothing behind."""


class Writer:
    """What a write goes through. It reads as a `Reader` does, and sees what it has written itself.

    Every statement may raise Unavailable, or RuleBroken with the name of the constraint that refuses it: after either,
    nothing of the transaction is kept.
    """

    def __init__(self, connection: AsyncConnection, until: float) -> None:
        self._connection = connection
        self._until = until

    async def rows(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        return await self.fetch(statement.sql, *statement.values(parameters))

    async def row(self, statement: Statement, parameters: Mapping[str, Any]) -> Row | None:
        found = await self.rows(statement, parameters)
        return found[0] if found else None

    async def one(self, statement: Statement, parameters: Mapping[str, Any]) -> Row:
        return (await self.rows(statement, parameters))[0]

    async def fetch(self, sql: str, *values: Any) -> Sequence[Row]:
        """The rows that a statement returns, none for one that returns nothing."""
        result = await self.run(sql, values)
        return result.all() if result.returns_rows else []

    async def run(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        try:
            return await within(self._until, self._connection.exec_driver_sql(sql, values))
        except DBAPIError as error:
            if broken := rule_broken_by(error):
                raise broken from None
            if passing(error):
                raise
            raise StatementError(sql, error) from None

    async def page_key(self) -> bytes:
        return bytes((await self.one(PAGE_KEY, {}))[0])

    def at(self, known_at: datetime | None) -> "Writer":
        if known_at is not None:
            raise RuntimeError("a transaction writes the record of today")
        return self


@asynccontextmanager
async def writing(database: Database, *, seconds: float | None = None) -> AsyncIterator[Writer]:
    """A transaction: committed when the block ends, rolled back when it raises. NothingKept ends it in silence.

    The commit is part of the block's end, so whoever answers after it answers for what is kept. Unavailable when the
    database fails, also in the commit: then nobody knows whether it was kept, and nothing here tries again.
    """
    until = time.monotonic() + (seconds or database.deadline)
    try:
        with telemetry.waiting_for_connection():
            connection = await within(until, _connect(database), release=AsyncConnection.close)
    except Exception as error:
        _tell(error)
        raise
    with telemetry.POOL_IN_USE.track_inprogress():
        ended = False
        try:
            write = Writer(connection, until)
            await write.run("BEGIN ISOLATION LEVEL READ COMMITTED")
            yield write
            await write.run("COMMIT")
            ended = True
        except NothingKept:
            pass
        except Exception as error:
            _tell(error)
            raise
        finally:
            await _give_back(connection, ended)


async def at_once(database: Database, sql: str, *values: Any) -> Sequence[Row]:
    """The rows of one statement that writes, and is a transaction of its own: one way to the server and back.

    Unavailable and RuleBroken as within a transaction; after the former nobody knows whether it was kept.
    """
    until = time.monotonic() + database.deadline
    try:
        with telemetry.waiting_for_connection():
            connection = await within(until, _connect(database), release=AsyncConnection.close)
    except Exception as error:
        _tell(error)
        raise
    with telemetry.POOL_IN_USE.track_inprogress():
        ended = False
        try:
            found = await Writer(connection, until).fetch(sql, *values)
            ended = True
        except Exception as error:
            _tell(error)
            raise
        finally:
            await _give_back(connection, ended)
    return found


async def _connect(database: Database) -> AsyncConnection:
    return await database.writes.connect()


async def _give_back(connection: AsyncConnection, ended: bool) -> None:
    """To the pool when the transaction is known to be over, else away with it: the server rolls back what is open."""
    if not ended:
        try:
            await within(time.monotonic() + 1, connection.exec_driver_sql("ROLLBACK"))
        except Exception:
            await within(time.monotonic() + 1, connection.invalidate())
    await connection.close()


def _tell(error: BaseException) -> None:
    """Unavailable for a fault that passes."""
    if passing(error):
        telemetry.database_fault(error)
        raise Unavailable from error
