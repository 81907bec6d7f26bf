"""The SQL of a roll as a file: its lines, with the times of each day, and the digests by which it is known again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import text

from app.core.db.database import Queryable
from app.core.db.statements import Statement
from app.core.db.transaction import Transaction
from app.rendering.roll import Line, Roll, Times

MAX_LINES = 20_000
MAX_DAYS = 62
# Of each day the first entry and the last exit after it, by the clock of the meeting's place. Who came without a scan
# has the times that were stated. By search_path it reads the roll as it is, or as it was known.
_LINES = """
SELECT one.id::text, json_build_array(
    coalesce(person.name, one.name, one.name_as_printed), one.office, coalesce(body.name, one.organization),
    one.capacity, CASE WHEN :in_full THEN state.status ELSE state.open_status END, state.late,
    CASE WHEN state.entry IS NULL THEN json_build_array(json_build_array(
        (coalesce(state.arrived_at, state.left_at) AT TIME ZONE meeting.time_zone)::date,
        state.arrived_at, state.left_at
    )) ELSE (
        SELECT json_agg(json_build_array(day, entered_at, CASE WHEN left_at > entered_at THEN left_at END)) FROM (
            SELECT (seen.effective_at AT TIME ZONE meeting.time_zone)::date AS day,
                min(seen.effective_at) FILTER (WHERE seen.classification = 'entry') AS entered_at,
                max(seen.effective_at) FILTER (WHERE seen.classification = 'exit') AS left_at
            FROM entries_and_exits AS seen WHERE seen.participant = one.id GROUP BY 1
        ) AS of_a_day
    ) END
)::text
FROM meetings AS meeting
JOIN participants AS one ON one.meeting = meeting.code
JOIN attendance AS state ON state.meeting = one.meeting AND state.participant = one.id
LEFT JOIN officials AS person ON person.id = one.official
LEFT JOIN organizations AS body ON body.code = one.organization
WHERE meeting.code = :meeting AND (:in_full OR meeting.roll = 'open')
    AND (CAST(:organization AS text) IS NULL OR one.organization = :organization)
    AND (CAST(:office AS text) IS NULL OR one.office = :office)
    AND (CAST(:session AS text) IS NULL OR :session = ANY (state.sessions))
    AND (CAST(:status AS text) IS NULL OR :status = CASE WHEN :in_full THEN state.status ELSE state.open_status END)
ORDER BY one.id LIMIT :most
"""
_HEAD = """
SELECT name, place, time_zone, start_on, end_on, (
    SELECT min(starts_at) FROM sessions
    WHERE meeting = meetings.code AND (CAST(:session AS text) IS NULL OR sessions.code = :session)
), (SELECT sessions.name FROM sessions WHERE meeting = meetings.code AND sessions.code = :session)
FROM meetings WHERE code = :meeting
"""
LINES = Statement(text(_LINES))
HEAD = Statement(text(_HEAD))
KEEP = "INSERT INTO roll_digests (digest, meeting, lines) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING"
_FIND = Statement(
    text(
        "SELECT json_build_object('digest', made.digest, 'meeting', json_build_object('code', meeting.code, 'name',"
        " meeting.name), 'lines', made.lines, 'made_at', made.made_at, 'roll_closed_at', meeting.roll_closed_at)::text"
        " FROM roll_digests AS made JOIN meetings AS meeting ON meeting.code = made.meeting WHERE made.digest = :digest"
    )
)


class RollHeading(NamedTuple):
    """What stands above a roll."""

    name: str
    place: str | None
    time_zone: str
    start_on: date
    end_on: date
    starts_at: datetime | None
    session: str | None


async def find_heading(read: Queryable, meeting: str, session: str | None) -> RollHeading | None:
    """None where there is no such meeting."""
    row = await read.fetch_first(HEAD, {"meeting": meeting, "session": session})
    return RollHeading(*row) if row else None


async def build_roll(
    read: Queryable, meeting: str, above: RollHeading, asked: Mapping[str, Any], *, in_full: bool, now: datetime
) -> tuple[Roll, list[str]]:
    """The roll of a meeting, or the part of it that is asked for, and the ids of who is on it.

    One line more than MOST_LINES where it is too long.
    """
    names = ("organization", "office", "session", "status")
    given = {name: asked.get(name) for name in names}
    found = await read.fetch_all(LINES, {"meeting": meeting, "in_full": in_full, "most": MAX_LINES + 1, **given})
    title = above.name if above.session is None else f"{above.name}: {above.session}"
    empty = Roll(
        title, above.place, above.time_zone, above.start_on, above.end_on, above.starts_at, lines=(), made_at=now
    )
    days = empty.days
    people = [_build_line(orjson.loads(members), days) for _, members in found]
    return replace(empty, lines=people), [id_ for id_, _ in found]


def _build_line(members: list[Any], days: list[date]) -> Line:
    name, office, organization, capacity, status, late, seen = members
    times = {day: Times(_parse_instant(entered), _parse_instant(left)) for day, entered, left in seen or () if day}
    of_days = tuple(times.get(day.isoformat(), ABSENT) for day in days)
    return Line(name or "", office, organization, capacity, status, late, of_days)


ABSENT = Times(None, None)


def _parse_instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


async def store_digest(write: Transaction, digest: str, meeting: str, lines: int) -> None:
    """Know a roll again by its digest."""
    await write.fetch(KEEP, digest, meeting, lines)


async def find_digest(read: Queryable, digest: str) -> bytes | None:
    """The document of a roll that was given out; None for any other digest."""
    row = await read.fetch_first(_FIND, {"digest": digest})
    return str(row[0]).encode() if row else None
