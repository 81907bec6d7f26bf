"""Client of a plenary of KPU on 14 June 2022: its seven members with badges, and a device that scans them."""

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
from tests.meetings.synthetic_meetings import ARIF, build_meeting, insert_rows

PLENARY = "/v1/meetings/pleno"
SENT_AT = "2022-06-14T18:00:00+07:00"
SELECT_MEMBERS = """
    SELECT official FROM appointments
    WHERE organization = 'kpu' AND office IN ('chair', 'member') AND possible @> date '2022-06-14'
    ORDER BY office, official
"""
QUORUM_ENTRY_TIMES = ("09:00", "09:01", "09:02", "09:03", "09:04")
"""The times at which the five members enter who make a quorum."""
SECRETARY, OTHER_COMMISSION_MEMBER, GUEST = 7, 8, 9
"""Indexes of participants who do not count towards the quorum."""


def local_iso(time: str) -> str:
    """Return a time (HH:MM) in Jakarta on the day of the plenary in RFC 3339."""
    return f"2022-06-14T{time}:00+07:00"


def local_instant(time: str) -> datetime:
    """Return a time (HH:MM) in Jakarta on the day of the plenary."""
    return datetime.fromisoformat(local_iso(time))


class PlenaryClient:
    """The participants of the plenary, the requests of its device, and requests for its quorum.

    Participants are given by their index; the members are 0 to 6. All scans are received at SENT_AT, so the clock of
    the device is right.
    """

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, url: str, officials: Sequence[Any]) -> None:
        self.app = app
        self.client = client
        self.url = url
        self.officials = [str(official) for official in officials]
        self.participants = [str(row["id"]) for row in participant_rows(officials)]
        self.tokens: dict[str, str] = {}

    async def fetch_badges(self) -> None:
        """Issue badges for all participants and fetch their tokens."""
        reader = bearer_headers(self.app, Scope.ATTENDANCE_READ)
        response = await self.client.get(f"{PLENARY}/badges", headers=reader)
        self.tokens = {item["participant"]: item["token"] for item in response.json()["items"]}

    async def reissue_badge(self, n: int) -> str:
        """Issue another badge for a participant; return the token of the former one."""
        former_token = self.tokens[self.participants[n]]
        writer = bearer_headers(self.app, Scope.ATTENDANCE_WRITE) | {"Idempotency-Key": str(uuid7())}
        address = f"{PLENARY}/participants/{self.participants[n]}/badge"
        response = await self.client.post(address, headers=writer)
        assert response.status_code == 201, response.text
        self.tokens[self.participants[n]] = response.json()["token"]
        return former_token

    async def scan(self, n: int, time: str, direction: str = "in", *, badge: str | None = None) -> None:
        """Send a scan of a participant, with the current badge or another token."""
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

    async def scan_entries(self, times: Sequence[str]) -> None:
        """Scan the entry of the first participants, each at one of these times."""
        for n, time in enumerate(times):
            await self.scan(n, time)

    async def set_status(self, n: int, status: str, arrived: str | None = None, left: str | None = None) -> None:
        """Store a stated status of a participant, with the times of arrival and leaving."""
        sql = "UPDATE participants SET status = $2, arrived_at = $3, left_at = $4 WHERE id = $1"
        times = [local_instant(time) if time else None for time in (arrived, left)]
        await fetch_value(self.url, sql, self.participants[n], status, *times)

    async def get_quorum(self, time: str | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Return the quorum at a time, by default at that of the service."""
        params = {"at": local_iso(time)} if time else {}
        response = await self.client.get(f"{PLENARY}/quorum", params=params, headers=headers)
        assert response.status_code == 200, response.text
        quorum: dict[str, Any] = response.json()
        return quorum

    async def get_quorum_state(self, time: str | None = None) -> tuple[int, bool | None, str | None, str | None]:
        """Return the members `present`, `met`, `since` and `first_met_at` of the quorum, times as HH:MM in Jakarta."""
        quorum = await self.get_quorum(time)
        return (
            quorum["present"],
            quorum["met"],
            format_local_time(quorum["since"]),
            format_local_time(quorum["first_met_at"]),
        )


def format_local_time(instant: str | None) -> str | None:
    """Format an instant as HH:MM in Jakarta."""
    if instant is None:
        return None
    return datetime.fromisoformat(instant).astimezone(local_instant("00:00").tzinfo).strftime("%H:%M")


def participant_rows(officials: Sequence[Any]) -> list[Any]:
    """Return the participants: the members, the secretary general, a member of another commission, and a guest."""
    rows = [
        participant_row(9, n, "pleno", "expected", official=official, organization="kpu")
        for n, official in enumerate(officials)
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


async def insert_plenary(url: str, **columns: Any) -> list[Any]:
    """Insert the plenary with its participants; return the ids of the seven members."""
    await insert_rows(url, "meetings", [build_meeting("pleno", "2022-06-14", "2022-06-14", kind="plenary", **columns)])
    connection = await asyncpg.connect(url)
    officials = [row[0] for row in await connection.fetch(SELECT_MEMBERS)]
    await connection.close()
    await insert_rows(url, "participants", participant_rows(officials))
    return officials


async def create_plenary(app: FastAPI, client: httpx.AsyncClient, url: str) -> PlenaryClient:
    """Create the plenary, at which nobody is present yet, in a service that only this test uses."""
    state_of(app).receipt_clock.now = lambda: datetime.fromisoformat(SENT_AT)
    plenary = PlenaryClient(app, client, url, await insert_plenary(url))
    await plenary.fetch_badges()
    return plenary
