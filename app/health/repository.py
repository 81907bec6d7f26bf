"""Asks the database how it is, over a connection of its own: a full pool must not make the service look dead."""

from typing import Literal, NamedTuple

import asyncpg

from app import models
from app.core.engines import url_of
from app.core.languages import Text
from app.core.problems import Unavailable
from app.models.privileges import IS_INSERT_ONLY
from app.settings import Settings

Audit = Literal["insert_only", "writable"]


class Readiness(NamedTuple):
    schema_revision: str
    audit: Audit


async def readiness(settings: Settings) -> Readiness:
    """The migration that the database is at, and whether the role that asks can only add to the audit trail.

    Raises Unavailable when it does not answer within 2 s, or is older than this release needs.
    """
    try:
        connection = await asyncpg.connect(url_of(settings), timeout=settings.connect_timeout, command_timeout=2)
        try:
            revision = await connection.fetchval("SELECT version_num FROM alembic_version")
            held = await connection.fetchval(IS_INSERT_ONLY, await connection.fetchval("SELECT current_user"))
        finally:
            connection.terminate()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(detail=Text("Basis data tidak menjawab.", "The database does not answer.")) from error
    if revision is None or str(revision) < models.SCHEMA_REVISION:
        raise Unavailable(
            detail=Text(
                "Skema basis data lebih lama daripada layanan; jalankan `rakornas migrate`.",
                "The database schema is older than the service; run `rakornas migrate`.",
            )
        )
    return Readiness(str(revision), "insert_only" if held else "writable")
