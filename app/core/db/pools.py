"""Pools of connections to Postgres, with time-outs on connecting, on statements and on locks."""

from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.core.db.sessions import REQUEST_SETTINGS, Connector
from app.settings import Settings

EXTRA_CONNECTIONS_PER_WORKER = 4
"""In addition to the pools of readers and writers: two for history, one each for the token verifier and the sealer."""


def require_database_url(settings: Settings) -> str:
    """Return the setting DATABASE_URL; raise RuntimeError if it is not set."""
    if not settings.database_url:
        raise RuntimeError("DATABASE_URL is not set; `rakornas serve` sets it for the embedded server")
    return settings.database_url


def create_read_engine(settings: Settings) -> AsyncEngine:
    """Create the SQLAlchemy engine with a pool of read-only connections, which are opened when they are needed."""
    return _create_engine(settings, settings.pool_size, writable=False)


def create_history_engine(settings: Settings) -> AsyncEngine:
    """Create the engine with a pool of read-only connections for the record as known at an instant in the past.

    They differ from others only within a transaction, which `READ_AS_KNOWN_AT` begins.
    """
    return _create_engine(settings, 2, writable=False)


def create_write_engine(settings: Settings) -> AsyncEngine:
    """Create the SQLAlchemy engine with the pool of connections for transactions that write."""
    return _create_engine(settings, settings.write_pool_size, writable=True)


def _create_engine(settings: Settings, size: int, *, writable: bool) -> AsyncEngine:
    """Create an engine with a pool of `size` connections in autocommit mode, read-only unless `writable`."""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: open_connection(settings, writable=writable),
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        pool_size=size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "checkout", _replace_closed_connection)
    return engine


def _replace_closed_connection(connection: Any, *_: Any) -> None:
    """Make the pool open another connection if the server has closed this one, of which the driver was told.

    So that a statement that must not be repeated is not sent on a connection that was dead before.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


async def open_connection(settings: Settings, name: str = "rakornas", *, writable: bool = True) -> asyncpg.Connection:
    """Open a connection as the pools do, with the time-outs of requests."""
    # Set after connecting: in the connection parameters, asyncpg would take the server for a standby, and reject a URL
    # with target_session_attrs=read-write.
    read_only = {} if writable else {"default_transaction_read_only": "on"}
    return await Connector(
        require_database_url(settings),
        name,
        {**REQUEST_SETTINGS, **read_only},
        connect_timeout=settings.connect_timeout,
        command_timeout=settings.command_timeout,
    ).connect()
