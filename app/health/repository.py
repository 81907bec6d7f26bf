"""Readiness of the database, checked over connections opened as the pools open theirs.

They are separate from the pools, so that a full pool does not fail the check.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, NamedTuple

import asyncpg

from app.core.db.faults import UnsuitableDatabase
from app.core.db.pools import open_connection
from app.core.db.sessions import READ_AS_KNOWN_AT
from app.core.problems import Unavailable
from app.health import causes
from app.models import schema, serving
from app.models.privileges import SELECT_IS_INSERT_ONLY
from app.settings import Settings

AuditPrivilege = Literal["insert_only", "writable"]

WRITE_AND_ROLL_BACK = """
BEGIN;
INSERT INTO idempotency_keys (client, key, fingerprint, status, headers, body)
VALUES ('rakornas health', gen_random_uuid()::text, '', 200, '{}', '');
ROLLBACK
"""
READ_HISTORY = "SELECT count(*) FROM (SELECT FROM organizations LIMIT 1) AS one"


class Readiness(NamedTuple):
    """The schema revision of the database, and the privilege of the service's role on the audit trail."""

    schema_revision: str
    audit: AuditPrivilege


async def check_readiness(settings: Settings) -> Readiness:
    """Check that the service's role can read, write and read history; return the revision and the audit privilege.

    Raises:
        Unavailable: It cannot, or this release cannot use the schema, or the database does not answer. The detail says
            why in words.
    """
    try:
        async with asyncio.timeout(settings.connect_timeout + settings.command_timeout):
            async with _connect(settings, writable=True) as writer, _connect(settings, writable=False) as reader:
                await _check_pooling(writer, reader)  # first: a pooler in statement mode refuses any transaction
                readiness = await _check_writer(writer)
                await _check_history(reader)
                return readiness
    except UnsuitableDatabase as error:
        raise Unavailable(detail=error.text) from error
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise Unavailable(detail=causes.describe_error(error)) from error


@asynccontextmanager
async def _connect(settings: Settings, *, writable: bool) -> AsyncIterator[asyncpg.Connection]:
    """Open a connection as the pools do, and terminate it at the end."""
    connection = await open_connection(settings, "rakornas health", writable=writable)
    try:
        yield connection
    finally:
        connection.terminate()


async def _check_pooling(writer: asyncpg.Connection, reader: asyncpg.Connection) -> None:
    """Raise UnsuitableDatabase if a pooler lets two idle clients use one connection, or one client several."""
    pids = [await connection.fetchval("SELECT pg_backend_pid()") for connection in (writer, reader, writer)]
    if pids[0] == pids[1] or pids[0] != pids[2]:
        raise UnsuitableDatabase(causes.POOLER_TEXT)


async def _check_writer(writer: asyncpg.Connection) -> Readiness:
    """Check the schema, what the role can do with it, and a write; return the revision and the audit privilege."""
    if schemas := await writer.fetchval(serving.SELECT_MISSING_SCHEMAS):
        raise UnsuitableDatabase(causes.describe_defects([f"USAGE: schema {schemas}"]))
    revision = await _fetch_revision(writer)
    state = schema.compare_revision(revision)
    if state != "ready":
        raise UnsuitableDatabase(causes.describe_state(state, revision))
    is_of_this_release = revision == schema.SCHEMA_REVISION
    if defects := await writer.fetchval(serving.SELECT_DEFECTS, serving.RELATIONS, is_of_this_release):
        raise UnsuitableDatabase(causes.describe_defects(defects))
    await writer.execute(WRITE_AND_ROLL_BACK)
    is_insert_only = await writer.fetchval(SELECT_IS_INSERT_ONLY, await writer.fetchval("SELECT current_user"))
    return Readiness(str(revision), "insert_only" if is_insert_only else "writable")


async def _check_history(reader: asyncpg.Connection) -> None:
    """Read the record as it was at the instant zero, when it was empty; UnsuitableDatabase if it is not."""
    async with reader.transaction():
        await reader.fetchrow(READ_AS_KNOWN_AT, "1970-01-01T00:00:00Z")
        count = await reader.fetchval(READ_HISTORY)
    if count:
        raise UnsuitableDatabase(causes.POOLER_TEXT)


async def _fetch_revision(connection: asyncpg.Connection) -> str | None:
    """Return the database's schema revision, or None if it has no schema."""
    try:
        revision: str | None = await connection.fetchval(schema.SELECT_REVISION)
    except asyncpg.UndefinedTableError:
        return None
    return revision
