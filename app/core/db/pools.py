"""Pools of connections to Postgres, with a limit on every wait."""

from collections.abc import Mapping

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.settings import Settings

EXTRA_CONNECTIONS_PER_WORKER = (
    4  # of a worker, beside its readers and writers: two of history, the trust's, the sealer's
)


def require_database_url(settings: Settings) -> str:
    if not settings.database_url:
        raise RuntimeError("DATABASE_URL is not set; `rakornas serve` sets it for the embedded server")
    return settings.database_url


def create_read_engine(settings: Settings) -> AsyncEngine:
    """Connections on which nothing can be written."""
    return _create_engine(settings, settings.pool_size, writable=False)


def create_history_engine(settings: Settings) -> AsyncEngine:
    """The same over the record as it was: each table's name stands for a view of what was known at an instant.

    The instant is the setting `rakornas.known_at` of the connection.
    """
    return _create_engine(settings, 2, writable=False, search_path="history, public")


def create_write_engine(settings: Settings) -> AsyncEngine:
    """Connections for transactions that write."""
    return _create_engine(settings, settings.write_pool_size, writable=True)


def _create_engine(settings: Settings, size: int, *, writable: bool, **server_settings: str) -> AsyncEngine:
    async def connect() -> asyncpg.Connection:
        connection = await open_connection(settings, **server_settings)
        if not writable:
            # Not at the start: asyncpg would take the server for a standby, and refuse a URL that asks for a primary.
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
    """A connection with our limits. The URL goes to asyncpg as it is, multi-host and all."""
    limits: Mapping[str, str] = {
        "application_name": "rakornas",
        "timezone": "UTC",
        "statement_timeout": "3s",
        "lock_timeout": "2s",
        "idle_in_transaction_session_timeout": "10s",
        "pg_trgm.word_similarity_threshold": "0.45",
        "jit": "off",
        "max_parallel_workers_per_gather": "0",  # a request is small, and the workers are many
    }
    return await asyncpg.connect(
        require_database_url(settings),
        timeout=settings.connect_timeout,
        command_timeout=settings.command_timeout,
        server_settings={**limits, **server_settings},
    )
