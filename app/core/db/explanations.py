"""Sentences that tell an operator why a database cannot be used, and what to do."""

import errno
import socket
import ssl

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.db.faults import UnsuitableDatabase, find_driver_error

DATABASE_ERRORS = (
    OSError,  # TimeoutError too
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    DBAPIError,
    UnsuitableDatabase,
)
"""Errors of the database, of its driver, and of the connection to it."""
REMEDIES = {
    "28": "Correct the user and the password, or the rules for logins (pg_hba.conf).",
    "3D000": "Create it, or correct the name.",
    "25006": "Connect to the primary server (target_session_attrs=read-write), or end its read-only mode.",
    "42501": "Connect as the owner of the database, or let the owner run `rakornas migrate --grant-to ROLE`.",
    "42704": "Remove what the server does not know from the URL.",
    "53100": "Make room on the disk of the server.",
    "53300": "Close other connections, or raise max_connections of the server.",
    "55P03": "Another process holds a lock. Try again when it has ended.",
    "57014": "Try again when the server is less busy, or raise its statement_timeout.",
    "57P": "The server stops or starts. Try again.",
}
"""What to do, by SQLSTATE or its beginning."""


def explain_database_error(error: BaseException) -> str:
    """Return one or two sentences on an error of the driver, of SQLAlchemy or of the network, without SQL or values."""
    cause = _find_cause(error)
    if isinstance(cause, UnsuitableDatabase):
        return str(cause)
    if isinstance(cause, asyncpg.PostgresError):
        return _with_remedy(str(cause.args[0] if cause.args else cause), cause.sqlstate or "")
    if isinstance(cause, asyncpg.exceptions.TargetServerAttributeNotMatched):
        return "No server of the URL is what target_session_attrs asks for. Name another server, or leave that out."
    if isinstance(cause, socket.gaierror):
        return "The name of its host is not known. Correct the name, or the name server of this machine."
    if isinstance(cause, ssl.SSLError):
        return f"The encrypted connection failed: {_first_line(cause)}. Correct sslmode or the certificates."
    if isinstance(cause, ConnectionRefusedError | FileNotFoundError):
        return f"No server listens there ({cause.strerror or cause}). Start it, or correct the host and the port."
    if isinstance(cause, ConnectionError | asyncpg.ConnectionDoesNotExistError):
        return (
            "The server closed the connection at once. Make sure that it is a PostgreSQL server, and that it takes "
            "connections with the URL's sslmode."
        )
    if isinstance(cause, TimeoutError | PoolTimeout):
        return "It did not answer in time. Make sure that it runs and that a firewall does not drop the connection."
    if isinstance(cause, OSError):
        return f"{_first_line(cause)}. Start the server, or correct the host and the port."
    if isinstance(cause, ValueError):  # asyncpg's ClientConfigurationError too
        return f"The URL is not valid: {_end_sentence(_first_line(cause))}"
    return _end_sentence(_first_line(cause))


def is_complete(error: BaseException) -> bool:
    """Return whether the explanation of an error says by itself that it is about the database."""
    return isinstance(_find_cause(error), UnsuitableDatabase)


def is_database_error(error: BaseException) -> bool:
    """Return whether an error came from the database, its driver or the connection to it, and not from a file."""
    is_file_error = isinstance(error, OSError) and (error.filename is not None or error.errno == errno.ENOSPC)
    return (isinstance(error, DATABASE_ERRORS) and not is_file_error) or getattr(error, "code", None) == "unavailable"


def _find_cause(error: BaseException) -> BaseException:
    """Return the error of the driver or of the network that others wrap."""
    while True:
        if isinstance(error, DBAPIError):
            return find_driver_error(error)
        if getattr(error, "code", None) != "unavailable" or error.__cause__ is None:
            return error
        error = error.__cause__


def _with_remedy(message: str, sqlstate: str) -> str:
    """Return the server's message and what to do, if that is known for the SQLSTATE."""
    remedy = next((text for beginning, text in REMEDIES.items() if sqlstate.startswith(beginning)), "")
    return f"{_end_sentence(_first_line_of(message))} {remedy}".rstrip()


def _end_sentence(text: str) -> str:
    """Return a text with a full stop at its end."""
    return text if text.endswith(".") else f"{text}."


def _first_line(error: BaseException) -> str:
    """Return the first line of the message of an error, or the name of its class if it has none."""
    return _first_line_of(str(error)) or type(error).__name__


def _first_line_of(text: str) -> str:
    """Return the first line of a text without blanks around it."""
    return (text.strip().splitlines() or [""])[0].strip()
