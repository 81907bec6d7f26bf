"""Corrections that two clients confirm, and an independent model of what they make of a closed roll."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

import orjson

from app.rendering import labels
from tests.check_ins.meeting_client import parse_instant
from tests.closed_rolls.closed_plenary import DAY, QUORUM_INSTANTS, ClosedPlenary, MadeScan, after_start

DERIVED = ("status", "late", "arrived_at", "left_at")
SELECT_STORED = """
    SELECT json_object_agg(line.participant, json_build_array(line, stored, presence))::text
    FROM closed_roll_lines AS line JOIN attendance AS stored USING (meeting, participant)
    JOIN roll_presence AS presence USING (participant) WHERE line.meeting = $1"""
REPRESENTATIVE, REPRESENTED = 9, 10


@dataclass
class ExpectedRoll:
    """A closed roll as it must be: as it was closed, with the scans and statuses that were corrected since."""

    plenary: ClosedPlenary
    closed_state: dict[str, Any]
    closed_rows: dict[str, Any]
    scans: list[MadeScan]
    statuses: dict[int, str]
    """The manual statuses by participant."""
    corrected: set[int]
    """The participants whose lines may differ from those of the closing."""

    @classmethod
    async def create(cls, plenary: ClosedPlenary) -> "ExpectedRoll":
        state = await plenary.read_state(with_times=False)
        roll = cls(plenary, state, await fetch_rows(plenary), list(plenary.made), {8: "excused"}, set())
        await roll.check()
        return roll

    async def check(self) -> None:
        """Read the roll, and assert that it is as it must be."""
        state, rows = await self.plenary.read_state(with_times=False), await fetch_rows(self.plenary)
        if not self.corrected:
            assert state == self.closed_state
        ids = {n: self.plenary.participants[n] for n in range(11)}
        unchanged = {ids[n] for n in range(11) if n not in self.corrected}
        assert {id_: rows[id_] for id_ in unchanged} == {id_: self.closed_rows[id_] for id_ in unchanged}
        assert {n: derived_members(state["lines"][id_]) for n, id_ in ids.items()} == {n: self.derive(n) for n in ids}
        closed_lines = self.closed_state["lines"]
        assert {id_: without_derived(line) for id_, line in state["lines"].items()} == {
            id_: without_derived(line) for id_, line in closed_lines.items()
        }
        self._check_counts(state)
        self._check_csv(state, unchanged)

    def _check_counts(self, state: dict[str, Any]) -> None:
        """Assert that the summary and the quorum count the lines as they must be."""
        counts = Counter(self.derive(n)[0] for n in range(11))
        counts["excused"] += counts.pop("sick", 0)
        total = orjson.loads(state["total"])
        members = {name: total[name] for name in ("expected", "present", "represented")} | total["absent"]
        assert {name: number for name, number in members.items() if number} == {k: v for k, v in counts.items() if v}
        assert (total["invited"], total["late"]) == (11, sum(self.derive(n)[1] for n in range(11)))
        for by, body in state["summary"].items():
            assert (
                by == "session" or sum(group["present"] for group in orjson.loads(body)["groups"]) == total["present"]
            )
        for body, at in zip(state["quorum"], QUORUM_INSTANTS, strict=True):
            instant = datetime.fromisoformat(at.replace("%2B", "+"))
            assert orjson.loads(body)["present"] == sum(self.is_in_room(n, instant) for n in range(7))

    def _check_csv(self, state: dict[str, Any], unchanged: set[str]) -> None:
        """Assert that the file contains the lines as they must be, and has the digest that the service knows."""
        assert state["digest"].rpartition("/")[2] == hashlib.sha256(state["csv"]).hexdigest()
        heading, *rows = csv.reader(io.StringIO(state["csv"].decode()))
        closed_heading, *closed_rows = csv.reader(io.StringIO(self.closed_state["csv"].decode()))
        assert heading == closed_heading
        for n, row, closed_row in zip(self.plenary.on_paper, rows, closed_rows, strict=True):
            assert row[4] == labels.STATUSES[self.derive(n)[0]]
            assert row[:4] == closed_row[:4]
            assert self.plenary.participants[n] not in unchanged or row[:-1] == closed_row[:-1]

    def derive(self, n: int) -> tuple[str, bool, datetime | None, datetime | None]:
        """Return status, late, arrived_at and left_at of a participant, from the scans and the statuses."""
        scans = sorted(scan for scan in self.scans if scan.participant == n)
        entries = [scan.made_at for scan in scans if scan.direction == "in"]
        if entries:
            left_at = scans[-1].made_at if scans[-1].direction == "out" else None
            return "present", entries[0] > after_start(0), entries[0], left_at
        status = self.statuses.get(n, "expected")
        if status == "expected" and n == REPRESENTED and self.derive(REPRESENTATIVE)[0] == "present":
            status = "represented"
        return status, False, None, None

    def is_in_room(self, n: int, at: datetime) -> bool:
        """Return whether a participant is present at an instant, for the quorum."""
        of_day = sorted(s for s in self.scans if s.participant == n and s.made_at.date() == at.date())
        if not any(scan.direction == "in" for scan in of_day):
            return self.statuses.get(n) == "present"
        return [scan.direction for scan in of_day if scan.made_at <= at][-1:] == ["in"]

    def add_corrected(self, n: int) -> None:
        self.corrected |= {n, REPRESENTED} if n == REPRESENTATIVE else {n}


async def fetch_rows(plenary: ClosedPlenary) -> dict[str, Any]:
    """Return what is stored of each participant: the line, the attendance, and the presence."""
    rows: dict[str, Any] = orjson.loads(await plenary.execute(SELECT_STORED, plenary.code))
    return rows


def derived_members(line: dict[str, Any]) -> tuple[Any, ...]:
    arrived_at, left_at = (line[name] and parse_instant(line[name]) for name in ("arrived_at", "left_at"))
    return line["status"], line["late"], arrived_at, left_at


def without_derived(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in DERIVED}


async def confirm_status(roll: ExpectedRoll, random: Random) -> None:
    n = random.randrange(11)
    status = random.choice(("present", "excused", "sick", "absent", "on_leave", "expected"))
    participant = roll.plenary.participants[n]
    response = await roll.plenary.correct(kind="status", participant=participant, status=status)
    assert response.status_code == 200, response.text
    roll.statuses[n] = status
    roll.add_corrected(n)


async def confirm_annulment(roll: ExpectedRoll, random: Random) -> None:
    if roll.scans:
        scan = random.choice(roll.scans)
        response = await roll.plenary.correct(kind="scan", scan=scan.id)
        assert response.status_code == 200, response.text
        roll.scans.remove(scan)
        roll.add_corrected(scan.participant)


async def confirm_late_upload(roll: ExpectedRoll, random: Random) -> None:
    n, direction = random.randrange(11), random.choice(("in", "in", "out"))
    seconds = random.choice((0, DAY)) + random.randrange(-1800, 7200)
    scan = await roll.plenary.send_late_scan(n, seconds, direction=direction)
    response = await roll.plenary.correct(kind="late_upload", scan=scan)
    assert response.status_code == 200, response.text
    roll.scans.append(MadeScan(after_start(seconds), scan, n, direction))
    roll.add_corrected(n)


Correction = Callable[[ExpectedRoll, Random], Awaitable[None]]
CORRECTIONS: tuple[Correction, ...] = (confirm_status, confirm_annulment, confirm_late_upload)
