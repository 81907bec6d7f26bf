"""A status that is set manually: it is shown with its reason, and scans take precedence."""

from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.check_ins.meeting_client import MeetingClient, after_start, parse_instant

SICK_STATUS = {"status": "sick", "reason": "opname di RS Contoh"}


@pytest_asyncio.fixture
async def meeting(app: FastAPI, client: httpx.AsyncClient) -> MeetingClient:
    meeting = await MeetingClient.create(app, client, participant_count=3)
    assert (await meeting.admin.patch(meeting.path, {"roll": "open"})).status_code == 200
    return meeting


async def set_status(meeting: MeetingClient, index: int, body: dict[str, Any], **options: Any) -> httpx.Response:
    return await meeting.admin.patch(meeting.attendance_path(index), body, **options)


async def test_status_is_shown_with_its_reason(meeting: MeetingClient) -> None:
    response = await set_status(meeting, 0, SICK_STATUS)
    assert response.status_code == 200, response.text
    document = response.json()
    assert (document["status"], document["manual_status"], document["revision"]) == ("sick", SICK_STATUS, 2)
    assert await meeting.get_attendance(0) == document
    assert (await meeting.get_attendance(1))["manual_status"] is None
    revisions = (await meeting.admin.get(f"{meeting.participant_path(0)}/revisions")).json()["items"]
    assert [item["reason"] for item in revisions] == [None, SICK_STATUS["reason"]]


async def test_scan_takes_precedence_until_it_is_annulled(meeting: MeetingClient) -> None:
    await set_status(meeting, 0, SICK_STATUS)
    await meeting.send_batch([scan := meeting.new_scan(0, 60)], 60)
    attendance = await meeting.get_attendance(0)
    assert (attendance["status"], attendance["manual_status"], attendance["first_entry"]) == (
        "present",
        SICK_STATUS,
        scan["scan_id"],
    )
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
    annul = f"{meeting.path}/check-ins/{scan['scan_id']}:annul"
    first = await meeting.admin.post(annul, {"reason": "satu"})
    again = await meeting.admin.post(annul, {"reason": "dua"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert (
        await meeting.admin.post(annul.replace(scan["scan_id"], meeting.participants[0]), {"reason": "x"})
    ).status_code == 404
    assert (await meeting.admin.post(annul, {})).status_code == 422


async def test_second_entry_counts_if_the_first_is_annulled(meeting: MeetingClient) -> None:
    first, second = meeting.new_scan(0, 60), meeting.new_scan(0, 120)
    await meeting.send_batch([second, first], 120)
    await meeting.admin.post(f"{meeting.path}/check-ins/{first['scan_id']}:annul", {"reason": "keliru"})
    attendance = await meeting.get_attendance(0)
    assert (attendance["first_entry"], parse_instant(attendance["arrived_at"])) == (second["scan_id"], after_start(120))


async def test_expected_removes_the_manual_status(meeting: MeetingClient) -> None:
    await set_status(meeting, 0, SICK_STATUS)
    response = await set_status(meeting, 0, {"status": "expected", "reason": "keliru"})
    assert (response.json()["status"], response.json()["manual_status"]) == ("expected", None)


async def test_stale_etag_is_412_and_missing_if_match_428(meeting: MeetingClient) -> None:
    stale = (await meeting.admin.get(meeting.attendance_path(0))).headers["etag"]
    assert (await set_status(meeting, 0, SICK_STATUS, if_match=stale)).status_code == 200
    again = await set_status(meeting, 0, {**SICK_STATUS, "status": "excused"}, if_match=stale)
    assert (again.status_code, again.json()["code"]) == (412, "precondition_failed")
    headers = {**meeting.admin.headers, "Content-Type": "application/merge-patch+json"}
    without_if_match = await meeting.client.patch(meeting.attendance_path(0), content=b"{}", headers=headers)
    assert without_if_match.status_code == 428
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
    response = await meeting.admin.patch(f"{meeting.attendance_path(0)}?dry_run=true", SICK_STATUS)
    assert (response.status_code, response.json()["status"]) == (200, "sick")
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
    counts = {
        status: len((await meeting.client.get(f"{meeting.path}/attendance?status={status}")).json()["items"])
        for status in ("sick", "excused")
    }
    assert counts == {"sick": 0, "excused": 1}


async def test_caller_with_scope_sees_sick(meeting: MeetingClient) -> None:
    await set_status(meeting, 0, SICK_STATUS)
    items = (await meeting.admin.get(f"{meeting.path}/attendance?status=sick")).json()["items"]
    assert [item["id"] for item in items] == [meeting.participants[0]]
    assert (await meeting.admin.get(f"{meeting.path}/attendance?status=excused")).json()["items"] == []
    headers = {**meeting.admin.headers, "Accept": "text/csv"}
    assert "Sakit" in (await meeting.client.get(f"{meeting.path}/attendance", headers=headers)).text
    summary = (await meeting.admin.get(f"{meeting.path}/attendance/summary")).json()
    assert (summary["absent"]["excused"], "sick" in summary["absent"]) == (1, False)
