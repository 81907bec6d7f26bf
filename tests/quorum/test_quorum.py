"""Quorum of a plenary of KPU on 14 June 2022, which has seven members, of whom five are a quorum."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.quorum.schemas import Quorum
from tests.attendance.synthetic_rolls import TARMIZI, participant_row
from tests.conftest import fetch_value
from tests.meetings.synthetic_meetings import UNVERIFIED, build_meeting, insert_rows
from tests.quorum import plenary_client
from tests.quorum.plenary_client import (
    GUEST,
    OTHER_COMMISSION_MEMBER,
    PLENARY,
    QUORUM_ENTRY_TIMES,
    SECRETARY,
    PlenaryClient,
    local_iso,
)


@pytest_asyncio.fixture
async def plenary(own_app: FastAPI, own_client: httpx.AsyncClient, own_url: str) -> PlenaryClient:
    return await plenary_client.create_plenary(own_app, own_client, own_url)


async def test_quorum_is_met_from_the_fifth_entry_until_an_exit(plenary: PlenaryClient) -> None:
    await plenary.scan_entries(QUORUM_ENTRY_TIMES)
    await plenary.scan(2, "10:00", "out")
    assert await plenary.get_quorum_state("08:59") == (0, False, None, None)
    assert await plenary.get_quorum_state("09:03") == (4, False, None, None)
    assert await plenary.get_quorum_state("09:04") == (5, True, "09:04", "09:04")
    assert await plenary.get_quorum_state("09:59") == (5, True, "09:04", "09:04")
    assert await plenary.get_quorum_state("10:00") == (4, False, None, "09:04")
    await plenary.scan(5, "10:30")
    assert await plenary.get_quorum_state("10:29") == (4, False, None, "09:04")
    assert await plenary.get_quorum_state("10:30") == (5, True, "10:30", "09:04")
    await plenary.scan(6, "10:40")
    await plenary.scan(6, "10:50", "out")
    assert await plenary.get_quorum_state("11:00") == (5, True, "10:30", "09:04")


async def test_scans_sent_late_count_from_their_time(plenary: PlenaryClient) -> None:
    await plenary.scan_entries(QUORUM_ENTRY_TIMES)
    await plenary.scan(5, "08:30")
    await plenary.scan(0, "09:02", "out")
    assert await plenary.get_quorum_state("09:03") == (4, False, None, None)
    assert await plenary.get_quorum_state("09:04") == (5, True, "09:04", "09:04")


async def test_exit_and_entry_at_one_instant_are_no_break(plenary: PlenaryClient) -> None:
    await plenary.scan_entries(QUORUM_ENTRY_TIMES)
    await plenary.scan(0, "09:30", "out")
    await plenary.scan(5, "09:30")
    assert await plenary.get_quorum_state("09:30") == (5, True, "09:04", "09:04")


async def test_document_has_all_members(plenary: PlenaryClient, own_client: httpx.AsyncClient) -> None:
    await plenary.scan_entries(QUORUM_ENTRY_TIMES)
    response = await own_client.get(f"{PLENARY}/quorum", params={"at": local_iso("12:00")})
    Quorum.model_validate_json(response.content, strict=True, extra="forbid")
    quorum = response.json()
    members = quorum.pop("members")
    rule = quorum.pop("rule")
    assert quorum == {
        "meeting": {"code": "pleno", "name": "Rapat pleno"},
        "organization": {"code": "kpu", "name": "Komisi Pemilihan Umum"},
        "at": "2022-06-14T05:00:00.000000+00:00",
        "seats": 7,
        "present": 5,
        "needed": 5,
        "met": True,
        "since": "2022-06-14T02:04:00.000000+00:00",
        "first_met_at": "2022-06-14T02:04:00.000000+00:00",
        "reason": None,
    }
    assert {name: rule[name] for name in rule if name != "source"} == {
        "present_at_least": 5,
        "agree_at_least": 4,
        "counts": "chair and members",
        "verified": False,
    }
    assert "tribunnews.com of 2014-07-03" in rule["source"]
    roster = (await own_client.get("/v1/organizations/kpu/officials?as_of=2022-06-14")).json()["items"]
    seats = [item for item in roster if item["office"] in ("chair", "member")]
    expected = [{name: item[name] for name in ("official", "office", "certain")} for item in seats]
    assert [{name: item[name] for name in item if name != "present"} for item in members] == expected
    present = {item["official"]["id"] for item in members if item["present"]}
    assert present == set(plenary.officials[:5])


async def test_member_with_two_entries_or_badges_counts_once(plenary: PlenaryClient) -> None:
    await plenary.scan_entries(QUORUM_ENTRY_TIMES[:4])
    await plenary.scan(0, "09:10")
    former_token = await plenary.reissue_badge(1)
    await plenary.scan(1, "09:11")
    assert await plenary.get_quorum_state("09:20") == (4, False, None, None)
    await plenary.scan(1, "09:30", "out", badge=former_token)
    assert await plenary.get_quorum_state("09:29") == (4, False, None, None)
    assert await plenary.get_quorum_state("09:30") == (3, False, None, None)


async def test_annulled_scan_does_not_count(plenary: PlenaryClient) -> None:
    await plenary.scan_entries(QUORUM_ENTRY_TIMES)
    sql = (
        "UPDATE scans SET annulled_at = now(), annulment_reason = 'a slip' WHERE scanned_at = '2022-06-14T09:04+07:00'"
    )
    await fetch_value(plenary.url, sql)
    assert await plenary.get_quorum_state("12:00") == (4, False, None, None)


async def test_non_members_do_not_count(plenary: PlenaryClient) -> None:
    await plenary.scan_entries(QUORUM_ENTRY_TIMES[:4])
    for n in (SECRETARY, OTHER_COMMISSION_MEMBER, GUEST):
        await plenary.scan(n, "09:10")
    assert await plenary.get_quorum_state("12:00") == (4, False, None, None)


async def test_member_of_another_delegation_counts(plenary: PlenaryClient) -> None:
    sql = "UPDATE participants SET organization = 'kpu-31', office = NULL, capacity = 'speaker' WHERE id = $1"
    await fetch_value(plenary.url, sql, plenary.participants[4])
    await plenary.scan_entries(QUORUM_ENTRY_TIMES)
    assert await plenary.get_quorum_state("12:00") == (5, True, "09:04", "09:04")


async def test_member_who_is_not_a_participant_is_not_present(plenary: PlenaryClient) -> None:
    await plenary.scan_entries(QUORUM_ENTRY_TIMES)
    await fetch_value(
        plenary.url, "UPDATE participants SET official = NULL, name = 'X' WHERE id = $1", plenary.participants[0]
    )
    quorum = await plenary.get_quorum("12:00")
    assert (len(quorum["members"]), quorum["present"], quorum["met"]) == (7, 4, False)


async def test_member_without_scans_is_present_as_stated(plenary: PlenaryClient) -> None:
    await plenary.scan_entries(QUORUM_ENTRY_TIMES[:3])
    await plenary.set_status(3, "present")
    await plenary.set_status(4, "present", "09:30", "10:15")
    await plenary.set_status(5, "excused", "08:00")
    assert await plenary.get_quorum_state("08:00") == (1, False, None, None)
    assert await plenary.get_quorum_state("09:29") == (4, False, None, None)
    assert await plenary.get_quorum_state("09:30") == (5, True, "09:30", "09:30")
    assert await plenary.get_quorum_state("10:15") == (4, False, None, "09:30")


async def test_scans_take_precedence_over_stated_status(plenary: PlenaryClient) -> None:
    await plenary.scan_entries(QUORUM_ENTRY_TIMES)
    await plenary.set_status(4, "present")
    await plenary.set_status(3, "absent")
    assert await plenary.get_quorum_state("09:03") == (4, False, None, None)
    assert await plenary.get_quorum_state("09:04") == (5, True, "09:04", "09:04")


async def test_default_instant_after_the_meeting_is_its_end(plenary: PlenaryClient) -> None:
    await plenary.scan_entries(QUORUM_ENTRY_TIMES)
    assert (await plenary.get_quorum())["at"] == "2022-06-14T16:59:59.999999+00:00"
    assert await plenary.get_quorum_state() == (5, True, "09:04", "09:04")
    await plenary.scan(0, "17:00", "out")
    assert await plenary.get_quorum_state() == (4, False, None, "09:04")


async def test_default_instant_during_the_meeting_is_now(plenary: PlenaryClient) -> None:
    await fetch_value(
        plenary.url, "UPDATE meetings SET start_on = current_date - 9, end_on = current_date + 9 WHERE code = 'pleno'"
    )
    before = datetime.now(UTC)
    at = datetime.fromisoformat((await plenary.get_quorum())["at"])
    assert before <= at <= datetime.now(UTC)


@pytest.mark.parametrize(("seats", "reason"), [(None, "seats_unknown"), (6, "no_rule")])
async def test_met_is_null_without_a_rule(plenary: PlenaryClient, seats: int | None, reason: str) -> None:
    await plenary.scan_entries(QUORUM_ENTRY_TIMES)
    await fetch_value(plenary.url, "UPDATE organizations SET seats = $1 WHERE code = 'kpu'", seats)
    quorum = await plenary.get_quorum("12:00")
    assert (quorum["seats"], quorum["reason"], quorum["present"]) == (seats, reason, 5)
    assert [quorum[name] for name in ("rule", "needed", "met", "since", "first_met_at")] == [None] * 5


async def test_met_is_null_for_a_commission_of_unknown_size(own_client: httpx.AsyncClient, own_url: str) -> None:
    await insert_rows(
        own_url, "meetings", [build_meeting("west", "2024-03-10", "2024-03-10", kind="plenary", host="kpu-32")]
    )
    quorum = (await own_client.get("/v1/meetings/west/quorum")).json()
    assert (quorum["met"], quorum["reason"], quorum["seats"]) == (None, "seats_unknown", None)


@pytest.mark.parametrize(
    ("code", "columns"),
    [("nowhere", {}), ("talk", {"kind": "coordination"}), ("agency", {"kind": "plenary", "host": "bawaslu"})],
)
async def test_meeting_that_is_no_plenary_of_a_commission_is_404(
    own_client: httpx.AsyncClient, own_url: str, code: str, columns: dict[str, Any]
) -> None:
    if columns:
        await insert_rows(own_url, "meetings", [build_meeting(code, "2024-03-10", "2024-03-10", **columns)])
    response = await own_client.get(f"/v1/meetings/{code}/quorum")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "value", ["2022-06-14", "2022-06-14T09:00:00", "2022-06-14T25:00:00Z", "now", "1022-06-14T09:00:00Z"]
)
async def test_instant_that_is_not_rfc_3339_is_422(own_client: httpx.AsyncClient, value: str) -> None:
    response = await own_client.get(f"/v1/meetings/rakornas-2022-06/quorum?at={quote(value)}")
    assert (response.status_code, response.json()["errors"][0]["parameter"]) == (422, "at")


async def test_day_is_that_of_the_time_zone_of_the_meeting(plenary: PlenaryClient) -> None:
    """An appointment that starts on the 14th is in effect from midnight in Jakarta (17:00 of the 13th in UTC)."""
    row = {"id": participant_row(8, 1, "", "")["id"], "official": TARMIZI, "organization": "kpu"}
    appointment = {**row, "office": "member", "standing": "definitive", "start_on": "2022-06-14", **UNVERIFIED}
    await insert_rows(plenary.url, "appointments", [appointment])

    async def count_members(instant: str) -> int:
        response = await plenary.client.get(f"{PLENARY}/quorum", params={"at": instant})
        return len(response.json()["members"])

    assert [await count_members("2022-06-13T16:59:59Z"), await count_members("2022-06-13T17:00:00Z")] == [7, 8]
