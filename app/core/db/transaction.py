"""Transactions that write, each within one deadline from BEGIN to COMMIT."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import telemetry
from app.core.db.database import SELECT_PAGE_TOKEN_SECRET, Database, Row, await_until, release_connection
from app.core.db.faults import StatementError, constraint_violation_of, is_transient
from app.core.db.statements import Statement
from app.core.problems import Unavailable


class Rollback(Exception):
    """Raise it in an `open_transaction` block to roll back; the block then ends without an error."""


class Transaction:
    """Runs the statements of one transaction, all before one deadline. Reads as a `Reader` does.

    Each statement may raise ConstraintViolation, with the name of the constraint that rejected it, StatementError or a
    transient error, which `open_transaction` turns into Unavailable. After any of them the transaction is rolled back.

    Args:
        connection: A connection on which the transaction has begun or will begin.
        deadline: Monotonic seconds.
    """

    def __init__(self, connection: AsyncConnection, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    async def fetch_all(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """Run a statement in this transaction and return all its rows."""
        return await self.fetch(statement.sql, *statement.bind_values(parameters))

    async def fetch_first(self, statement: Statement, parameters: Mapping[str, Any]) -> Row | None:
        """Run a statement in this transaction and return its first row, or None if it has no rows."""
        rows = await self.fetch_all(statement, parameters)
        return rows[0] if rows else None

    async def fetch_one(self, statement: Statement, parameters: Mapping[str, Any]) -> Row:
        """Run a statement that always has a row in this transaction, and return its first row."""
        return (await self.fetch_all(statement, parameters))[0]

    async def fetch(self, sql: str, *values: Any) -> Sequence[Row]:
        """Run SQL text in this transaction and return its rows; an empty list if it returns none."""
        result = await self.execute(sql, values)
        return result.all() if result.returns_rows else []

    async def execute(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        """Run SQL text in this transaction, with `values` for $1, $2, …, and return SQLAlchemy's result.

        Raises:
            ConstraintViolation: A constraint or a trigger rejected the write.
            StatementError: Postgres rejected the statement, which is an error in this service.
        """
        try:
            return await await_until(self._deadline, self._connection.exec_driver_sql(sql, values))
        except DBAPIError as error:
            if violation := constraint_violation_of(error):
                raise violation from None
            if is_transient(error):
                raise
            raise StatementError(sql, error) from None

    async def check_deferred_constraints(self) -> None:
        """Check deferred constraints now instead of at the commit; ConstraintViolation if one is violated.

        Raises:
            ConstraintViolation: A deferred constraint rejected the write.
        """
        await self.execute("SET CONSTRAINTS ALL IMMEDIATE")

    async def ping(self) -> None:
        """Run `SELECT 1`, so that other tasks run meanwhile and the deadline is enforced."""
        await self.execute("SELECT 1")

    async def page_token_secret(self) -> bytes:
        """Read the secret that signs page tokens from the database; all workers on it share the secret."""
        return bytes((await self.fetch_one(SELECT_PAGE_TOKEN_SECRET, {}))[0])

    def known_at(self, known_at: datetime | None) -> "Transaction":
        """Return this transaction if `known_at` is None; else raise RuntimeError, because it reads only the present."""
        if known_at is not None:
            raise RuntimeError("a transaction cannot read the record as it was known at an instant")
        return self


@asynccontextmanager
async def open_transaction(database: Database, *, timeout_seconds: float | None = None) -> AsyncIterator[Transaction]:
    """Open a transaction with a time limit: it commits when the block ends, and rolls back when the block raises.

    `Rollback` ends the block without an error. The commit happens before the block is left, so a response that is sent
    after the block reports committed data.

    Args:
        database: The pools to take a connection from.
        timeout_seconds: Time for the whole block, in seconds; by default `Settings.deadline`.

    Raises:
        Unavailable: The database failed or the time is over. If that happens during the commit, the transaction may or
            may not have been committed; it is not repeated here.
    """
    deadline = time.monotonic() + (timeout_seconds or database.timeout_seconds)
    try:
        connection = await _begin(database, deadline)
    except Exception as error:
        _raise_if_transient(error)
        raise
    with telemetry.POOL_IN_USE.track_inprogress():
        is_committed = False
        try:
            transaction = Transaction(connection, deadline)
            yield transaction
            await transaction.execute("COMMIT")
            is_committed = True
        except Rollback:
            pass
        except Exception as error:
            _raise_if_transient(error)
            raise
        finally:
            await release_connection(connection, is_committed)


async def execute_once(database: Database, sql: str, *values: Any) -> Sequence[Row]:
    """Run one writing statement, which commits by itself, in one round trip, and return its rows.

    Raises:
        Unavailable: The database failed or the deadline passed. The statement may or may not have been committed.
        ConstraintViolation: A constraint or a trigger rejected the write.
    """
    deadline = time.monotonic() + database.timeout_seconds
    try:
        with telemetry.count_connection_wait():
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
            await release_connection(connection, is_committed)
    return rows


async def _begin(database: Database, deadline: float) -> AsyncConnection:
    """Take a connection and begin a transaction, on another connection if the first was lost: nothing was sent yet.

    SQLAlchemy replaces all connections of a pool when it finds that one was lost.
    """
    try:
        return await _begin_once(database, deadline)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    return await _begin_once(database, deadline)


async def _begin_once(database: Database, deadline: float) -> AsyncConnection:
    """Take a connection from the pool for writing and begin a transaction on it."""
    with telemetry.count_connection_wait():
        connection = await await_until(deadline, _connect(database), release=AsyncConnection.close)
    try:
        await Transaction(connection, deadline).execute("BEGIN ISOLATION LEVEL READ COMMITTED")
    except BaseException:
        await release_connection(connection, is_finished=False)
        raise
    return connection


async def _connect(database: Database) -> AsyncConnection:
    """Take a connection from the pool for writing; wait for one if all are in use."""
    return await database.write_engine.connect()


def _raise_if_transient(error: BaseException) -> None:
    """If an error is transient, count it, log it and raise Unavailable from it; else do nothing."""
    if is_transient(error):
        telemetry.record_database_fault(error)
        raise Unavailable from error
