"""Client of the participants of one new meeting, which has an opening and two parallel classes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
from fastapi import FastAPI

from app.state import state_of
from tests.conftest import database_url_of
from tests.writes.write_client import WriteClient

MEETING_NUMBERS = count(1)
UNKNOWN_ID = "01b00000-0000-7000-8000-000000000000"
SESSIONS: tuple[dict[str, Any], ...] = (
    {"code": "opening", "kind": "opening", "position": 1, "name": "Pembukaan"},
    *(
        {"code": f"class-{n}", "kind": "class", "position": n + 1, "name": "Kelas", "parallel_group": "c", "track": n}
        for n in (1, 2)
    ),
)


@dataclass
class ParticipantsClient:
    """The participants of a meeting, as `admin` (a client with all scopes) reads and writes them."""

    app: FastAPI
    client: httpx.AsyncClient
    database_url: str
    code: str
    admin: WriteClient

    @classmethod
    async def in_new_meeting(cls, app: FastAPI, client: httpx.AsyncClient, **members: Any) -> "ParticipantsClient":
        """Create an open meeting with these further members, and its sessions."""
        code = f"list-{next(MEETING_NUMBERS)}"
        url = database_url_of(app)
        participants = cls(app, client, url, code, WriteClient.create(app, client))
        base = {"code": code, "name": "Rapat", "kind": "coordination", "host": "kpu", "time_zone": "Asia/Jakarta"}
        days = {"start_on": "2026-12-07", "end_on": "2026-12-08", "roll": "open"}
        created = await participants.admin.post("/v1/meetings", {**base, **days, **members})
        assert created.status_code == 201, created.text
        for session in SESSIONS:
            assert (await participants.admin.post(f"{participants.meeting_path}/sessions", session)).status_code == 201
        return participants

    @property
    def meeting_path(self) -> str:
        return f"/v1/meetings/{self.code}"

    def path_of(self, participant_id: str) -> str:
        return f"{self.meeting_path}/participants/{participant_id}"

    async def create(self, body: Any, *, idempotency_key: str | None = None) -> httpx.Response:
        return await self.admin.post(f"{self.meeting_path}/participants", body, idempotency_key=idempotency_key)

    async def add(self, **members: Any) -> str:
        """Create a participant and return the id."""
        response = await self.create({"name": "Siti Contoh", **members})
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    async def list_all(self, query: str = "") -> list[dict[str, Any]]:
        response = await self.admin.get(f"{self.meeting_path}/participants?page_size=200{query}")
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    async def list_names(self, query: str = "") -> list[str | None]:
        return [item["name"] for item in await self.list_all(query)]

    async def get_status(self, participant_id: str) -> str:
        """Return the attendance status of a participant."""
        response = await self.admin.get(f"{self.meeting_path}/attendance/{participant_id}")
        assert response.status_code == 200, response.text
        return str(response.json()["status"])

    async def check_in(self, participant_id: str) -> None:
        """Scan the badge of a participant."""
        badge = (await self.admin.get(f"{self.path_of(participant_id)}/badge")).json()["token"]
        scan = {"scan_id": f"01b00000-0000-7000-8{next(MEETING_NUMBERS):03x}-{participant_id[-12:]}", "badge": badge}
        state_of(self.app).receipt_clock.now = lambda: datetime(2026, 12, 7, 2, tzinfo=UTC)
        when = {"scanned_at": "2026-12-07T02:00:00Z", "device_sent_at": "2026-12-07T02:00:00Z", "device_id": "gate"}
        response = await self.admin.post(f"{self.meeting_path}/check-ins", {**scan, **when})
        assert response.status_code == 201, response.text

    async def close_roll(self) -> None:
        assert (await self.admin.close_roll(self.meeting_path)).status_code == 200

    async def get_summary(self) -> dict[str, Any]:
        summary: dict[str, Any] = (await self.admin.get(f"{self.meeting_path}/attendance/summary")).json()
        return summary


def summarize_problem(response: httpx.Response) -> tuple[int, str, str | None, str | None]:
    """Return the status and code of a problem, and the pointer and address of its first error."""
    problem = response.json()
    first = (problem.get("errors") or [{}])[0]
    return response.status_code, problem["code"], first.get("pointer"), first.get("address")
