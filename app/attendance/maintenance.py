"""What an operator does to rolls: derive them anew from their facts, and let persons become counts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import asyncpg

from app.attendance.summary_repository import COUNTERS

# Nobody checks in meanwhile, so that what is compared is of one moment.
_ALONE = "SELECT pg_advisory_xact_lock(roll_lock_key($1))"
_KEPT = "SELECT code FROM meetings WHERE anonymised_at IS NULL AND ($1::text IS NULL OR code = $1) ORDER BY code"
_MISSING = """
INSERT INTO attendance (meeting, participant, organization, office, sessions, status, late, arrived_at, left_at, entry)
SELECT meeting, participant, organization, office, sessions, status, late, arrived_at, left_at, entry
FROM derived_attendance AS derived WHERE meeting = $1
    AND NOT EXISTS (SELECT FROM attendance WHERE meeting = $1 AND participant = derived.participant)
RETURNING participant
"""
_DIFFERENT = """
SELECT participant FROM (
    SELECT participant, organization, office, sessions, status, late, arrived_at, left_at, entry
    FROM derived_attendance WHERE meeting = $1
    EXCEPT ALL
    SELECT participant, organization, office, sessions, status, late, arrived_at, left_at, entry
    FROM attendance WHERE meeting = $1
) AS different
"""
_DERIVE = "SELECT derive_attendance($1, $2::uuid[])"
_KEY = "meeting, family, session, organization, office, slot"
_COUNTS = f"""
WITH wrong AS (
    SELECT {_KEY}, {", ".join(f"coalesce(derived.{number}, 0) AS {number}" for number in COUNTERS)}
    FROM (SELECT * FROM derived_counts WHERE meeting = $1) AS derived
    FULL JOIN (SELECT * FROM attendance_counts WHERE meeting = $1) AS held USING ({_KEY})
    WHERE {" OR ".join(f"coalesce(derived.{number}, 0) <> coalesce(held.{number}, 0)" for number in COUNTERS)}
)
INSERT INTO attendance_counts ({_KEY}, {", ".join(COUNTERS)}) SELECT * FROM wrong ORDER BY {_KEY}
ON CONFLICT ({_KEY}) DO UPDATE SET {", ".join(f"{number} = excluded.{number}" for number in COUNTERS)} RETURNING 1
"""  # noqa: S608  (our own words)
_DUE = """
SELECT code FROM meetings WHERE anonymised_at IS NULL
    AND end_on + retention_days < (clock_timestamp() AT TIME ZONE time_zone)::date ORDER BY end_on, code
"""
_NAMED = "SELECT set_config('rakornas.made_by', 'retention run', true)"
_FORGET = "SELECT anonymise_participants($1)"
_LINE = "INSERT INTO audit_lines (operation, keys) VALUES ($1, $2)"


class RecomputedRoll(NamedTuple):
    """What was derived anew of a meeting's roll, and how much of it said something else."""

    meeting: str
    participants: int
    counts: int


class AnonymisedMeeting(NamedTuple):
    """A meeting, and how many persons on its roll have become counts."""

    meeting: str
    persons: int


async def recompute_attendance(url: str, meeting: str | None) -> list[RecomputedRoll]:
    """Derive the rolls of all meetings, or of one, from the facts, and mend what differs; of a sound roll, nothing."""
    done = []
    async with _connected(url) as connection:
        for [code] in await connection.fetch(_KEPT, meeting):
            async with connection.transaction():
                await connection.execute(_ALONE, code)
                missing = await connection.fetch(_MISSING, code)
                different = [one for (one,) in await connection.fetch(_DIFFERENT, code)]
                if different:
                    await connection.execute(_DERIVE, code, different)
                counts = await connection.fetch(_COUNTS, code)
                done.append(RecomputedRoll(code, len(missing) + len(different), len(counts)))
    return done


async def anonymise_participants(url: str, *, dry_run: bool) -> list[AnonymisedMeeting]:
    """Let the persons of every meeting become counts whose time to be kept is over."""
    done = []
    async with _connected(url) as connection:
        for [code] in await connection.fetch(_DUE):
            if dry_run:
                persons = await connection.fetchval("SELECT count(*) FROM participants WHERE meeting = $1", code)
                done.append(AnonymisedMeeting(code, persons))
                continue
            async with connection.transaction():
                await connection.execute(_NAMED)
                persons = await connection.fetchval(_FORGET, code)
                if persons is not None:  # else another one was quicker
                    await connection.execute(_LINE, "retention run", [f"meetings/{code}"])
                    done.append(AnonymisedMeeting(code, persons))
    return done


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url, timeout=5, server_settings={"application_name": "rakornas attendance"})
    try:
        yield connection
    finally:
        await connection.close()
