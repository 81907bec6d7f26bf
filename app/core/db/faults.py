"""What went wrong in the database: a fault that passes, a rule that a write breaks, or a mistake of ours."""

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# Connection trouble, no resources, shut down or cancelled, read-only after a failover, a conflict worth another try,
# a lock not had in time: faults that pass, and none of the caller's making.
TRANSIENT_SQLSTATES = ("08", "53", "57P", "57014", "25006", "40", "55P03")
CONTENTION_SQLSTATES = ("55P03", "40P01", "57014")  # no lock in time, a deadlock, too slow
STALE_PLAN_SQLSTATE = "0A000"


def is_transient(error: BaseException) -> bool:
    """Whether a fault is one that passes by itself, so that the caller may come back."""
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
    """Whether the same read may well succeed at once.

    A server that was restarted has cut all pooled connections, which shows at their next use; a plan made before a
    migration is made anew at its next use. A time-out is none of SQLAlchemy's errors and never comes here: another try
    would only double the wait.
    """
    return error.connection_invalidated or getattr(find_driver_error(error), "sqlstate", None) == STALE_PLAN_SQLSTATE


def find_driver_error(error: DBAPIError) -> BaseException:
    """What asyncpg said, beneath the two layers that SQLAlchemy puts around it."""
    return (error.orig.__cause__ or error.orig) if error.orig is not None else error


def is_contention(error: BaseException) -> bool:
    """Whether behind an Unavailable the server has undone a statement for what others hold, or for how long it took."""
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and getattr(find_driver_error(cause), "sqlstate", None) in CONTENTION_SQLSTATES


class StatementError(Exception):
    """A statement that Postgres refuses: a fault of ours. Without the values, which may be names of people."""

    def __init__(self, sql: str, error: DBAPIError) -> None:
        cause = find_driver_error(error)
        super().__init__(f"{type(cause).__name__} {getattr(cause, 'sqlstate', '')} in: {sql}")


class ConstraintViolation(Exception):
    """A constraint that refuses a write: its name, the table that it stands in, and a hint of ours, if it gives one."""

    def __init__(self, constraint: str, table: str, hint: str = "") -> None:
        super().__init__(f"{constraint} of {table}")
        self.constraint = constraint
        self.table = table
        self.hint = hint


def constraint_violation_of(error: DBAPIError) -> ConstraintViolation | None:
    """The rule that a statement has broken, if that is what went wrong."""
    cause = find_driver_error(error)
    if isinstance(cause, asyncpg.IntegrityConstraintViolationError):
        told = (getattr(cause, name, None) or "" for name in ("constraint_name", "table_name", "hint"))
        return ConstraintViolation(*told)
    return None
