"""Client of one new meeting: participants with badges, and devices that send scans with skewed clocks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI
from uuid_utils.compat import uuid7

from app.auth import Scope
from app.state import state_of
from tests.callers import bearer_headers
from tests.conftest import database_url_of
from tests.writes.write_client import WriteClient

MEETING_NUMBERS = count(1)
START = datetime(2026, 12, 7, 2, 0, tzinfo=UTC)  # 9 in the morning of Jakarta
SESSIONS: tuple[dict[str, Any], ...] = (
    {
        "code": "opening",
        "kind": "opening",
        "position": 1,
        "name": "Pembukaan",
        "starts_at": "2026-12-07T09:00:00+07:00",
    },
    *(
        {"code": f"class-{n}", "kind": "class", "position": n + 1, "name": "Kelas", "parallel_group": "c", "track": n}
        for n in (1, 2)
    ),
)


def after_start(seconds: float) -> datetime:
    """Return the instant this many seconds after the start of the opening."""
    return START + timedelta(seconds=seconds)


@dataclass
class FixedClock:
    """A receipt clock that always returns the same instant."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class MeetingClient:
    """A meeting with participants, and the requests of its devices and of an administrator.

    `participants` holds ids and `badges` the tokens of their badges, in the same order.
    """

    app: FastAPI
    client: httpx.AsyncClient
    code: str
    admin: WriteClient
    participants: list[str] = field(default_factory=list)
    badges: list[str] = field(default_factory=list)

    @classmethod
    async def create(cls, app: FastAPI, client: httpx.AsyncClient, participant_count: int) -> "MeetingClient":
        """Create a meeting with three sessions, register participants and issue their badges."""
        code = f"check-in-{next(MEETING_NUMBERS)}"
        meeting = cls(app, client, code, WriteClient.create(app, client))
        members = {"code": code, "name": "Rapat", "kind": "coordination", "host": "kpu", "time_zone": "Asia/Jakarta"}
        created = await meeting.admin.post(
            "/v1/meetings", {**members, "start_on": "2026-12-07", "end_on": "2026-12-08"}
        )
        assert created.status_code == 201, created.text
        for session in SESSIONS:
            assert (await meeting.admin.post(f"{meeting.path}/sessions", session)).status_code == 201
        payloads = [{"name": f"Peserta {n}", "organization": "kpu-32"} for n in range(participant_count)]
        registered = await meeting.admin.post(f"{meeting.path}/participants:batch", {"participants": payloads})
        meeting.participants = [item["id"] for item in registered.json()["registered"]]
        badges = (await meeting.admin.get(f"{meeting.path}/badges")).json()["items"]
        tokens = {item["participant"]: item["token"] for item in badges}
        meeting.badges = [tokens[item] for item in meeting.participants]
        return meeting

    @property
    def path(self) -> str:
        return f"/v1/meetings/{self.code}"

    def participant_path(self, index: int) -> str:
        return f"{self.path}/participants/{self.participants[index]}"

    def attendance_path(self, index: int) -> str:
        return f"{self.path}/attendance/{self.participants[index]}"

    def new_scan(self, badge: int | str, seconds: float = 0, *, skew: float = 0, **more: Any) -> dict[str, Any]:
        """Build a scan made `seconds` after the start, by a device clock that is `skew` seconds ahead.

        `badge` is the index of a participant or any text.
        """
        token = self.badges[badge] if isinstance(badge, int) else badge
        return {"scan_id": str(uuid7()), "badge": token, "scanned_at": after_start(seconds + skew).isoformat(), **more}

    async def send_batch(
        self,
        scans: Sequence[dict[str, Any]],
        seconds: float = 0,
        *,
        device: str = "gate-1",
        skew: float = 0,
        latency: float = 0,
        epoch: int = 0,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send a batch `seconds` after the start; the service receives it `latency` seconds later."""
        state_of(self.app).receipt_clock.now = FixedClock(after_start(seconds + latency))
        sent = after_start(seconds + skew).isoformat()
        body = {"device_id": device, "device_sent_at": sent, "clock_epoch": epoch, "scans": list(scans)}
        return await self.client.post(
            f"{self.path}/check-ins:batch",
            json=body,
            headers=headers or bearer_headers(self.app, Scope.CHECK_INS_WRITE),
        )

    async def check_in(self, scans: Sequence[dict[str, Any]], seconds: float = 0, **options: Any) -> list[str]:
        """Send a batch and return the outcomes reported to the device."""
        response = await self.send_batch(scans, seconds, **options)
        assert response.status_code == 207, response.text
        return [item["outcome"] for item in response.json()["results"]]

    async def get_attendance(self, index: int) -> dict[str, Any]:
        """Return the attendance document of a participant."""
        response = await self.admin.get(self.attendance_path(index))
        assert response.status_code == 200, response.text
        document: dict[str, Any] = response.json()
        return document

    async def get_scan_outcomes(self) -> dict[str, str]:
        """Return the current outcome of each scan by scan id."""
        response = await self.admin.get(f"{self.path}/check-ins?page_size=200")
        return {item["scan_id"]: item["outcome"] for item in response.json()["items"]}

    async def connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(database_url_of(self.app))


def parse_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
