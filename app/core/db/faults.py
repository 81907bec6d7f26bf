"""Classify database errors: transient faults, violated constraints, and statements that Postgres rejects.

StatementError           Postgres rejected a statement: an error in this service
ConstraintViolation      a constraint or trigger rejected a write
UnsuitableDatabase       the service cannot use a database as it is set up
"""

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.languages import Text

# Connection errors, no resources, shutdown or cancellation, read-only after a failover, serialization failures and
# deadlocks, a lock not obtained in time: they pass by themselves, and the caller did not cause them.
# The role or the database may be refused for a moment (28, 3D), such as while an operator restores it.
# A prepared statement is missing (26000) or there already (42P05) while a pooler is not in session mode.
TRANSIENT_SQLSTATES = ("08", "28", "3D", "53", "57P", "57014", "25006", "40", "55P03", "26000", "42P05")
CONTENTION_SQLSTATES = ("55P03", "40P01", "57014")  # a lock not obtained in time, a deadlock, a statement time-out
STALE_PLAN_SQLSTATE = "0A000"  # "cached plan must not change result type", after a migration


class UnsuitableDatabase(Exception):
    """The service cannot use a database, its server or what is in between. The text says why and what to do."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


def is_transient(error: BaseException) -> bool:
    """Return whether an error is temporary (no connection, timeout …), so that the request may succeed later."""
    if isinstance(error, UnsuitableDatabase):  # such as a pooler whose mode was changed while the service runs
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated or isinstance(error, InterfaceError):
            return True
        return is_transient(error.orig) if error.orig is not None else False
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):
        return sqlstate.startswith(TRANSIENT_SQLSTATES)
    faults = (PoolTimeout, TimeoutError, OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
    return isinstance(error, faults) or (isinstance(error.__cause__, Exception) and is_transient(error.__cause__))


def is_retryable(error: DBAPIError) -> bool:
    """Return whether repeating a failed read at once will probably succeed: connection lost, or plan stale.

    A restarted server has closed all pooled connections, which shows when they are next used. A plan from before a
    migration is made again at its next use. A time-out is not a DBAPIError, so it is never retried: that would only
    double the wait.
    """
    return error.connection_invalidated or getattr(find_driver_error(error), "sqlstate", None) == STALE_PLAN_SQLSTATE


def find_driver_error(error: DBAPIError) -> BaseException:
    """Return the asyncpg exception that SQLAlchemy has wrapped twice, or the innermost error that there is."""
    return (error.orig.__cause__ or error.orig) if error.orig is not None else error


def is_contention(error: BaseException) -> bool:
    """Return whether the cause of an Unavailable is a lock time-out, a deadlock or a statement time-out."""
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and getattr(find_driver_error(cause), "sqlstate", None) in CONTENTION_SQLSTATES


class StatementError(Exception):
    """Postgres rejected a statement. The message omits the values, which may be names of people."""

    def __init__(self, sql: str, error: DBAPIError) -> None:
        cause = find_driver_error(error)
        super().__init__(f"{type(cause).__name__} {getattr(cause, 'sqlstate', '')} in: {sql}")


class ConstraintViolation(Exception):
    """A constraint or a trigger rejected a write.

    `constraint` and `table` are their names. `hint` comes from triggers of this service (migrations/sql/rules.sql).
    """

    def __init__(self, constraint: str, table: str, hint: str = "") -> None:
        super().__init__(f"{constraint} of {table}")
        self.constraint = constraint
        self.table = table
        self.hint = hint


def constraint_violation_of(error: DBAPIError) -> ConstraintViolation | None:
    """Return the constraint violation that a database error reports, or None if it has another cause."""
    cause = find_driver_error(error)
    if isinstance(cause, asyncpg.IntegrityConstraintViolationError):
        values = (getattr(cause, name, None) or "" for name in ("constraint_name", "table_name", "hint"))
        return ConstraintViolation(*values)
    return None
