"""With `known_at`, the routes of a roll answer as they did at that instant."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from app.core.db import database
from tests.check_ins.meeting_client import START, MeetingClient
from tests.conftest import database_url_of, fetch_value
from tests.quorum.plenary_client import PLENARY, QUORUM_ENTRY_TIMES, create_plenary, local_iso
from tests.writes.write_client import WriteClient

CONFIRMATION_MEMBERS = ("confirmed_by", "confirmation_reason", "confirmation_legal_basis")


@pytest.fixture(autouse=True)
def _no_commit_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept a `known_at` that is not yet 10 s ago, because no other transaction is running."""
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))


@pytest_asyncio.fixture
async def meeting(app: FastAPI, client: httpx.AsyncClient) -> MeetingClient:
    """A client of a meeting of yesterday, today and tomorrow."""
    meeting = await MeetingClient.create(app, client, participant_count=2)
    for statement in (
        "UPDATE sessions SET starts_at = NULL WHERE meeting = $1",
        "UPDATE meetings SET start_on = current_date - 1, end_on = current_date + 1 WHERE code = $1",
    ):
        await fetch_value(database_url_of(app), statement, meeting.code)
    return meeting


async def fetch_current_instant(meeting: MeetingClient) -> str:
    instant: datetime = await fetch_value(database_url_of(meeting.app), "SELECT clock_timestamp()")
    return instant.isoformat()


async def fetch_items(meeting: MeetingClient, path: str, **query: str) -> list[dict[str, Any]]:
    response = await meeting.client.get(f"{meeting.path}/{path}", params=query, headers=dict(meeting.admin.headers))
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def send_scan(meeting: MeetingClient, index: int) -> str:
    """Send a scan of a participant that is received now; return its id."""
    now = (datetime.now(UTC) - START).total_seconds()
    await meeting.send_batch([scan := meeting.new_scan(index, now)], now)
    return str(scan["scan_id"])


async def test_check_ins_as_known_before_an_annulment(meeting: MeetingClient) -> None:
    first = await send_scan(meeting, 0)
    before, instant = await fetch_items(meeting, "check-ins"), await fetch_current_instant(meeting)
    await send_scan(meeting, 1)
    reason = {"reason": "badge dipinjamkan", "legal_basis": "Keputusan KPU 9/2026"}
    response = await meeting.admin.post(f"{meeting.path}/check-ins/{first}:annul", reason)
    assert (response.status_code, response.json()["legal_basis"]) == (200, "Keputusan KPU 9/2026")
    after = await fetch_items(meeting, "check-ins")
    assert await fetch_items(meeting, "check-ins", known_at=instant) == before
    assert [item["outcome"] for item in before] == ["first_entry"]
    assert [(item["outcome"], item["legal_basis"]) for item in after] == [
        ("annulled", "Keputusan KPU 9/2026"),
        ("first_entry", None),
    ]


async def test_meetings_attended_by_an_organization_as_known_before_its_check_in(meeting: MeetingClient) -> None:
    async def is_listed(**query: str) -> bool:
        response = await meeting.client.get(
            "/v1/meetings", params={"attended_by": "kpu-32", "page_size": "200", **query}
        )
        return meeting.code in [item["code"] for item in response.json()["items"]]

    before = await fetch_current_instant(meeting)
    await send_scan(meeting, 0)
    after = await fetch_current_instant(meeting)
    assert [await is_listed(known_at=before), await is_listed(known_at=after), await is_listed()] == [False, True, True]


async def test_corrections_as_known_before_their_confirmation(meeting: MeetingClient) -> None:
    await meeting.admin.close_roll(meeting.path)
    before_request = await fetch_current_instant(meeting)
    sick = {"status": "sick", "reason": "surat dokter", "legal_basis": "Keputusan KPU 9/2026"}
    correction = {"kind": "status", "participant": meeting.participants[0], **sick}
    requested = await meeting.admin.post(f"{meeting.path}/corrections", correction)
    assert requested.status_code == 201
    before, instant = await fetch_items(meeting, "corrections"), await fetch_current_instant(meeting)
    assert (before[0]["reason"], before[0]["legal_basis"]) == ("surat dokter", "Keputusan KPU 9/2026")
    second = WriteClient.create(meeting.app, meeting.client, Scope.ATTENDANCE_WRITE, client_id="another")
    reason = {"reason": "suratnya ada", "legal_basis": "PKPU 5/2022"}
    assert (await second.post(f"{requested.headers['location']}:confirm", reason)).status_code == 200
    assert await fetch_items(meeting, "corrections", known_at=before_request) == []
    assert await fetch_items(meeting, "corrections", known_at=instant) == before
    [after] = await fetch_items(meeting, "corrections")
    assert [after[name] for name in CONFIRMATION_MEMBERS] == ["another", "suratnya ada", "PKPU 5/2022"]
    assert [before[0][name] for name in CONFIRMATION_MEMBERS] == [None, None, None]
    revisions = (await meeting.admin.get(f"{meeting.participant_path(0)}/revisions")).json()["items"]
    assert [(item["reason"], item["legal_basis"]) for item in revisions[1:]] == [
        ("surat dokter", "Keputusan KPU 9/2026")
    ]
    assert [item["revision"] for item in [*before, *await fetch_items(meeting, "corrections")]] == [1, 2]


async def test_revision_states_the_legal_basis_of_a_status(meeting: MeetingClient) -> None:
    excused = {"status": "excused", "reason": "surat izin", "legal_basis": "Keputusan KPU 9/2026"}
    assert (await meeting.admin.patch(meeting.attendance_path(0), excused)).status_code == 200
    revisions = (await meeting.admin.get(f"{meeting.participant_path(0)}/revisions")).json()["items"]
    assert [(item["reason"], item["legal_basis"]) for item in revisions[1:]] == [("surat izin", "Keputusan KPU 9/2026")]


async def test_quorum_as_known_before_an_annulment_and_after_anonymisation(
    own_app: FastAPI, own_client: httpx.AsyncClient, own_url: str
) -> None:
    plenary = await create_plenary(own_app, own_client, own_url)
    await plenary.scan_entries(QUORUM_ENTRY_TIMES)
    address = f"{PLENARY}/quorum"
    before = (await own_client.get(address, params={"at": local_iso("12:00")})).json()
    instant = (await fetch_value(own_url, "SELECT clock_timestamp()")).isoformat()
    await fetch_value(own_url, "UPDATE scans SET annulled_at = clock_timestamp(), annulment_reason = 'a slip'")
    as_known = await own_client.get(address, params={"at": local_iso("12:00"), "known_at": instant})
    assert as_known.json() == before
    assert (before["present"], before["met"]) == (5, True)
    assert (await own_client.get(address, params={"at": local_iso("12:00")})).json()["present"] == 0
    code = PLENARY.rpartition("/")[2]
    await fetch_value(
        own_url,
        "WITH allowed AS MATERIALIZED (SELECT set_config('rakornas.two_clients', 'on', true))"
        " UPDATE meetings SET retention_days = 8 FROM allowed WHERE code = $1",
        code,
    )
    await fetch_value(own_url, "SELECT erase_personal_data($1, NULL)", code)
    anonymised = (await own_client.get(address, params={"at": local_iso("12:00"), "known_at": instant})).json()
    assert (anonymised["met"], anonymised["reason"]) == (None, "anonymised")
