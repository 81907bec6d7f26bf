"""Operator tasks: recompute attendance from its facts, and erase personal data past its retention period."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import asyncpg

from app.attendance import maintenance_repository
from app.core.db.sessions import Connector


class RecomputedRoll(NamedTuple):
    """A recomputed roll, with the number of participants and of counters that were wrong."""

    meeting: str
    participants: int
    counters: int


class ErasedMeeting(NamedTuple):
    """A meeting whose personal data was erased."""

    meeting: str
    participants: int
    """The number of participants that were anonymised."""
    records: int
    """The number of other rows about them that were deleted or lost a text: scans, revisions, stored responses …"""
    is_deleted: bool
    """The meeting had been deleted before."""


async def recompute_attendance(url: str, meeting: str | None) -> list[RecomputedRoll]:
    """Recompute the roll of one meeting or (None) of all, store what differs, and return the numbers of repairs.

    `url` is that of the database. Rolls without a difference are not written, those of anonymised meetings are
    skipped.
    """
    rolls = []
    async with _connect(url) as connection:
        for code in await maintenance_repository.list_meetings(connection, meeting):
            async with connection.transaction():
                repaired = await maintenance_repository.recompute_attendance(connection, code)
            rolls.append(RecomputedRoll(code, *repaired))
    return rolls


async def erase_personal_data(url: str, *, dry_run: bool) -> list[ErasedMeeting]:
    """Erase the personal data of each meeting past its retention period, or (dry run) only count it.

    `url` is that of the database. A dry run returns the same and changes nothing: it rolls its transactions back.
    Meetings without anything to erase are left out.
    """
    meetings = []
    async with _connect(url) as connection:
        for code, deletion in await maintenance_repository.list_expired_meetings(connection):
            transaction = connection.transaction()
            await transaction.start()
            try:
                erased = await maintenance_repository.erase_personal_data(connection, code, deletion)
            except BaseException:
                await transaction.rollback()
                raise
            await (transaction.rollback() if dry_run else transaction.commit())
            if erased is not None:
                meetings.append(ErasedMeeting(code, *erased, is_deleted=deletion is not None))
    return meetings


@asynccontextmanager
async def _connect(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Open a connection to the database and close it at the end of the block."""
    connection = await Connector(url, "rakornas attendance").connect()
    try:
        yield connection
    finally:
        await connection.close()
