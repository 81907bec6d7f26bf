"""Pools of connections to Postgres, with time-outs on connecting, on statements and on locks."""

from collections.abc import Mapping

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

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

    Each table name resolves to a view in the schema `history`. The instant is the connection's setting
    `rakornas.known_at`.
    """
    return _create_engine(settings, 2, writable=False, search_path="history, public")


def create_write_engine(settings: Settings) -> AsyncEngine:
    """Create the SQLAlchemy engine with the pool of connections for transactions that write."""
    return _create_engine(settings, settings.write_pool_size, writable=True)


def _create_engine(settings: Settings, size: int, *, writable: bool, **server_settings: str) -> AsyncEngine:
    """Create an engine with a pool of `size` connections in autocommit mode, read-only unless `writable`."""

    async def connect() -> asyncpg.Connection:
        connection = await open_connection(settings, **server_settings)
        if not writable:
            # Not in the connection parameters: asyncpg would take the server for a standby, and reject a URL with
            # target_session_attrs=read-write.
            await connection.execute("SET default_transaction_read_only = on")
        return connection

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        pool_size=size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout,
        hide_parameters=True,
    )


async def open_connection(settings: Settings, **server_settings: str) -> asyncpg.Connection:
    """Open an asyncpg connection with the service's time-outs; `server_settings` override them."""
    limits: Mapping[str, str] = {
        "application_name": "rakornas",
        "timezone": "UTC",
        "statement_timeout": "3s",
        "lock_timeout": "2s",
        "idle_in_transaction_session_timeout": "10s",
        "pg_trgm.word_similarity_threshold": "0.45",
        "jit": "off",
        "max_parallel_workers_per_gather": "0",  # requests read little, and many run at once
    }
    return await asyncpg.connect(
        require_database_url(settings),
        timeout=settings.connect_timeout,
        command_timeout=settings.command_timeout,
        server_settings={**limits, **server_settings},
    )
