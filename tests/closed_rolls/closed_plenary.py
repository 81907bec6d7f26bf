"""A plenary of KPU on two days whose roll is closed, and everything that is read of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any, NamedTuple

import httpx
from fastapi import FastAPI

from app.state import state_of
from tests.check_ins import meeting_client
from tests.check_ins.meeting_client import SESSIONS, FixedClock, MeetingClient
from tests.conftest import database_url_of, fetch_value
from tests.corrections.corrections_client import create_client, post_correction
from tests.writes.write_client import WriteClient

NUMBERS = count(1)
DAY = 24 * 3600
SHIFT = 14 * DAY
"""The meeting lies in the past, so that scans of its days were made before the closing."""
QUORUM_INSTANTS = ("2026-11-23T10:30:00%2B07:00", "2026-11-24T10:30:00%2B07:00")
GROUPS = ("organization", "level", "region", "office", "session")
MENTIONS = ("official", "organization", "represents", "revision", "updated_at")
"""Members that name other objects as they are today, or count writes."""
NAMED = [
    {"name": "Siti Contoh", "organization": "kpu-31", "sessions": ["class-1"]},
    {"name": "Budi Contoh", "organization": "kpu-32", "office": "member", "sessions": ["class-2"]},
    {"name": "Tono Contoh", "organization": "bawaslu"},
    {"name": "Rini Contoh", "name_as_printed": "RINI CONTOH", "capacity": "guest"},
]


def after_start(seconds: float) -> datetime:
    """Return the instant this many seconds after the start of the opening."""
    return meeting_client.after_start(seconds - SHIFT)


class MadeScan(NamedTuple):
    """A scan of a participant, given by the index."""

    made_at: datetime
    id: str
    participant: int
    direction: str


@dataclass
class ClosedPlenary(MeetingClient):
    """The participants are seven members of KPU (0 to 6) and four named persons (7 to 10)."""

    scans: list[dict[str, Any]] = field(default_factory=list)
    """The scans that were sent before the closing."""
    made: list[MadeScan] = field(default_factory=list)
    """The same, by participant."""
    officials: list[str] = field(default_factory=list)
    """The members of KPU, who are the participants 0 to 6."""
    appointments: list[str] = field(default_factory=list)
    """Their appointments at KPU."""
    on_paper: list[int] = field(default_factory=list)
    """The participants in the order of paper: those of KPU by name, of Bawaslu, of the provinces, and the guest."""

    @classmethod
    async def create(cls, app: FastAPI, client: httpx.AsyncClient, participant_count: int = 11) -> "ClosedPlenary":
        """Create the meeting, its scans and manual statuses, and close its roll."""
        plenary = cls(app, client, f"pleno-{next(NUMBERS)}", WriteClient.create(app, client))
        await plenary._create_meeting()
        await plenary._create_participants()
        await plenary._create_attendance()
        closed = await plenary.admin.close_roll(plenary.path)
        assert closed.status_code == 200, closed.text
        return plenary

    async def _create_meeting(self) -> None:
        members = {"code": self.code, "name": "Rapat Pleno", "kind": "plenary", "host": "kpu", "place": "Jakarta"}
        members |= {"time_zone": "Asia/Jakarta", "start_on": "2026-11-23", "end_on": "2026-11-24"}
        assert (await self.admin.post("/v1/meetings", members)).status_code == 201
        for session in SESSIONS:
            moved = dict(session)
            if "starts_at" in moved:
                moved["starts_at"] = "2026-11-23T09:00:00+07:00"
            assert (await self.admin.post(f"{self.path}/sessions", moved)).status_code == 201

    async def _create_participants(self) -> None:
        roster = (
            "FROM appointments WHERE organization = 'kpu' AND office IN ('chair', 'member') AND certain @> $1::date"
        )
        first_day = date(2026, 11, 23)
        self.officials = await self.execute(f"SELECT array_agg(official::text ORDER BY official) {roster}", first_day)
        names = (
            'SELECT array_agg(id::text ORDER BY fold(name) COLLATE "C", id) FROM officials WHERE id::text = ANY ($1)'
        )
        by_name = await self.execute(names, self.officials)
        self.on_paper = [*map(self.officials.index, by_name), 9, 7, 8, 10]
        self.appointments = await self.execute(f"SELECT array_agg(id::text) {roster}", first_day)
        path = f"{self.path}/participants"
        payloads = [{"official": id_, "organization": "kpu", "office": "member"} for id_ in self.officials]
        members = await self.admin.post(f"{path}:batch", {"participants": payloads})
        named = await self.admin.post(f"{path}:batch", {"participants": NAMED})
        registered = [*members.json()["registered"], *named.json()["registered"]]
        self.participants = [item["id"] for item in registered]
        assert len(self.participants) == 11
        badges = (await self.admin.get(f"{self.path}/badges")).json()["items"]
        tokens = {item["participant"]: item["token"] for item in badges}
        self.badges = [tokens[item] for item in self.participants]
        represents = await self.admin.patch(self.participant_path(9), {"represents": self.participants[10]})
        assert represents.status_code == 200, represents.text

    async def _create_attendance(self) -> None:
        first_day = [self._make_scan(n, 60 * n - 120, skew=30) for n in range(6)]
        first_day += [self._make_scan(7, 300, session="class-1", skew=30), self._make_scan(9, 400, skew=30)]
        first_day += [self._make_scan(n, 7200, direction="out", skew=30) for n in (0, 1)]
        second_day = [self._make_scan(n, DAY + 60 * n) for n in (0, 1, 2, 6)]
        self.scans = [*first_day, *second_day]
        for device, scans, seconds, skew in (("gate-1", first_day, 7300, 30), ("gate-2", second_day, DAY + 7200, 0)):
            response = await self.send_batch(scans, seconds, device=device, skew=skew)
            assert response.status_code == 207, response.text
        status = {"status": "excused", "reason": "izin"}
        assert (await self.admin.patch(self.attendance_path(8), status)).status_code == 200
        state_of(self.app).receipt_clock.now = FixedClock(after_start(2 * DAY))

    def _make_scan(self, n: int, seconds: float, **more: Any) -> dict[str, Any]:
        scan = self.new_scan(n, seconds, **more)
        self.made.append(MadeScan(after_start(seconds), scan["scan_id"], n, more.get("direction", "in")))
        return scan

    def new_scan(self, badge: int | str, seconds: float = 0, *, skew: float = 0, **more: Any) -> dict[str, Any]:
        return super().new_scan(badge, seconds - SHIFT, skew=skew, **more)

    async def send_batch(self, scans: Sequence[dict[str, Any]], seconds: float = 0, **options: Any) -> httpx.Response:
        return await super().send_batch(scans, seconds - SHIFT, **options)

    async def correct(self, **payload: Any) -> httpx.Response:
        """Request a correction as one client and confirm it as another; return the response to the confirmation."""
        response = await post_correction(self, create_client(self, "one"), reason="koreksi", **payload)
        assert response.status_code == 201, response.text
        return await create_client(self, "two").post(f"{response.headers['location']}:confirm", {})

    async def send_late_scan(self, participant: int, seconds: float, **more: Any) -> str:
        """Send a scan that was made `seconds` after the start, long after the closing; return its id."""
        scan = self.new_scan(participant, seconds, **more)
        response = await self.send_batch([scan], 2 * DAY, device="gate-late")
        assert response.status_code == 207, response.text
        return str(scan["scan_id"])

    async def read_state(self, *, with_times: bool = True) -> dict[str, Any]:
        """Read everything that a closed roll must keep: lines, summaries, quorum, and the CSV with its digest."""
        lines = (await self.read(f"{self.path}/attendance?page_size=200")).json()["items"]
        summary = f"{self.path}/attendance/summary"
        csv = await self.client.get(f"{self.path}/attendance", headers={**self.admin.headers, "Accept": "text/csv"})
        assert csv.status_code == 200, csv.text
        return {
            "lines": {line["id"]: without_mentions(line) for line in lines},
            "days": {line["id"]: await self.read_times(line["id"]) for line in lines if with_times},
            "summary": {by: (await self.read(f"{summary}?by={by}")).content for by in GROUPS},
            "total": (await self.read(summary)).content,
            "quorum": [(await self.read(f"{self.path}/quorum?at={at}")).content for at in QUORUM_INSTANTS],
            "csv": csv.content,
            "digest": csv.links["describedby"]["url"],
        }

    async def read_times(self, participant: str) -> dict[str, Any]:
        """Read what only the attendance of one participant shows."""
        document = (await self.read(f"{self.path}/attendance/{participant}")).json()
        return {name: document[name] for name in ("days", "intervals", "first_entry", "manual_status", "sessions")}

    async def read(self, path: str) -> httpx.Response:
        response = await self.admin.get(path)
        assert response.status_code == 200, (path, response.text)
        return response

    async def execute(self, sql: str, *arguments: Any) -> Any:
        """Run a statement on the database of the service."""
        return await fetch_value(database_url_of(self.app), sql, *arguments)


def without_mentions(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line of the roll without what it mentions of other objects."""
    return {name: value for name, value in line.items() if name not in MENTIONS}
