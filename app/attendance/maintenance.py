"""Operator tasks: recompute attendance from its facts, and anonymise participants past their retention period."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import asyncpg

from app.attendance import maintenance_repository


class RecomputedRoll(NamedTuple):
    """A recomputed roll, with the number of participants and of counters that were wrong."""

    meeting: str
    participants: int
    counters: int


class AnonymisedMeeting(NamedTuple):
    """A meeting, with the number of its participants that were anonymised."""

    meeting: str
    participants: int


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


async def anonymise_participants(url: str, *, dry_run: bool) -> list[AnonymisedMeeting]:
    """Anonymise the participants of each meeting past its retention period, or (dry run) only count them.

    `url` is that of the database. A dry run returns the same and changes nothing.
    """
    meetings = []
    async with _connect(url) as connection:
        for code in await maintenance_repository.list_expired_meetings(connection):
            if dry_run:
                count = await maintenance_repository.count_participants(connection, code)
                meetings.append(AnonymisedMeeting(code, count))
                continue
            async with connection.transaction():
                anonymised = await maintenance_repository.anonymise_participants(connection, code)
            if anonymised is not None:  # None: another process has anonymised them meanwhile
                meetings.append(AnonymisedMeeting(code, anonymised))
    return meetings


@asynccontextmanager
async def _connect(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Open a connection to the database and close it at the end of the block."""
    connection = await asyncpg.connect(url, timeout=5, server_settings={"application_name": "rakornas attendance"})
    try:
        yield connection
    finally:
        await connection.close()
