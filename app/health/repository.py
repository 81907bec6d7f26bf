"""Readiness of the database, checked over a separate connection, so that a full pool does not fail the check."""

from typing import Literal, NamedTuple

import asyncpg

from app.core.db.pools import require_database_url
from app.core.languages import Text
from app.core.problems import Unavailable
from app.models import schema
from app.models.privileges import SELECT_IS_INSERT_ONLY
from app.settings import Settings

AuditPrivilege = Literal["insert_only", "writable"]


class Readiness(NamedTuple):
    """The schema revision of the database, and the privilege of the service's role on the audit trail."""

    schema_revision: str
    audit: AuditPrivilege


async def check_readiness(settings: Settings) -> Readiness:
    """Connect to the database; return its schema revision and the role's audit privilege, or raise Unavailable.

    Raises:
        Unavailable: The database does not answer within 2 s, or this release cannot use its schema.
    """
    try:
        connection = await asyncpg.connect(
            require_database_url(settings), timeout=settings.connect_timeout, command_timeout=2
        )
        try:
            revision = await _fetch_revision(connection)
            is_insert_only = await connection.fetchval(
                SELECT_IS_INSERT_ONLY, await connection.fetchval("SELECT current_user")
            )
        finally:
            connection.terminate()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(detail=Text("Basis data tidak menjawab.", "The database does not respond.")) from error
    state = schema.compare_revision(revision)
    if state != "ready":
        raise Unavailable(detail=_describe_state(state, revision))
    return Readiness(str(revision), "insert_only" if is_insert_only else "writable")


async def _fetch_revision(connection: asyncpg.Connection) -> str | None:
    """Return the database's schema revision, or None if it has no schema."""
    try:
        revision: str | None = await connection.fetchval(schema.SELECT_REVISION)
    except asyncpg.UndefinedTableError:
        return None
    return revision


def _describe_state(state: schema.SchemaState, revision: str | None) -> Text:
    """Return the sentence for the operator about a database whose schema does not fit this release."""
    if state == "retired":
        return Text(
            f"Skema basis data ada pada revisi {revision}, dari sebelum rilis pertama, dan tidak dapat dimigrasikan. "
            "Gunakan direktori data baru atau basis data kosong: `rakornas migrate`, lalu `rakornas load`.",
            f"The database schema is at revision {revision}, from before the first release, and cannot be migrated. "
            "Use a new data directory or an empty database: `rakornas migrate`, then `rakornas load`.",
        )
    if state == "unknown":
        return Text(
            f"Basis data ada pada revisi {revision}, yang tidak dikenal rilis ini.",
            f"The database is at revision {revision}, which this release does not know.",
        )
    return Text(
        "Skema basis data lebih lama daripada layanan; jalankan `rakornas migrate`.",
        "The database schema is older than the service; run `rakornas migrate`.",
    )
