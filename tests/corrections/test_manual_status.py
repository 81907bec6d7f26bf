"""A status that somebody sets stands beside what the scans show, and never over it."""

from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from tests.check_ins.meeting_client import MeetingClient, after_start, parse_instant
from tests.writes.calls import Calls

SICK_STATUS = {"status": "sick", "reason": "opname di RS Contoh"}


@pytest_asyncio.fixture
async def meeting(app: FastAPI, client: httpx.AsyncClient) -> MeetingClient:
    meeting = await MeetingClient.create(app, client, participant_count=3)
    assert (await meeting.admin.patch(meeting.path, {"roll": "open"})).status_code == 200
    return meeting


async def set_status(meeting: MeetingClient, person: int, body: dict[str, Any], **how: Any) -> httpx.Response:
    return await meeting.admin.patch(meeting.attendance_path(person), body, **how)


async def test_status_is_shown_with_its_reason(meeting: MeetingClient) -> None:
    response = await set_status(meeting, 0, SICK_STATUS)
    assert response.status_code == 200, response.text
    told = response.json()
    assert (told["status"], told["manual_status"], told["revision"]) == ("sick", SICK_STATUS, 2)
    assert await meeting.get_attendance(0) == told
    assert (await meeting.get_attendance(1))["manual_status"] is None
    revisions = (await meeting.admin.get(f"{meeting.participant_path(0)}/revisions")).json()["items"]
    assert [item["reason"] for item in revisions] == [None, SICK_STATUS["reason"]]


async def test_scan_takes_precedence_until_it_is_annulled(meeting: MeetingClient) -> None:
    await set_status(meeting, 0, SICK_STATUS)
    await meeting.send_batch([scan := meeting.new_scan(0, 60)], 60)
    came = await meeting.get_attendance(0)
    assert (came["status"], came["manual_status"], came["first_entry"]) == ("present", SICK_STATUS, scan["scan_id"])
    annulled = await meeting.admin.post(
        f"{meeting.path}/check-ins/{scan['scan_id']}:annul", {"reason": "badge dipinjamkan"}
    )
    assert (annulled.status_code, annulled.json()["annulment_reason"]) == (200, "badge dipinjamkan")
    after = await meeting.get_attendance(0)
    assert (after["status"], after["manual_status"], after["first_entry"]) == ("sick", SICK_STATUS, None)
    assert (after["arrived_at"], after["intervals"], after["late"]) == (None, [], False)
    assert await meeting.get_scan_outcomes() == {scan["scan_id"]: "annulled"}


async def test_status_set_after_a_scan_is_stored_without_effect(meeting: MeetingClient) -> None:
    await meeting.send_batch([meeting.new_scan(0)])
    response = await set_status(meeting, 0, {"status": "absent", "reason": "tidak terlihat"})
    assert (response.json()["status"], response.json()["manual_status"]["status"]) == ("present", "absent")


async def test_annulling_again_returns_the_first_annulment(meeting: MeetingClient) -> None:
    await meeting.send_batch([scan := meeting.new_scan(0)])
    at = f"{meeting.path}/check-ins/{scan['scan_id']}:annul"
    first = await meeting.admin.post(at, {"reason": "satu"})
    again = await meeting.admin.post(at, {"reason": "dua"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert (
        await meeting.admin.post(at.replace(scan["scan_id"], meeting.participants[0]), {"reason": "x"})
    ).status_code == 404
    assert (await meeting.admin.post(at, {})).status_code == 422


async def test_second_entry_counts_if_the_first_is_annulled(meeting: MeetingClient) -> None:
    first, second = meeting.new_scan(0, 60), meeting.new_scan(0, 120)
    await meeting.send_batch([second, first], 120)
    await meeting.admin.post(f"{meeting.path}/check-ins/{first['scan_id']}:annul", {"reason": "keliru"})
    came = await meeting.get_attendance(0)
    assert (came["first_entry"], parse_instant(came["arrived_at"])) == (second["scan_id"], after_start(120))


async def test_expected_removes_the_manual_status(meeting: MeetingClient) -> None:
    await set_status(meeting, 0, SICK_STATUS)
    response = await set_status(meeting, 0, {"status": "expected", "reason": "keliru"})
    assert (response.json()["status"], response.json()["manual_status"]) == ("expected", None)


async def test_stale_etag_is_412_and_missing_if_match_428(meeting: MeetingClient) -> None:
    stale = (await meeting.admin.get(meeting.attendance_path(0))).headers["etag"]
    assert (await set_status(meeting, 0, SICK_STATUS, match=stale)).status_code == 200
    again = await set_status(meeting, 0, {**SICK_STATUS, "status": "excused"}, match=stale)
    assert (again.status_code, again.json()["code"]) == (412, "precondition_failed")
    headers = {**meeting.admin.headers, "Content-Type": "application/merge-patch+json"}
    bare = await meeting.client.patch(meeting.attendance_path(0), content=b"{}", headers=headers)
    assert bare.status_code == 428
    assert (await meeting.get_attendance(0))["status"] == "sick"


@pytest.mark.parametrize(
    "body",
    [
        {"status": "sick"},
        {"reason": "x"},
        {**SICK_STATUS, "reason": ""},
        {**SICK_STATUS, "status": "late"},
        {**SICK_STATUS, "late": True},
    ],
)
async def test_invalid_payload_is_422(meeting: MeetingClient, body: dict[str, Any]) -> None:
    assert (await set_status(meeting, 0, body)).status_code == 422
    assert (await meeting.get_attendance(0))["revision"] == 1


async def test_unknown_participant_is_404(meeting: MeetingClient) -> None:
    meeting.participants[0] = "01b00000-0000-7000-8000-000000000000"
    assert (await set_status(meeting, 0, SICK_STATUS)).status_code == 404


async def test_dry_run_sets_nothing(meeting: MeetingClient) -> None:
    at = meeting.attendance_path(0)
    dry = await meeting.admin.patch(f"{at}?dry_run=true", SICK_STATUS)
    assert (dry.status_code, dry.json()["status"]) == (200, "sick")
    assert (await meeting.get_attendance(0))["status"] == "expected"


async def test_public_responses_show_sick_as_excused(meeting: MeetingClient) -> None:
    await set_status(meeting, 0, SICK_STATUS)
    roll = await meeting.client.get(f"{meeting.path}/attendance")
    assert [item["status"] for item in roll.json()["items"]] == ["excused", "expected", "expected"]
    files = [await meeting.client.get(f"{meeting.path}/attendance", headers={"Accept": "text/csv"})]
    summary = await meeting.client.get(f"{meeting.path}/attendance/summary?by=organization")
    for response in (roll, summary, *files):
        assert "sick" not in response.text.lower()
        assert "sakit" not in response.text.lower()
        assert "opname" not in response.text.lower()
    assert summary.json()["absent"]["excused"] == 1
    found = {
        status: len((await meeting.client.get(f"{meeting.path}/attendance?status={status}")).json()["items"])
        for status in ("sick", "excused")
    }
    assert found == {"sick": 0, "excused": 1}


async def test_caller_with_scope_sees_sick(meeting: MeetingClient) -> None:
    await set_status(meeting, 0, SICK_STATUS)
    items = (await meeting.admin.get(f"{meeting.path}/attendance?status=sick")).json()["items"]
    assert [item["id"] for item in items] == [meeting.participants[0]]
    assert (await meeting.admin.get(f"{meeting.path}/attendance?status=excused")).json()["items"] == []
    headers = {**meeting.admin.headers, "Accept": "text/csv"}
    assert "Sakit" in (await meeting.client.get(f"{meeting.path}/attendance", headers=headers)).text
    summary = (await meeting.admin.get(f"{meeting.path}/attendance/summary")).json()
    assert (summary["absent"]["excused"], "sick" in summary["absent"]) == (1, False)


class TestIntervals:
    async def fetch_intervals(self, meeting: MeetingClient) -> list[tuple[str | None, float, float | None]]:
        """At which session, from and to which second."""

        def seconds(text: str | None) -> float | None:
            return (parse_instant(text) - after_start(0)).total_seconds() if text else None

        found = (await meeting.get_attendance(0))["intervals"]
        return [(item["session"], seconds(item["entered_at"]), seconds(item["left_at"])) for item in found]  # type: ignore[misc]

    async def test_interval_lasts_from_entry_to_next_exit(self, meeting: MeetingClient) -> None:
        scans = [meeting.new_scan(0, 10), meeting.new_scan(0, 20, direction="out"), meeting.new_scan(0, 30)]
        await meeting.send_batch(scans[::-1], 40)
        assert await self.fetch_intervals(meeting) == [(None, 10, 20), (None, 30, None)]
        came = await meeting.get_attendance(0)
        assert (parse_instant(came["arrived_at"]), came["left_at"]) == (after_start(10), None)

    async def test_exit_before_all_entries_is_ignored(self, meeting: MeetingClient) -> None:
        await meeting.send_batch([meeting.new_scan(0, 5, direction="out"), meeting.new_scan(0, 10)], 40)
        assert await self.fetch_intervals(meeting) == [(None, 10, None)]

    async def test_first_of_repeated_entries_and_exits_counts(self, meeting: MeetingClient) -> None:
        ways = ("in", "in", "out", "out", "in")
        await meeting.send_batch([meeting.new_scan(0, 10 * n, direction=way) for n, way in enumerate(ways)], 60)
        assert await self.fetch_intervals(meeting) == [(None, 0, 20), (None, 40, None)]

    async def test_each_session_has_its_own_intervals(self, meeting: MeetingClient) -> None:
        scans = [
            meeting.new_scan(0, 10),
            meeting.new_scan(0, 20, session="opening"),
            meeting.new_scan(0, 30, session="opening", direction="out"),
            meeting.new_scan(0, 40, direction="out"),
        ]
        await meeting.send_batch(scans, 60)
        assert await self.fetch_intervals(meeting) == [(None, 10, 40), ("opening", 20, 30)]

    async def test_annulled_exit_ends_no_interval(self, meeting: MeetingClient) -> None:
        scans = [
            meeting.new_scan(0, 10),
            meeting.new_scan(0, 20, direction="out"),
            meeting.new_scan(0, 30, direction="out"),
        ]
        await meeting.send_batch(scans, 60)
        await meeting.admin.post(f"{meeting.path}/check-ins/{scans[1]['scan_id']}:annul", {"reason": "keliru"})
        assert await self.fetch_intervals(meeting) == [(None, 10, 30)]


async def test_reading_without_scope_is_403_and_without_token_401(meeting: MeetingClient) -> None:
    caller = Calls.of(meeting.app, meeting.client, Scope.ATTENDANCE_WRITE)
    assert (await caller.get(meeting.attendance_path(0))).status_code == 403
    assert (await meeting.client.get(meeting.attendance_path(0))).status_code == 401
