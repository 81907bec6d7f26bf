"""A status that somebody sets stands beside what the scans show, and never over it."""

from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from tests.check_ins.meeting_client import MeetingClient, after_start, parse_instant
from tests.writes.calls import Calls

SICK = {"status": "sick", "reason": "opname di RS Contoh"}


@pytest_asyncio.fixture
async def meeting(app: FastAPI, client: httpx.AsyncClient) -> MeetingClient:
    meeting = await MeetingClient.create(app, client, participant_count=3)
    assert (await meeting.admin.patch(meeting.path, {"roll": "open"})).status_code == 200
    return meeting


async def by_hand(meeting: MeetingClient, person: int, body: dict[str, Any], **how: Any) -> httpx.Response:
    return await meeting.admin.patch(meeting.attendance_path(person), body, **how)


async def test_it_is_shown_with_its_reason(meeting: MeetingClient) -> None:
    answer = await by_hand(meeting, 0, SICK)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["status"], told["manual_status"], told["revision"]) == ("sick", SICK, 2)
    assert await meeting.get_attendance(0) == told
    assert (await meeting.get_attendance(1))["manual_status"] is None
    revisions = (await meeting.admin.get(f"{meeting.participant_path(0)}/revisions")).json()["items"]
    assert [one["reason"] for one in revisions] == [None, SICK["reason"]]


async def test_a_scan_goes_before_it_until_it_is_annulled(meeting: MeetingClient) -> None:
    await by_hand(meeting, 0, SICK)
    await meeting.send_batch([scan := meeting.new_scan(0, 60)], 60)
    came = await meeting.get_attendance(0)
    assert (came["status"], came["manual_status"], came["first_entry"]) == ("present", SICK, scan["scan_id"])
    annulled = await meeting.admin.post(
        f"{meeting.path}/check-ins/{scan['scan_id']}:annul", {"reason": "badge dipinjamkan"}
    )
    assert (annulled.status_code, annulled.json()["annulment_reason"]) == (200, "badge dipinjamkan")
    after = await meeting.get_attendance(0)
    assert (after["status"], after["manual_status"], after["first_entry"]) == ("sick", SICK, None)
    assert (after["arrived_at"], after["intervals"], after["late"]) == (None, [], False)
    assert await meeting.get_scan_outcomes() == {scan["scan_id"]: "annulled"}


async def test_set_after_a_scan_it_stands_beside_it(meeting: MeetingClient) -> None:
    await meeting.send_batch([meeting.new_scan(0)])
    answer = await by_hand(meeting, 0, {"status": "absent", "reason": "tidak terlihat"})
    assert (answer.json()["status"], answer.json()["manual_status"]["status"]) == ("present", "absent")


async def test_an_annulment_is_told_as_it_was_when_it_is_asked_again(meeting: MeetingClient) -> None:
    await meeting.send_batch([scan := meeting.new_scan(0)])
    at = f"{meeting.path}/check-ins/{scan['scan_id']}:annul"
    first = await meeting.admin.post(at, {"reason": "satu"})
    again = await meeting.admin.post(at, {"reason": "dua"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert (
        await meeting.admin.post(at.replace(scan["scan_id"], meeting.participants[0]), {"reason": "x"})
    ).status_code == 404
    assert (await meeting.admin.post(at, {})).status_code == 422


async def test_of_two_entries_the_next_one_counts_when_the_first_is_annulled(meeting: MeetingClient) -> None:
    first, second = meeting.new_scan(0, 60), meeting.new_scan(0, 120)
    await meeting.send_batch([second, first], 120)
    await meeting.admin.post(f"{meeting.path}/check-ins/{first['scan_id']}:annul", {"reason": "keliru"})
    came = await meeting.get_attendance(0)
    assert (came["first_entry"], parse_instant(came["arrived_at"])) == (second["scan_id"], after_start(120))


async def test_expected_takes_it_away(meeting: MeetingClient) -> None:
    await by_hand(meeting, 0, SICK)
    answer = await by_hand(meeting, 0, {"status": "expected", "reason": "keliru"})
    assert (answer.json()["status"], answer.json()["manual_status"]) == ("expected", None)


async def test_it_names_the_revision_that_was_read(meeting: MeetingClient) -> None:
    stale = (await meeting.admin.get(meeting.attendance_path(0))).headers["etag"]
    assert (await by_hand(meeting, 0, SICK, match=stale)).status_code == 200
    again = await by_hand(meeting, 0, {**SICK, "status": "excused"}, match=stale)
    assert (again.status_code, again.json()["code"]) == (412, "precondition_failed")
    headers = {**meeting.admin.headers, "Content-Type": "application/merge-patch+json"}
    bare = await meeting.client.patch(meeting.attendance_path(0), content=b"{}", headers=headers)
    assert bare.status_code == 428
    assert (await meeting.get_attendance(0))["status"] == "sick"


@pytest.mark.parametrize(
    "body",
    [{"status": "sick"}, {"reason": "x"}, {**SICK, "reason": ""}, {**SICK, "status": "late"}, {**SICK, "late": True}],
)
async def test_it_needs_a_status_that_there_is_and_a_reason(meeting: MeetingClient, body: dict[str, Any]) -> None:
    assert (await by_hand(meeting, 0, body)).status_code == 422
    assert (await meeting.get_attendance(0))["revision"] == 1


async def test_of_nobody_listed_is_404(meeting: MeetingClient) -> None:
    meeting.participants[0] = "01b00000-0000-7000-8000-000000000000"
    assert (await by_hand(meeting, 0, SICK)).status_code == 404


async def test_a_dry_run_sets_nothing(meeting: MeetingClient) -> None:
    at = meeting.attendance_path(0)
    dry = await meeting.admin.patch(f"{at}?dry_run=true", SICK)
    assert (dry.status_code, dry.json()["status"]) == (200, "sick")
    assert (await meeting.get_attendance(0))["status"] == "expected"


async def test_that_somebody_is_sick_is_nowhere_open(meeting: MeetingClient) -> None:
    await by_hand(meeting, 0, SICK)
    roll = await meeting.client.get(f"{meeting.path}/attendance")
    assert [one["status"] for one in roll.json()["items"]] == ["excused", "expected", "expected"]
    files = [await meeting.client.get(f"{meeting.path}/attendance", headers={"Accept": "text/csv"})]
    summary = await meeting.client.get(f"{meeting.path}/attendance/summary?by=organization")
    for answer in (roll, summary, *files):
        assert "sick" not in answer.text.lower()
        assert "sakit" not in answer.text.lower()
        assert "opname" not in answer.text.lower()
    assert summary.json()["absent"]["excused"] == 1
    found = {
        status: len((await meeting.client.get(f"{meeting.path}/attendance?status={status}")).json()["items"])
        for status in ("sick", "excused")
    }
    assert found == {"sick": 0, "excused": 1}


async def test_to_the_scope_it_is_told(meeting: MeetingClient) -> None:
    await by_hand(meeting, 0, SICK)
    items = (await meeting.admin.get(f"{meeting.path}/attendance?status=sick")).json()["items"]
    assert [one["id"] for one in items] == [meeting.participants[0]]
    assert (await meeting.admin.get(f"{meeting.path}/attendance?status=excused")).json()["items"] == []
    headers = {**meeting.admin.headers, "Accept": "text/csv"}
    assert "Sakit" in (await meeting.client.get(f"{meeting.path}/attendance", headers=headers)).text
    summary = (await meeting.admin.get(f"{meeting.path}/attendance/summary")).json()
    assert (summary["absent"]["excused"], "sick" in summary["absent"]) == (1, False)


class TestIntervals:
    async def told(self, meeting: MeetingClient) -> list[tuple[str | None, float, float | None]]:
        """At which session, from and to which second."""

        def seconds(text: str | None) -> float | None:
            return (parse_instant(text) - after_start(0)).total_seconds() if text else None

        found = (await meeting.get_attendance(0))["intervals"]
        return [(one["session"], seconds(one["entered_at"]), seconds(one["left_at"])) for one in found]  # type: ignore[misc]

    async def test_are_from_an_entry_to_the_exit_after_it(self, meeting: MeetingClient) -> None:
        scans = [meeting.new_scan(0, 10), meeting.new_scan(0, 20, direction="out"), meeting.new_scan(0, 30)]
        await meeting.send_batch(scans[::-1], 40)
        assert await self.told(meeting) == [(None, 10, 20), (None, 30, None)]
        came = await meeting.get_attendance(0)
        assert (parse_instant(came["arrived_at"]), came["left_at"]) == (after_start(10), None)

    async def test_an_exit_before_all_entries_ends_none(self, meeting: MeetingClient) -> None:
        await meeting.send_batch([meeting.new_scan(0, 5, direction="out"), meeting.new_scan(0, 10)], 40)
        assert await self.told(meeting) == [(None, 10, None)]

    async def test_of_two_entries_in_turn_the_first_opens_and_of_two_exits_the_first_closes(
        self, meeting: MeetingClient
    ) -> None:
        ways = ("in", "in", "out", "out", "in")
        await meeting.send_batch([meeting.new_scan(0, 10 * n, direction=way) for n, way in enumerate(ways)], 60)
        assert await self.told(meeting) == [(None, 0, 20), (None, 40, None)]

    async def test_each_door_has_its_own(self, meeting: MeetingClient) -> None:
        scans = [
            meeting.new_scan(0, 10),
            meeting.new_scan(0, 20, session="opening"),
            meeting.new_scan(0, 30, session="opening", direction="out"),
            meeting.new_scan(0, 40, direction="out"),
        ]
        await meeting.send_batch(scans, 60)
        assert await self.told(meeting) == [(None, 10, 40), ("opening", 20, 30)]

    async def test_what_is_annulled_is_in_none(self, meeting: MeetingClient) -> None:
        scans = [
            meeting.new_scan(0, 10),
            meeting.new_scan(0, 20, direction="out"),
            meeting.new_scan(0, 30, direction="out"),
        ]
        await meeting.send_batch(scans, 60)
        await meeting.admin.post(f"{meeting.path}/check-ins/{scans[1]['scan_id']}:annul", {"reason": "keliru"})
        assert await self.told(meeting) == [(None, 10, 30)]


async def test_it_is_read_with_the_scope_alone(meeting: MeetingClient) -> None:
    caller = Calls.of(meeting.app, meeting.client, Scope.ATTENDANCE_WRITE)
    assert (await caller.get(meeting.attendance_path(0))).status_code == 403
    assert (await meeting.client.get(meeting.attendance_path(0))).status_code == 401
