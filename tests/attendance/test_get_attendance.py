"""The attendance of one participant: its intervals, and who may read it."""

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from tests.check_ins.meeting_client import MeetingClient, after_start, parse_instant
from tests.writes.write_client import WriteClient


@pytest_asyncio.fixture
async def meeting(app: FastAPI, client: httpx.AsyncClient) -> MeetingClient:
    return await MeetingClient.create(app, client, participant_count=1)


DAY_END = 18 * 3600  # three hours past midnight


class TestIntervals:
    async def fetch_intervals(self, meeting: MeetingClient) -> list[tuple[str | None, float, float | None]]:
        """Return session, start and end of each interval, in seconds after the start of the opening."""

        def seconds(text: str | None) -> float | None:
            return (parse_instant(text) - after_start(0)).total_seconds() if text else None

        intervals = (await meeting.get_attendance(0))["intervals"]
        return [(item["session"], seconds(item["entered_at"]), seconds(item["left_at"])) for item in intervals]  # type: ignore[misc]

    async def test_interval_lasts_from_entry_to_next_exit(self, meeting: MeetingClient) -> None:
        scans = [meeting.new_scan(0, 10), meeting.new_scan(0, 20, direction="out"), meeting.new_scan(0, 30)]
        await meeting.send_batch(scans[::-1], 40)
        assert await self.fetch_intervals(meeting) == [(None, 10, 20), (None, 30, DAY_END)]
        attendance = await meeting.get_attendance(0)
        assert (parse_instant(attendance["arrived_at"]), attendance["left_at"]) == (after_start(10), None)

    async def test_exit_before_all_entries_is_ignored(self, meeting: MeetingClient) -> None:
        await meeting.send_batch([meeting.new_scan(0, 5, direction="out"), meeting.new_scan(0, 10)], 40)
        assert await self.fetch_intervals(meeting) == [(None, 10, DAY_END)]

    async def test_first_of_repeated_entries_and_exits_counts(self, meeting: MeetingClient) -> None:
        directions = ("in", "in", "out", "out", "in")
        await meeting.send_batch(
            [meeting.new_scan(0, 10 * n, direction=direction) for n, direction in enumerate(directions)], 60
        )
        assert await self.fetch_intervals(meeting) == [(None, 0, 20), (None, 40, DAY_END)]

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
    caller = WriteClient.create(meeting.app, meeting.client, Scope.ATTENDANCE_WRITE)
    assert (await caller.get(meeting.attendance_path(0))).status_code == 403
    assert (await meeting.client.get(meeting.attendance_path(0))).status_code == 401
