"""A meeting's door: people with badges, devices with clocks of their own, and what the service makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from fastapi import FastAPI
from uuid_utils.compat import uuid7

from app.auth import Scope
from tests.callers import bearer
from tests.writes.calls import Calls

NUMBERS = count(1)
START = datetime(2026, 12, 7, 2, 0, tzinfo=UTC)  # 9 in the morning of Jakarta
SESSIONS = (
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


def at(seconds: float) -> datetime:
    """An instant, from the start of the opening."""
    return START + timedelta(seconds=seconds)


@dataclass
class Clock:
    """When posts are received, as the tests have it."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Door:
    """`people`: ids of participants, `badges`: their tokens, in the same order."""

    app: FastAPI
    client: httpx.AsyncClient
    meeting: str
    admin: Calls
    people: list[str] = field(default_factory=list)
    badges: list[str] = field(default_factory=list)

    @classmethod
    async def of_new_meeting(cls, app: FastAPI, client: httpx.AsyncClient, people: int) -> "Door":
        meeting = f"door-{next(NUMBERS)}"
        door = cls(app, client, meeting, Calls.of(app, client))
        new = {"code": meeting, "name": "Rapat", "kind": "coordination", "host": "kpu", "time_zone": "Asia/Jakarta"}
        made = await door.admin.post("/v1/meetings", {**new, "start_on": "2026-12-07", "end_on": "2026-12-08"})
        assert made.status_code == 201, made.text
        for session in SESSIONS:
            assert (await door.admin.post(f"{door.at}/sessions", session)).status_code == 201
        listed = [{"name": f"Peserta {n}", "organization": "kpu-32"} for n in range(people)]
        registered = await door.admin.post(f"{door.at}/participants:batch", {"participants": listed})
        door.people = [one["id"] for one in registered.json()["registered"]]
        issued = (await door.admin.get(f"{door.at}/badges")).json()["items"]
        tokens = {one["participant"]: one["token"] for one in issued}
        door.badges = [tokens[one] for one in door.people]
        return door

    @property
    def at(self) -> str:
        return f"/v1/meetings/{self.meeting}"

    def scan(self, badge: int | str, when: float = 0, *, skew: float = 0, **more: Any) -> dict[str, Any]:
        """A scan at so many seconds after the start, by a clock that is `skew` seconds ahead."""
        token = self.badges[badge] if isinstance(badge, int) else badge
        return {"scan_id": str(uuid7()), "badge": token, "scanned_at": at(when + skew).isoformat(), **more}

    async def send(
        self,
        scans: Sequence[dict[str, Any]],
        when: float = 0,
        *,
        device: str = "gate-1",
        skew: float = 0,
        latency: float = 0,
        epoch: int = 0,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """A batch that is sent at so many seconds after the start, and received `latency` seconds later."""
        self.app.state.receipt_clock = Clock(at(when + latency))
        sent = at(when + skew).isoformat()
        body = {"device_id": device, "device_sent_at": sent, "clock_epoch": epoch, "scans": list(scans)}
        return await self.client.post(
            f"{self.at}/check-ins:batch", json=body, headers=headers or bearer(self.app, Scope.CHECK_INS_WRITE)
        )

    async def outcomes(self, scans: Sequence[dict[str, Any]], when: float = 0, **how: Any) -> list[str]:
        """What a gate is told of each."""
        answer = await self.send(scans, when, **how)
        assert answer.status_code == 207, answer.text
        return [one["outcome"] for one in answer.json()["results"]]

    async def of(self, person: int) -> dict[str, Any]:
        """Whether somebody came."""
        answer = await self.admin.get(f"{self.at}/attendance/{self.people[person]}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def seen(self) -> dict[str, str]:
        """What each scan comes to, by its id."""
        answer = await self.admin.get(f"{self.at}/check-ins?page_size=200")
        return {one["scan_id"]: one["outcome"] for one in answer.json()["items"]}

    async def connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.app.state.settings.database_url)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ids(scans: Sequence[dict[str, Any]]) -> list[UUID]:
    return [UUID(one["scan_id"]) for one in scans]
