"""A meeting whose list the tests write: on made-up days, with sessions of which two run side by side."""

from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
from fastapi import FastAPI

from tests.conftest import database_url_of
from tests.writes.calls import Calls

NUMBERS = count(1)
NOBODY = "01b00000-0000-7000-8000-000000000000"
SESSIONS: tuple[dict[str, Any], ...] = (
    {"code": "opening", "kind": "opening", "position": 1, "name": "Pembukaan"},
    *(
        {"code": f"class-{n}", "kind": "class", "position": n + 1, "name": "Kelas", "parallel_group": "c", "track": n}
        for n in (1, 2)
    ),
)


@dataclass
class Listing:
    """`admin` may write everything, everywhere."""

    app: FastAPI
    client: httpx.AsyncClient
    url: str
    meeting: str
    admin: Calls

    @classmethod
    async def of_new_meeting(cls, app: FastAPI, client: httpx.AsyncClient, **members: Any) -> "Listing":
        meeting = f"list-{next(NUMBERS)}"
        url = database_url_of(app)
        listing = cls(app, client, url, meeting, Calls.of(app, client))
        new = {"code": meeting, "name": "Rapat", "kind": "coordination", "host": "kpu", "time_zone": "Asia/Jakarta"}
        days = {"start_on": "2026-12-07", "end_on": "2026-12-08", "roll": "open"}
        made = await listing.admin.post("/v1/meetings", {**new, **days, **members})
        assert made.status_code == 201, made.text
        for session in SESSIONS:
            assert (await listing.admin.post(f"{listing.at}/sessions", session)).status_code == 201
        return listing

    @property
    def at(self) -> str:
        return f"/v1/meetings/{self.meeting}"

    def one(self, id_: str) -> str:
        return f"{self.at}/participants/{id_}"

    async def post(self, body: Any, **how: Any) -> httpx.Response:
        return await self.admin.post(f"{self.at}/participants", body, **how)

    async def add(self, **members: Any) -> str:
        """Put somebody on the list; their id."""
        answer = await self.post({"name": "Siti Contoh", **members})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def listed(self, query: str = "") -> list[dict[str, Any]]:
        answer = await self.admin.get(f"{self.at}/participants?page_size=200{query}")
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def names(self, query: str = "") -> list[str | None]:
        return [one["name"] for one in await self.listed(query)]

    async def status(self, id_: str) -> str:
        """Whether somebody came, as the roll has it."""
        answer = await self.admin.get(f"{self.at}/attendance/{id_}")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["status"])

    async def comes(self, id_: str) -> None:
        """Their badge is seen at the door."""
        badge = (await self.admin.get(f"{self.one(id_)}/badge")).json()["token"]
        scan = {"scan_id": f"01b00000-0000-7000-8{next(NUMBERS):03x}-{id_[-12:]}", "badge": badge}
        when = {"scanned_at": "2026-12-07T02:00:00Z", "device_sent_at": "2026-12-07T02:00:00Z", "device_id": "gate"}
        answer = await self.admin.post(f"{self.at}/check-ins", {**scan, **when})
        assert answer.status_code == 201, answer.text

    async def close(self) -> None:
        assert (await self.admin.post(f"{self.at}:close-roll", {})).status_code == 200

    async def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.admin.get(f"{self.at}/attendance/summary")).json()
        return found


def refused(answer: httpx.Response) -> tuple[int, str, str | None, str | None]:
    """The status and code of a problem, and the pointer and address of its first error."""
    problem = answer.json()
    first = (problem.get("errors") or [{}])[0]
    return answer.status_code, problem["code"], first.get("pointer"), first.get("address")
