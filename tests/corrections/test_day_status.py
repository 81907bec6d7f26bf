"""Statuses that are set by hand for single days."""

from tests.check_ins.meeting_client import MeetingClient


async def set_status(meeting: MeetingClient, day: str, status: str) -> None:
    response = await meeting.admin.patch(
        meeting.attendance_path(0), {"status": status, "on": day, "reason": "surat izin 4/2026"}
    )
    assert response.status_code == 200, response.text


async def test_present_on_a_date_that_is_no_day_any_more_makes_nobody_present(meeting: MeetingClient) -> None:
    await set_status(meeting, "2026-12-08", "present")
    assert (await meeting.get_attendance(0))["status"] == "present"
    shorter = await meeting.admin.patch(meeting.path, {"end_on": "2026-12-07"})
    assert shorter.status_code == 200, shorter.text
    document = await meeting.get_attendance(0)
    assert (document["status"], [day["on"] for day in document["days"]]) == ("expected", ["2026-12-07"])
    assert (await meeting.client.get(f"{meeting.path}/attendance/summary")).json()["present"] == 0
