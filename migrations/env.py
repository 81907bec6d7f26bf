"""Run migrations for Alembic: one process at a time, each migration in its own transaction, with short lock waits.

A session-level advisory lock lets one of several starting replicas migrate while the others wait. A statement that
cannot get its lock within a second is cancelled and tried again, because readers would queue behind it.
"""

import asyncio
import time

import asyncpg
from alembic import context
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app import models
from app.core.db.faults import UnsuitableDatabase
from app.core.db.sessions import Connector
from app.models import schema
from app.models.audit import Xid8
from app.models.obstacles import SELECT_OBSTACLES, Obstacle
from app.settings import Settings

ischema_names["xid8"] = Xid8  # otherwise a comparison with the models would not know the type

MIGRATION_LOCK_KEY = 0x72616B6F726E6173  # "rakornas"; the first of the advisory locks in migrations/sql/locks.sql
LOCK_WAIT_SECONDS = 60
MAX_ATTEMPTS = 10
LOCK_NOT_AVAILABLE = "55P03"


def run_migrations(connection: Connection) -> None:
    """Run the pending migrations, each in a transaction."""
    context.configure(
        connection=connection,
        target_metadata=models.Base.metadata,
        transaction_per_migration=True,
        compare_type=True,
        compare_server_default=True,
        # Alembic does not read the collation of an expression in an index; tests/models compare the whole definition.
        include_object=lambda _, name, *__: name != "ix_stages_in_order",
    )
    with context.begin_transaction():
        context.run_migrations()


def refuse_unknown_revision(connection: Connection) -> None:
    """Exit with an explanation if the database cannot be migrated."""
    revision = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    if reason := schema.explain_refusal(revision):
        raise SystemExit(reason)


def acquire_migration_lock(connection: Connection) -> None:
    """Acquire the advisory lock for migrating; TimeoutError after LOCK_WAIT_SECONDS."""
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK_KEY}):
        if time.monotonic() > deadline:
            raise TimeoutError(f"another process has been migrating this database for {LOCK_WAIT_SECONDS} s")
        connection.rollback()
        time.sleep(0.1)
    connection.commit()


def migrate_under_lock(connection: Connection) -> None:
    """Migrate while no other process does, and try again when a statement cannot get its lock."""
    acquire_migration_lock(connection)
    refuse_unknown_revision(connection)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            run_migrations(connection)
            return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE or attempt == MAX_ATTEMPTS:
                raise
            connection.rollback()
            time.sleep(attempt / 2)


async def require_migratable_server(url: str) -> None:
    """Raise UnsuitableDatabase if the first migration cannot end, before anything is written."""
    connection = await Connector(url, "rakornas migrate").connect()
    try:
        row = await connection.fetchrow(SELECT_OBSTACLES, list(models.Base.metadata.tables))
    finally:
        await connection.close()
    if row:
        raise UnsuitableDatabase(Obstacle(row["obstacle"], row["subject"]).explain())


async def run_online() -> None:
    """Migrate the database of the configuration or of DATABASE_URL."""
    url = context.config.attributes.get("url") or Settings().database_url
    if not url:
        raise SystemExit("Set DATABASE_URL, or use `rakornas migrate`, which knows the embedded server.")

    await require_migratable_server(url)

    async def connect() -> asyncpg.Connection:
        return await Connector(url, "rakornas migrate", {"lock_timeout": "1s", "statement_timeout": "15min"}).connect(
            statement_cache_size=0
        )  # DDL makes cached plans invalid

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate_under_lock)
    await engine.dispose()


def run_offline() -> None:
    """Write the SQL instead of running it, for the migration lint and for a DBA to read."""
    context.configure(
        dialect_name="postgresql",
        target_metadata=models.Base.metadata,
        literal_binds=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    asyncio.run(run_online())
