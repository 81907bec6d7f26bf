"""A plenary of KPU on 14 June 2022, when seven sat on it, with badges for all of them and a gate to scan them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI
from uuid_utils.compat import uuid7

from app.auth import Scope
from app.state import state_of
from tests.attendance.synthetic_rolls import TARMIZI, participant_row
from tests.callers import bearer_headers
from tests.conftest import fetch_value
from tests.meetings.made_up import ARIF, insert, meeting

PLENARY = "/v1/meetings/pleno"
SENT_AT = "2022-06-14T18:00:00+07:00"
SELECT_MEMBERS = """
    SELECT official FROM appointments
    WHERE organization = 'kpu' AND office IN ('chair', 'member') AND possible @> date '2022-06-14'
    ORDER BY office, official
"""
QUORUM_ENTRY_TIMES = ("09:00", "09:01", "09:02", "09:03", "09:04")
"""When the five enter that it takes."""
SECRETARY, OTHER_COMMISSION_MEMBER, GUEST = 7, 8, 9
"""Who is on the list and does not count."""


def local_iso(clock: str) -> str:
    return f"2022-06-14T{clock}:00+07:00"


def local_instant(clock: str) -> datetime:
    return datetime.fromisoformat(local_iso(clock))


class PlenaryClient:
    """The room of the plenary: who enters and leaves it, and what the service says of its quorum.

    The commissioners are 0 to 6. `receipt_clock` says when all was sent, so that the gate's clock is right.
    """

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, url: str, officials: Sequence[Any]) -> None:
        self.app = app
        self.client = client
        self.url = url
        self.officials = [str(item) for item in officials]
        self.participants = [str(row["id"]) for row in participant_rows(officials)]
        self.tokens: dict[str, str] = {}

    async def fetch_badges(self) -> None:
        reader = bearer_headers(self.app, Scope.ATTENDANCE_READ)
        response = await self.client.get(f"{PLENARY}/badges", headers=reader)
        self.tokens = {item["participant"]: item["token"] for item in response.json()["items"]}

    async def reissue_badge(self, n: int) -> str:
        """Another badge for somebody; returns the token of the former one."""
        former = self.tokens[self.participants[n]]
        writer = bearer_headers(self.app, Scope.ATTENDANCE_WRITE) | {"Idempotency-Key": str(uuid7())}
        address = f"{PLENARY}/participants/{self.participants[n]}/badge"
        response = await self.client.post(address, headers=writer)
        assert response.status_code == 201, response.text
        self.tokens[self.participants[n]] = response.json()["token"]
        return former

    async def scan(self, n: int, time: str, direction: str = "in", *, badge: str | None = None) -> None:
        content = {
            "scan_id": str(uuid7()),
            "badge": badge or self.tokens[self.participants[n]],
            "direction": direction,
            "scanned_at": local_iso(time),
            "device_id": "gate-1",
            "device_sent_at": SENT_AT,
        }
        headers = bearer_headers(self.app, Scope.CHECK_INS_WRITE)
        response = await self.client.post(f"{PLENARY}/check-ins", json=content, headers=headers)
        assert response.status_code == 201, response.text

    async def scan_entries(self, clocks: Sequence[str]) -> None:
        """The first of them at the first hour, and so on."""
        for n, clock in enumerate(clocks):
            await self.scan(n, clock)

    async def set_status(self, n: int, status: str, arrived: str | None = None, left: str | None = None) -> None:
        """What somebody has stated of a commissioner."""
        sql = "UPDATE participants SET status = $2, arrived_at = $3, left_at = $4 WHERE id = $1"
        times = [local_instant(clock) if clock else None for clock in (arrived, left)]
        await fetch_value(self.url, sql, self.participants[n], status, *times)

    async def get_quorum(self, time: str | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
        given = {"at": local_iso(time)} if time else {}
        response = await self.client.get(f"{PLENARY}/quorum", params=given, headers=headers)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    async def get_quorum_state(self, time: str | None = None) -> tuple[int, bool | None, str | None, str | None]:
        """How many are present, whether that is enough, since when, and when it was first, by the clock of Jakarta."""
        found = await self.get_quorum(time)
        return (
            found["present"],
            found["met"],
            format_local_time(found["since"]),
            format_local_time(found["first_met_at"]),
        )


def format_local_time(told: str | None) -> str | None:
    return datetime.fromisoformat(told).astimezone(local_instant("00:00").tzinfo).strftime("%H:%M") if told else None


def participant_rows(officials: Sequence[Any]) -> list[Any]:
    """All that come: also the secretary general, a member of another commission, and somebody by name."""
    rows = [
        participant_row(9, n, "pleno", "expected", official=item, organization="kpu")
        for n, item in enumerate(officials)
    ]
    rows.append(participant_row(9, SECRETARY, "pleno", "expected", official=ARIF, organization="kpu", office="member"))
    rows.append(
        participant_row(
            9, OTHER_COMMISSION_MEMBER, "pleno", "expected", official=TARMIZI, organization="kpu", office="chair"
        )
    )
    return [
        *rows,
        participant_row(9, GUEST, "pleno", "expected", name="Seorang Tamu", organization="kpu", office="member"),
    ]


async def insert_plenary(url: str, **rest: Any) -> list[Any]:
    """Put the plenary there; returns the seven officials."""
    await insert(url, "meetings", [meeting("pleno", "2022-06-14", "2022-06-14", kind="plenary", **rest)])
    connection = await asyncpg.connect(url)
    officials = [row[0] for row in await connection.fetch(SELECT_MEMBERS)]
    await connection.close()
    await insert(url, "participants", participant_rows(officials))
    return officials


async def create_plenary(app: FastAPI, client: httpx.AsyncClient, url: str) -> PlenaryClient:
    """The plenary with nobody in its room yet, over a service of the test's own."""
    state_of(app).receipt_clock = lambda: datetime.fromisoformat(SENT_AT)
    room = PlenaryClient(app, client, url, await insert_plenary(url))
    await room.fetch_badges()
    return room
