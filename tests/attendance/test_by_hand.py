"""A status that somebody sets stands beside what the scans show, and never over it."""

from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from tests.check_ins.doors import Door, at, instant
from tests.writes.calls import Calls

SICK = {"status": "sick", "reason": "opname di RS Contoh"}


@pytest_asyncio.fixture
async def door(app: FastAPI, client: httpx.AsyncClient) -> Door:
    door = await Door.of_new_meeting(app, client, people=3)
    assert (await door.admin.patch(door.at, {"roll": "open"})).status_code == 200
    return door


async def by_hand(door: Door, person: int, body: dict[str, Any], **how: Any) -> httpx.Response:
    return await door.admin.patch(f"{door.at}/attendance/{door.people[person]}", body, **how)


async def test_it_is_shown_with_its_reason(door: Door) -> None:
    answer = await by_hand(door, 0, SICK)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["status"], told["by_hand"], told["revision"]) == ("sick", SICK, 2)
    assert await door.of(0) == told
    assert (await door.of(1))["by_hand"] is None
    revisions = (await door.admin.get(f"{door.at}/participants/{door.people[0]}/revisions")).json()["items"]
    assert [one["reason"] for one in revisions] == [None, SICK["reason"]]


async def test_a_scan_goes_before_it_until_it_is_annulled(door: Door) -> None:
    await by_hand(door, 0, SICK)
    await door.send([scan := door.scan(0, 60)], 60)
    came = await door.of(0)
    assert (came["status"], came["by_hand"], came["first_entry"]) == ("present", SICK, scan["scan_id"])
    annulled = await door.admin.post(f"{door.at}/check-ins/{scan['scan_id']}:annul", {"reason": "badge dipinjamkan"})
    assert (annulled.status_code, annulled.json()["annulled_for"]) == (200, "badge dipinjamkan")
    after = await door.of(0)
    assert (after["status"], after["by_hand"], after["first_entry"]) == ("sick", SICK, None)
    assert (after["arrived_at"], after["intervals"], after["late"]) == (None, [], False)
    assert await door.seen() == {scan["scan_id"]: "annulled"}


async def test_set_after_a_scan_it_stands_beside_it(door: Door) -> None:
    await door.send([door.scan(0)])
    answer = await by_hand(door, 0, {"status": "absent", "reason": "tidak terlihat"})
    assert (answer.json()["status"], answer.json()["by_hand"]["status"]) == ("present", "absent")


async def test_an_annulment_is_told_as_it_was_when_it_is_asked_again(door: Door) -> None:
    await door.send([scan := door.scan(0)])
    at = f"{door.at}/check-ins/{scan['scan_id']}:annul"
    first = await door.admin.post(at, {"reason": "satu"})
    again = await door.admin.post(at, {"reason": "dua"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await door.admin.post(at.replace(scan["scan_id"], door.people[0]), {"reason": "x"})).status_code == 404
    assert (await door.admin.post(at, {})).status_code == 422


async def test_of_two_entries_the_next_one_counts_when_the_first_is_annulled(door: Door) -> None:
    first, second = door.scan(0, 60), door.scan(0, 120)
    await door.send([second, first], 120)
    await door.admin.post(f"{door.at}/check-ins/{first['scan_id']}:annul", {"reason": "keliru"})
    came = await door.of(0)
    assert (came["first_entry"], instant(came["arrived_at"])) == (second["scan_id"], at(120))


async def test_expected_takes_it_away(door: Door) -> None:
    await by_hand(door, 0, SICK)
    answer = await by_hand(door, 0, {"status": "expected", "reason": "keliru"})
    assert (answer.json()["status"], answer.json()["by_hand"]) == ("expected", None)


async def test_it_names_the_revision_that_was_read(door: Door) -> None:
    stale = (await door.admin.get(f"{door.at}/attendance/{door.people[0]}")).headers["etag"]
    assert (await by_hand(door, 0, SICK, match=stale)).status_code == 200
    again = await by_hand(door, 0, {**SICK, "status": "excused"}, match=stale)
    assert (again.status_code, again.json()["code"]) == (412, "precondition_failed")
    headers = {**door.admin.headers, "Content-Type": "application/merge-patch+json"}
    bare = await door.client.patch(f"{door.at}/attendance/{door.people[0]}", content=b"{}", headers=headers)
    assert bare.status_code == 428
    assert (await door.of(0))["status"] == "sick"


@pytest.mark.parametrize(
    "body",
    [{"status": "sick"}, {"reason": "x"}, {**SICK, "reason": ""}, {**SICK, "status": "late"}, {**SICK, "late": True}],
)
async def test_it_needs_a_status_that_there_is_and_a_reason(door: Door, body: dict[str, Any]) -> None:
    assert (await by_hand(door, 0, body)).status_code == 422
    assert (await door.of(0))["revision"] == 1


async def test_of_nobody_listed_is_404(door: Door) -> None:
    door.people[0] = "01b00000-0000-7000-8000-000000000000"
    assert (await by_hand(door, 0, SICK)).status_code == 404


async def test_a_dry_run_sets_nothing(door: Door) -> None:
    at = f"{door.at}/attendance/{door.people[0]}"
    dry = await door.admin.patch(f"{at}?dry_run=true", SICK)
    assert (dry.status_code, dry.json()["status"]) == (200, "sick")
    assert (await door.of(0))["status"] == "expected"


async def test_that_somebody_is_sick_is_nowhere_open(door: Door) -> None:
    await by_hand(door, 0, SICK)
    roll = await door.client.get(f"{door.at}/attendance")
    assert [one["status"] for one in roll.json()["items"]] == ["excused", "expected", "expected"]
    files = [await door.client.get(f"{door.at}/attendance", headers={"Accept": "text/csv"})]
    summary = await door.client.get(f"{door.at}/attendance/summary?by=organization")
    for answer in (roll, summary, *files):
        assert "sick" not in answer.text.lower()
        assert "sakit" not in answer.text.lower()
        assert "opname" not in answer.text.lower()
    assert summary.json()["absent"]["excused"] == 1
    found = {
        status: len((await door.client.get(f"{door.at}/attendance?status={status}")).json()["items"])
        for status in ("sick", "excused")
    }
    assert found == {"sick": 0, "excused": 1}


async def test_to_the_scope_it_is_told(door: Door) -> None:
    await by_hand(door, 0, SICK)
    items = (await door.admin.get(f"{door.at}/attendance?status=sick")).json()["items"]
    assert [one["id"] for one in items] == [door.people[0]]
    assert (await door.admin.get(f"{door.at}/attendance?status=excused")).json()["items"] == []
    headers = {**door.admin.headers, "Accept": "text/csv"}
    assert "Sakit" in (await door.client.get(f"{door.at}/attendance", headers=headers)).text
    summary = (await door.admin.get(f"{door.at}/attendance/summary")).json()
    assert (summary["absent"]["excused"], "sick" in summary["absent"]) == (1, False)


class TestIntervals:
    async def told(self, door: Door) -> list[tuple[str | None, float, float | None]]:
        """At which door, from and to which second."""

        def seconds(text: str | None) -> float | None:
            return (instant(text) - at(0)).total_seconds() if text else None

        found = (await door.of(0))["intervals"]
        return [(one["session"], seconds(one["entered_at"]), seconds(one["left_at"])) for one in found]  # type: ignore[misc]

    async def test_are_from_an_entry_to_the_exit_after_it(self, door: Door) -> None:
        scans = [door.scan(0, 10), door.scan(0, 20, direction="out"), door.scan(0, 30)]
        await door.send(scans[::-1], 40)
        assert await self.told(door) == [(None, 10, 20), (None, 30, None)]
        came = await door.of(0)
        assert (instant(came["arrived_at"]), came["left_at"]) == (at(10), None)

    async def test_an_exit_before_all_entries_ends_none(self, door: Door) -> None:
        await door.send([door.scan(0, 5, direction="out"), door.scan(0, 10)], 40)
        assert await self.told(door) == [(None, 10, None)]

    async def test_of_two_entries_in_turn_the_first_opens_and_of_two_exits_the_first_closes(self, door: Door) -> None:
        ways = ("in", "in", "out", "out", "in")
        await door.send([door.scan(0, 10 * n, direction=way) for n, way in enumerate(ways)], 60)
        assert await self.told(door) == [(None, 0, 20), (None, 40, None)]

    async def test_each_door_has_its_own(self, door: Door) -> None:
        scans = [
            door.scan(0, 10),
            door.scan(0, 20, session="opening"),
            door.scan(0, 30, session="opening", direction="out"),
            door.scan(0, 40, direction="out"),
        ]
        await door.send(scans, 60)
        assert await self.told(door) == [(None, 10, 40), ("opening", 20, 30)]

    async def test_what_is_annulled_is_in_none(self, door: Door) -> None:
        scans = [door.scan(0, 10), door.scan(0, 20, direction="out"), door.scan(0, 30, direction="out")]
        await door.send(scans, 60)
        await door.admin.post(f"{door.at}/check-ins/{scans[1]['scan_id']}:annul", {"reason": "keliru"})
        assert await self.told(door) == [(None, 10, 30)]


async def test_it_is_read_with_the_scope_alone(door: Door) -> None:
    caller = Calls.of(door.app, door.client, Scope.ATTENDANCE_WRITE)
    assert (await caller.get(f"{door.at}/attendance/{door.people[0]}")).status_code == 403
    assert (await door.client.get(f"{door.at}/attendance/{door.people[0]}")).status_code == 401
