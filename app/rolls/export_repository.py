"""SQL of exported rolls: their lines with the times of each day, and the digests of issued rolls."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import text

from app.core.datetimes import encode_json
from app.core.db.database import Database, Queryable
from app.core.db.statements import Statement
from app.core.db.transaction import Transaction, execute_once
from app.rendering.roll import NO_TIMES, DayTimes, Roll, RollLine

MAX_LINES = 20_000
MAX_DAYS = 62
LINES_PER_STEP = 500
FILTERS = ("organization", "office", "session", "status")

# The lines in the order of paper (migrations/sql/roll_order.sql). The inner LIMIT cuts a roll that is too long before
# its lines are sorted. For each day: the first entry, the exit, and the status that was set by hand for it. A
# participant who was present without a scan has the times that were stated. The search_path decides whether the current
# roll is read, or the roll as it was known at an instant. The views show a closed roll as it was closed
# (migrations/sql/roll_views.sql).
_SELECT_LINES = Statement(
    text("""
    SELECT selected.participant::text, selected.members FROM (
        SELECT line.participant, line.sort_key, json_build_array(
            line.name, line.office, line.organization_name, line.capacity,
            CASE WHEN :in_full THEN line.status ELSE line.open_status END, line.late,
            (
                SELECT json_agg(json_build_array(
                    day."on", day.entered_at, day.left_at,
                    CASE WHEN day.manual_status ->> 'status' = 'sick' AND NOT :in_full THEN 'excused'
                        ELSE day.manual_status ->> 'status' END
                ) ORDER BY day."on")
                FROM jsonb_to_recordset(line.days)
                    AS day ("on" date, entered_at timestamptz, left_at timestamptz, manual_status jsonb)
            )
        )::text AS members
        FROM roll_lines AS line
        WHERE line.meeting = :meeting AND (:in_full OR EXISTS (
                SELECT FROM meetings AS meeting WHERE meeting.code = :meeting AND meeting.roll = 'open'
            ))
            AND (CAST(:organization AS text) IS NULL OR line.organization = :organization)
            AND (CAST(:office AS text) IS NULL OR line.office = :office)
            AND (CAST(:session AS text) IS NULL OR :session = ANY (line.sessions))
            AND (CAST(:status AS text) IS NULL
                OR :status = CASE WHEN :in_full THEN line.status ELSE line.open_status END)
        ORDER BY line.participant LIMIT :max_lines
    ) AS selected ORDER BY selected.sort_key COLLATE "C", selected.participant
    """)
)
_SELECT_HEADING = Statement(
    text("""
    SELECT name, place, time_zone, start_on, end_on, (
        SELECT min(listed.starts_at)
        FROM jsonb_to_recordset(heading.sessions) AS listed (code text, starts_at timestamptz)
        WHERE CAST(:session AS text) IS NULL OR listed.code = :session
    ), (
        SELECT listed.name FROM jsonb_to_recordset(heading.sessions) AS listed (code text, name text)
        WHERE listed.code = :session
    ), (SELECT secret FROM roll_secrets WHERE meeting = heading.meeting)
    FROM roll_headings AS heading WHERE heading.meeting = :meeting
    """)
)
_INSERT_DIGEST = "INSERT INTO roll_digests (digest, meeting, lines) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING"
_SELECT_DIGEST = Statement(
    text("""
    SELECT issued.digest, meeting.code, meeting.name, issued.lines, issued.issued_at, meeting.roll_closed_at
    FROM roll_digests AS issued JOIN meetings AS meeting ON meeting.code = issued.meeting WHERE issued.digest = :digest
    """)
)


class RollHeading(NamedTuple):
    """The data above the table of a roll: the meeting, and the name of the session if one is selected."""

    name: str
    place: str | None
    time_zone: str
    start_on: date
    end_on: date
    starts_at: datetime | None
    session: str | None
    secret: bytes | None
    """The key of the nonces of the meeting's rolls; None if the meeting was deleted."""

    @property
    def title(self) -> str:
        """The title of a roll: the name of the meeting, with that of the session if one is selected."""
        return self.name if self.session is None else f"{self.name}: {self.session}"


async def find_heading(reader: Queryable, meeting: str, session: str | None) -> RollHeading | None:
    """Return the heading of the roll of a meeting, or of one of its sessions; None if there is no such meeting."""
    row = await reader.fetch_first(_SELECT_HEADING, {"meeting": meeting, "session": session})
    return RollHeading(*row) if row else None


async def build_roll(
    reader: Queryable,
    meeting: str,
    heading: RollHeading,
    filters: Mapping[str, Any],
    *,
    in_full: bool,
    made_at: datetime,
) -> tuple[Roll, list[str]]:
    """Read a roll's selected lines (a restricted roll's only if `in_full`); return the roll and participants' ids.

    `filters` selects lines by any of FILTERS. With `in_full` the status `sick` is shown and restricted rolls are read.
    `made_at` is the instant that the files state as their creation. A roll that is too long has MAX_LINES + 1 lines.
    """
    selected = {name: filters.get(name) for name in FILTERS}
    parameters = {"meeting": meeting, "in_full": in_full, "max_lines": MAX_LINES + 1, **selected}
    rows = await reader.fetch_all(_SELECT_LINES, parameters)
    empty_roll = Roll(
        title=heading.title,
        place=heading.place,
        time_zone=heading.time_zone,
        start_on=heading.start_on,
        end_on=heading.end_on,
        starts_at=heading.starts_at,
        lines=(),
        made_at=made_at,
    )
    days = empty_roll.days
    lines: list[RollLine] = []
    for start in range(0, len(rows), LINES_PER_STEP):
        lines += [_build_line(orjson.loads(members), days) for _, members in rows[start : start + LINES_PER_STEP]]
        await asyncio.sleep(0)  # so that other requests go on
    return replace(empty_roll, lines=lines), [participant for participant, _ in rows]


def _build_line(members: list[Any], days: list[date]) -> RollLine:
    """Build a roll line from a row's JSON values, with the times or the status by hand of each of these days."""
    name, office, organization, capacity, status, late, listed_days = members
    times = {
        day: DayTimes(_parse_instant(entered_at), _parse_instant(left_at), None if entered_at else day_status)
        for day, entered_at, left_at, day_status in listed_days or ()
    }
    day_times = tuple(times.get(day.isoformat(), NO_TIMES) for day in days)
    return RollLine(name or "", office, organization, capacity, status, late, day_times)


def _parse_instant(value: str | None) -> datetime | None:
    """Parse a date and time in ISO 8601; return None for None or ""."""
    return datetime.fromisoformat(value) if value else None


async def store_digest(transaction: Transaction, digest: str, meeting: str, lines: int) -> None:
    """Insert the digest of an issued roll, by which a copy can be verified, in this transaction, if it is new."""
    await transaction.fetch(_INSERT_DIGEST, digest, meeting, lines)


async def store_digest_at_once(database: Database, digest: str, meeting: str, lines: int) -> None:
    """Insert the digest of an issued roll, if it is new, and commit it in a transaction of its own."""
    await execute_once(database, _INSERT_DIGEST, digest, meeting, lines)


async def find_digest(reader: Queryable, digest: str) -> bytes | None:
    """Return the JSON document that describes the issued roll with this digest; None if the digest is unknown."""
    row = await reader.fetch_first(_SELECT_DIGEST, {"digest": digest})
    if row is None:
        return None
    digest, code, name, lines, issued_at, closed_at = row
    document = {"digest": digest, "meeting": {"code": code, "name": name}, "lines": lines, "issued_at": issued_at}
    return encode_json({**document, "roll_closed_at": closed_at})
