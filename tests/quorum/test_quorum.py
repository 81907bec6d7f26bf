"""Whether a plenary has its quorum: seven sit on KPU on 14 June 2022, and five of them must be there."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.quorum.schemas import Quorum
from tests.attendance.synthetic_rolls import TARMIZI, participant_row
from tests.conftest import fetch
from tests.meetings.made_up import ARIF, FACT, insert, meeting
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
async def room(own_app: FastAPI, own_client: httpx.AsyncClient, own_url: str) -> PlenaryClient:
    return await plenary_client.create_plenary(own_app, own_client, own_url)


async def test_it_is_met_when_the_fifth_enters_and_not_when_one_leaves(room: PlenaryClient) -> None:
    await room.scan_entries(QUORUM_ENTRY_TIMES)
    await room.scan(2, "10:00", "out")
    assert await room.get_quorum_state("08:59") == (0, False, None, None)
    assert await room.get_quorum_state("09:03") == (4, False, None, None)
    assert await room.get_quorum_state("09:04") == (5, True, "09:04", "09:04")
    assert await room.get_quorum_state("09:59") == (5, True, "09:04", "09:04")
    assert await room.get_quorum_state("10:00") == (4, False, None, "09:04")
    await room.scan(5, "10:30")
    assert await room.get_quorum_state("10:29") == (4, False, None, "09:04")
    assert await room.get_quorum_state("10:30") == (5, True, "10:30", "09:04")
    await room.scan(6, "10:40")
    await room.scan(6, "10:50", "out")
    assert await room.get_quorum_state("11:00") == (5, True, "10:30", "09:04")


async def test_who_scans_earlier_and_is_told_later_counts_as_if_told_at_once(room: PlenaryClient) -> None:
    await room.scan_entries(QUORUM_ENTRY_TIMES)
    await room.scan(5, "08:30")
    await room.scan(0, "09:02", "out")
    assert await room.get_quorum_state("09:03") == (4, False, None, None)
    assert await room.get_quorum_state("09:04") == (5, True, "09:04", "09:04")


async def test_one_who_leaves_at_the_moment_that_another_enters_is_no_break(room: PlenaryClient) -> None:
    await room.scan_entries(QUORUM_ENTRY_TIMES)
    await room.scan(0, "09:30", "out")
    await room.scan(5, "09:30")
    assert await room.get_quorum_state("09:30") == (5, True, "09:04", "09:04")


async def test_all_of_the_answer(room: PlenaryClient, own_client: httpx.AsyncClient) -> None:
    await room.scan_entries(QUORUM_ENTRY_TIMES)
    answer = await own_client.get(f"{PLENARY}/quorum", params={"at": local_iso("12:00")})
    Quorum.model_validate_json(answer.content, strict=True, extra="forbid")
    found = answer.json()
    members = found.pop("members")
    rule = found.pop("rule")
    assert found == {
        "meeting": {"code": "pleno", "name": "Rapat pleno"},
        "organization": {"code": "kpu", "name": "Komisi Pemilihan Umum"},
        "at": "2022-06-14T05:00:00+00:00",
        "seats": 7,
        "present": 5,
        "needed": 5,
        "met": True,
        "since": "2022-06-14T02:04:00+00:00",
        "first_met_at": "2022-06-14T02:04:00+00:00",
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
    seats = [one for one in roster if one["office"] in ("chair", "member")]
    wanted = [{name: one[name] for name in ("official", "office", "certain")} for one in seats]
    assert [{name: one[name] for name in one if name != "present"} for one in members] == wanted
    there = {one["official"]["id"] for one in members if one["present"]}
    assert there == set(room.officials[:5])


async def test_nobody_is_counted_twice(room: PlenaryClient) -> None:
    await room.scan_entries(QUORUM_ENTRY_TIMES[:4])
    await room.scan(0, "09:10")
    former = await room.reissue_badge(1)
    await room.scan(1, "09:11")
    assert await room.get_quorum_state("09:20") == (4, False, None, None)
    await room.scan(1, "09:30", "out", badge=former)
    assert await room.get_quorum_state("09:29") == (4, False, None, None)
    assert await room.get_quorum_state("09:30") == (3, False, None, None)


async def test_a_scan_that_is_annulled_never_was(room: PlenaryClient) -> None:
    await room.scan_entries(QUORUM_ENTRY_TIMES)
    sql = (
        "UPDATE scans SET annulled_at = now(), annulment_reason = 'a slip' WHERE scanned_at = '2022-06-14T09:04+07:00'"
    )
    await fetch(room.url, sql)
    assert await room.get_quorum_state("12:00") == (4, False, None, None)


async def test_who_is_no_member_does_not_count(room: PlenaryClient) -> None:
    await room.scan_entries(QUORUM_ENTRY_TIMES[:4])
    for n in (SECRETARY, OTHER_COMMISSION_MEMBER, GUEST):
        await room.scan(n, "09:10")
    assert await room.get_quorum_state("12:00") == (4, False, None, None)


async def test_a_member_counts_for_whom_ever_it_comes(room: PlenaryClient) -> None:
    sql = "UPDATE participants SET organization = 'kpu-31', office = NULL, capacity = 'speaker' WHERE id = $1"
    await fetch(room.url, sql, room.participants[4])
    await room.scan_entries(QUORUM_ENTRY_TIMES)
    assert await room.get_quorum_state("12:00") == (5, True, "09:04", "09:04")


async def test_a_member_who_is_not_on_the_list_is_not_there(room: PlenaryClient) -> None:
    await room.scan_entries(QUORUM_ENTRY_TIMES)
    await fetch(room.url, "UPDATE participants SET official = NULL, name = 'X' WHERE id = $1", room.participants[0])
    found = await room.get_quorum("12:00")
    assert (len(found["members"]), found["present"], found["met"]) == (7, 4, False)


async def test_whom_no_gate_has_seen_is_there_as_it_was_stated(room: PlenaryClient) -> None:
    await room.scan_entries(QUORUM_ENTRY_TIMES[:3])
    await room.set_status(3, "present")
    await room.set_status(4, "present", "09:30", "10:15")
    await room.set_status(5, "excused", "08:00")
    assert await room.get_quorum_state("08:00") == (1, False, None, None)
    assert await room.get_quorum_state("09:29") == (4, False, None, None)
    assert await room.get_quorum_state("09:30") == (5, True, "09:30", "09:30")
    assert await room.get_quorum_state("10:15") == (4, False, None, "09:30")


async def test_what_gates_have_seen_goes_before_what_was_stated(room: PlenaryClient) -> None:
    await room.scan_entries(QUORUM_ENTRY_TIMES)
    await room.set_status(4, "present")
    await room.set_status(3, "absent")
    assert await room.get_quorum_state("09:03") == (4, False, None, None)
    assert await room.get_quorum_state("09:04") == (5, True, "09:04", "09:04")


async def test_after_the_meeting_it_is_as_it_was_at_its_end(room: PlenaryClient) -> None:
    await room.scan_entries(QUORUM_ENTRY_TIMES)
    assert (await room.get_quorum())["at"] == "2022-06-14T16:59:59.999999+00:00"
    assert await room.get_quorum_state() == (5, True, "09:04", "09:04")
    await room.scan(0, "17:00", "out")
    assert await room.get_quorum_state() == (4, False, None, "09:04")


async def test_while_the_meeting_lasts_it_is_as_it_is_now(room: PlenaryClient) -> None:
    await fetch(room.url, "UPDATE meetings SET end_on = '2199-12-31' WHERE code = 'pleno'")
    before = datetime.now(UTC)
    told = datetime.fromisoformat((await room.get_quorum())["at"])
    assert before <= told <= datetime.now(UTC)


@pytest.mark.parametrize(("seats", "reason"), [(None, "seats_unknown"), (6, "no_rule")])
async def test_without_a_rule_nobody_says_whether_it_is_met(
    room: PlenaryClient, seats: int | None, reason: str
) -> None:
    await room.scan_entries(QUORUM_ENTRY_TIMES)
    await fetch(room.url, "UPDATE organizations SET seats = $1 WHERE code = 'kpu'", seats)
    found = await room.get_quorum("12:00")
    assert (found["seats"], found["reason"], found["present"]) == (seats, reason, 5)
    assert [found[name] for name in ("rule", "needed", "met", "since", "first_met_at")] == [None] * 5


async def test_a_commission_of_unknown_size(own_client: httpx.AsyncClient, own_url: str) -> None:
    await insert(own_url, "meetings", [meeting("west", "2024-03-10", "2024-03-10", kind="plenary", host="kpu-32")])
    found = (await own_client.get("/v1/meetings/west/quorum")).json()
    assert (found["met"], found["reason"], found["seats"]) == (None, "seats_unknown", None)


@pytest.mark.parametrize(
    ("code", "rest"),
    [("nowhere", {}), ("talk", {"kind": "coordination"}), ("agency", {"kind": "plenary", "host": "bawaslu"})],
)
async def test_no_quorum_where_there_is_no_plenary(
    own_client: httpx.AsyncClient, own_url: str, code: str, rest: dict[str, Any]
) -> None:
    if rest:
        await insert(own_url, "meetings", [meeting(code, "2024-03-10", "2024-03-10", **rest)])
    answer = await own_client.get(f"/v1/meetings/{code}/quorum")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "value", ["2022-06-14", "2022-06-14T09:00:00", "2022-06-14T25:00:00Z", "now", "1022-06-14T09:00:00Z"]
)
async def test_an_instant_is_rfc_3339(own_client: httpx.AsyncClient, value: str) -> None:
    answer = await own_client.get(f"/v1/meetings/rakornas-2022-06/quorum?at={quote(value)}")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "at")


async def test_who_acts_and_who_may_have_sat_there_count(room: PlenaryClient) -> None:
    """On a day of 2022 whoever is known to have come that year may have been in office: possible, and not certain."""
    for n, (official, rest) in enumerate(
        (
            (TARMIZI, {"standing": "acting", "start_on": "2022-06-01"}),
            (ARIF, {"standing": "definitive", "start_on": "2022"}),
            (room.officials[0], {"standing": "definitive", "start_on": "2022"}),
        )
    ):
        row = {"id": participant_row(8, n, "", "")["id"], "official": official, "organization": "kpu"}
        await insert(room.url, "appointments", [{**row, "office": "member", **rest, **FACT}])
    await room.scan_entries(QUORUM_ENTRY_TIMES[:3])
    await room.scan(OTHER_COMMISSION_MEMBER, "09:10")
    await room.scan(SECRETARY, "09:11")
    assert await room.get_quorum_state("12:00") == (5, True, "09:11", "09:11")
    members = {one["official"]["id"]: one["certain"] for one in (await room.get_quorum("12:00"))["members"]}
    assert (
        len((await room.get_quorum("12:00"))["members"]) == 9
    )  # the one with two offices once, in the one that is certain
    assert (members[TARMIZI], members[ARIF], members[room.officials[0]]) == (True, False, True)
    await fetch(
        room.url, "UPDATE appointments SET end_on = '2022-06-14' WHERE organization = 'kpu' AND official = $1", TARMIZI
    )
    assert await room.get_quorum_state("12:00") == (4, False, None, None)


async def test_the_day_is_that_of_the_meetings_zone(room: PlenaryClient) -> None:
    """Whoever comes into office on the 14th is a member from midnight in Jakarta on: 17:00 of the 13th in UTC."""
    row = {"id": participant_row(8, 1, "", "")["id"], "official": TARMIZI, "organization": "kpu"}
    one = {**row, "office": "member", "standing": "definitive", "start_on": "2022-06-14", **FACT}
    await insert(room.url, "appointments", [one])

    async def number(instant: str) -> int:
        answer = await room.client.get(f"{PLENARY}/quorum", params={"at": instant})
        return len(answer.json()["members"])

    assert [await number("2022-06-13T16:59:59Z"), await number("2022-06-13T17:00:00Z")] == [7, 8]
