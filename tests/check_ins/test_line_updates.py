"""`updated_at` of a line of a roll moves with the scans of its participant."""

from datetime import datetime
from typing import Any

from tests.check_ins.meeting_client import MeetingClient, after_start


async def list_lines(meeting: MeetingClient) -> dict[str, dict[str, Any]]:
    response = await meeting.admin.get(f"{meeting.path}/attendance?page_size=200")
    return {line["id"]: line for line in response.json()["items"]}


async def test_scan_moves_updated_at_of_its_line_only(meeting: MeetingClient) -> None:
    before = await list_lines(meeting)
    assert await meeting.check_in([meeting.new_scan(0)]) == ["first_entry"]
    after = await list_lines(meeting)
    moved = {id_ for id_ in before if before[id_]["updated_at"] != after[id_]["updated_at"]}
    assert moved == {meeting.participants[0]}


async def test_exit_moves_it_again_and_revision_stays(meeting: MeetingClient) -> None:
    await meeting.check_in([meeting.new_scan(0)])
    entered = await meeting.get_attendance(0)
    await meeting.check_in([meeting.new_scan(0, 600, direction="out")], 600)
    left = await meeting.get_attendance(0)
    assert datetime.fromisoformat(left["updated_at"]) == max(
        after_start(600), datetime.fromisoformat(entered["updated_at"])
    )
    assert left["revision"] == entered["revision"]


async def test_newest_line_is_first_when_sorted_by_updated_at(meeting: MeetingClient) -> None:
    await meeting.check_in([meeting.new_scan(3)])
    response = await meeting.admin.get(f"{meeting.path}/attendance?sort=-updated_at")
    lines = response.json()["items"]
    assert [line["updated_at"] for line in lines] == sorted((line["updated_at"] for line in lines), reverse=True)
