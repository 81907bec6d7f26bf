"""The days of a meeting: to which of them a scan belongs, and when a day and the entries in it end."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.check_ins.meeting_client import START, MeetingClient, after_start, parse_instant
from tests.conftest import database_url_of, fetch_value

MINUTE, HOUR = 60, 3600
MIDNIGHT = 15 * HOUR
"""The end of the first day, in seconds after the start."""
FIRST_DAY, SECOND_DAY = "2026-12-07", "2026-12-08"
SELECT_DAYS = """
SELECT json_agg(json_build_array(day, begins_at, cutoff_at, ends_at) ORDER BY day)::text
FROM list_meeting_days($1)
"""


async def patch_meeting(meeting: MeetingClient, **members: Any) -> None:
    response = await meeting.admin.patch(meeting.path, {**members, "reason": "perbaikan"})
    assert response.status_code == 200, response.text


async def patch_session(meeting: MeetingClient, code: str, **members: Any) -> None:
    response = await meeting.admin.patch(f"{meeting.path}/sessions/{code}", members)
    assert response.status_code == 200, response.text


async def check_in_at(meeting: MeetingClient, times: Sequence[float], **more: Any) -> list[str]:
    """Send one scan of participant 0 after the other, each a second after it was made; return the outcomes."""
    return [(await meeting.check_in([meeting.new_scan(0, time, **more)], time + 1))[0] for time in times]


async def get_scan_days(meeting: MeetingClient) -> list[str | None]:
    """Return the days to which the scans belong, in the order of their ids."""
    items = (await meeting.admin.get(f"{meeting.path}/check-ins")).json()["items"]
    return [item["on"] for item in sorted(items, key=lambda item: item["scan_id"])]


async def get_intervals(meeting: MeetingClient) -> list[tuple[str, float, float, str]]:
    """Return the intervals of participant 0: day, seconds of entry and exit, and what ended it."""
    return [
        (
            one["on"],
            (parse_instant(one["entered_at"]) - START).total_seconds(),
            (parse_instant(one["left_at"]) - START).total_seconds(),
            one["ended_by"],
        )
        for one in (await meeting.get_attendance(0))["intervals"]
    ]


class TestWindow:
    @pytest.mark.parametrize("margin", [None, 0, 45, 720])
    async def test_scans_count_within_the_days_and_the_margin(self, meeting: MeetingClient, margin: int | None) -> None:
        if margin is not None:
            await patch_meeting(meeting, check_in_margin_minutes=margin)
        minutes = 180 if margin is None else margin
        begin, end = -9 * HOUR - minutes * MINUTE, MIDNIGHT + 24 * HOUR + minutes * MINUTE
        assert await check_in_at(meeting, [begin - 0.001, begin, end - 0.001, end]) == [
            "outside_meeting",
            "first_entry",
            "another_day",
            "outside_meeting",
        ]
        assert await get_scan_days(meeting) == [None, FIRST_DAY, SECOND_DAY, None]
        assert list((await meeting.get_scan_outcomes()).values()) == [
            *("outside_meeting", "first_entry", "another_day", "outside_meeting")
        ]

    async def test_effective_time_decides_not_that_of_the_device(self, meeting: MeetingClient) -> None:
        far = 40 * 24 * HOUR
        assert await meeting.check_in([meeting.new_scan(0, 5, skew=far)], 6, skew=far) == ["first_entry"]
        assert await meeting.check_in([meeting.new_scan(1, far, skew=-far)], far + 1, skew=-far, device="gate-2") == [
            "outside_meeting"
        ]
        assert (await meeting.get_attendance(1))["status"] == "expected"

    @pytest.mark.parametrize("day", [FIRST_DAY, SECOND_DAY])
    async def test_scans_from_the_day_of_cancellation_do_not_count(self, meeting: MeetingClient, day: str) -> None:
        await check_in_at(meeting, [0, 24 * HOUR])
        connection = await meeting.connect()
        await connection.execute(
            "UPDATE meetings SET cancelled_on = $2 WHERE code = $1", meeting.code, date.fromisoformat(day)
        )
        await connection.close()
        expected = ["outside_meeting"] * 2 if day == FIRST_DAY else ["first_entry", "outside_meeting"]
        assert list((await meeting.get_scan_outcomes()).values()) == expected
        document = await meeting.get_attendance(0)
        assert document["status"] == ("expected" if day == FIRST_DAY else "present")
        assert [one["on"] for one in document["days"]] == ([] if day == FIRST_DAY else [FIRST_DAY])
        assert (await check_in_at(meeting, [25 * HOUR])) == ["outside_meeting"]

    async def test_scan_follows_moved_dates_and_time_zone(self, meeting: MeetingClient) -> None:
        await check_in_at(meeting, [24 * HOUR])
        await meeting.admin.delete(f"{meeting.path}/sessions/opening")
        assert await get_scan_days(meeting) == [SECOND_DAY]
        await patch_meeting(meeting, end_on="2026-12-07")
        assert await get_scan_days(meeting) == [None]
        assert (await meeting.get_attendance(0))["status"] == "expected"
        summary = (await meeting.client.get(f"{meeting.path}/attendance/summary")).json()
        assert summary["present"] == 0
        await patch_meeting(meeting, end_on="2026-12-09")
        assert await get_scan_days(meeting) == [SECOND_DAY]
        await patch_meeting(meeting, time_zone="Pacific/Pago_Pago")  # 18 hours behind Jakarta
        assert await get_scan_days(meeting) == [FIRST_DAY]
        assert (await meeting.get_attendance(0))["status"] == "present"


class TestCutoff:
    async def test_default_is_midnight_and_margin_while_an_end_is_not_known(self, meeting: MeetingClient) -> None:
        cutoff = MIDNIGHT + 3 * HOUR
        await check_in_at(meeting, [0, cutoff - 0.001, cutoff])
        assert await get_scan_days(meeting) == [FIRST_DAY, FIRST_DAY, SECOND_DAY]
        await patch_meeting(meeting, check_in_margin_minutes=240)
        assert await get_scan_days(meeting) == [FIRST_DAY] * 3
        await meeting.admin.delete(f"{meeting.path}/sessions/opening")
        assert await get_scan_days(meeting) == [FIRST_DAY] * 3

    async def test_default_is_four_hours_after_the_last_session(self, meeting: MeetingClient) -> None:
        await patch_session(meeting, "opening", ends_at="2026-12-07T10:00:00+07:00")
        times = [5 * HOUR - 0.001, 5 * HOUR, 8 * HOUR, 8 * HOUR + 1]
        await check_in_at(meeting, times)
        assert await get_scan_days(meeting) == [FIRST_DAY, SECOND_DAY, SECOND_DAY, SECOND_DAY]
        hours = {"starts_at": "2026-12-07T11:00:00+07:00", "ends_at": "2026-12-07T13:00:00+07:00"}
        await patch_session(meeting, "class-1", **hours)
        assert await get_scan_days(meeting) == [FIRST_DAY, FIRST_DAY, SECOND_DAY, SECOND_DAY]

    @pytest.mark.parametrize(
        ("day_ends_at", "cutoff"),
        [("02:30", MIDNIGHT + 2.5 * HOUR), ("11:59", MIDNIGHT + 12 * HOUR - MINUTE), ("12:00", 3 * HOUR)],
    )
    async def test_hour_of_the_meeting(self, meeting: MeetingClient, day_ends_at: str, cutoff: float) -> None:
        await patch_meeting(meeting, day_ends_at=day_ends_at)
        await check_in_at(meeting, [0, cutoff - 0.001, cutoff])
        assert await get_scan_days(meeting) == [FIRST_DAY, FIRST_DAY, SECOND_DAY]

    @pytest.mark.parametrize("day_ends_at", [None, "11:00"])
    async def test_never_later_than_the_first_session_of_the_next_day(
        self, meeting: MeetingClient, day_ends_at: str | None
    ) -> None:
        await patch_meeting(meeting, day_ends_at=day_ends_at, check_in_margin_minutes=720)
        await patch_session(meeting, "class-1", starts_at="2026-12-08T08:00:00+07:00")
        await check_in_at(meeting, [23 * HOUR - 0.001, 23 * HOUR])
        assert await get_scan_days(meeting) == [FIRST_DAY, SECOND_DAY]

    async def test_entry_without_exit_ends_at_the_cutoff(self, meeting: MeetingClient) -> None:
        await patch_meeting(meeting, day_ends_at="18:00")
        await check_in_at(meeting, [0])
        await check_in_at(meeting, [HOUR], direction="out")
        await check_in_at(meeting, [2 * HOUR, 24 * HOUR])
        assert await get_intervals(meeting) == [
            (FIRST_DAY, 0, HOUR, "exit"),
            (FIRST_DAY, 2 * HOUR, 9 * HOUR, "day_end"),
            (SECOND_DAY, 24 * HOUR, 33 * HOUR, "day_end"),
        ]

    async def test_entry_after_the_last_cutoff_ends_with_the_window(self, meeting: MeetingClient) -> None:
        await patch_meeting(meeting, day_ends_at="18:00")
        await check_in_at(meeting, [34 * HOUR])
        assert await get_intervals(meeting) == [(SECOND_DAY, 34 * HOUR, MIDNIGHT + 27 * HOUR, "day_end")]
        await check_in_at(meeting, [30 * HOUR])
        await check_in_at(meeting, [35 * HOUR], direction="out")
        assert await get_intervals(meeting) == [
            (SECOND_DAY, 30 * HOUR, 33 * HOUR, "day_end"),
            (SECOND_DAY, 34 * HOUR, 35 * HOUR, "exit"),
        ]

    async def test_exit_of_the_next_day_ends_no_entry(self, meeting: MeetingClient) -> None:
        await check_in_at(meeting, [0])
        await check_in_at(meeting, [24 * HOUR], direction="out")
        assert await get_intervals(meeting) == [(FIRST_DAY, 0, MIDNIGHT + 3 * HOUR, "day_end")]
        days = (await meeting.get_attendance(0))["days"]
        assert [(one["on"], one["status"]) for one in days] == [(FIRST_DAY, "present"), (SECOND_DAY, "expected")]


async def list_days(meeting: MeetingClient) -> list[tuple[str, datetime, datetime, datetime]]:
    """Return the days of a meeting with their beginning, cut-off and end."""
    rows = json.loads(await fetch_value(database_url_of(meeting.app), SELECT_DAYS, meeting.code) or "[]")
    return [(row[0], *map(parse_instant, row[1:])) for row in rows]


class TestListMeetingDays:
    async def set_days(self, meeting: MeetingClient, time_zone: str, start_on: str, end_on: str) -> None:
        for session in ("opening", "class-1", "class-2"):
            assert (await meeting.admin.delete(f"{meeting.path}/sessions/{session}")).status_code == 204
        await patch_meeting(meeting, time_zone=time_zone, start_on=start_on, end_on=end_on)

    async def test_jayapura(self, meeting: MeetingClient) -> None:
        await self.set_days(meeting, "Asia/Jayapura", FIRST_DAY, FIRST_DAY)
        begin, end = datetime(2026, 12, 6, 12, tzinfo=UTC), datetime(2026, 12, 7, 18, tzinfo=UTC)
        assert await list_days(meeting) == [(FIRST_DAY, begin, end, end)]

    @pytest.mark.parametrize(("start_on", "hours"), [("2027-03-28", 23), ("2027-10-31", 25)])
    async def test_days_on_which_the_clocks_change(self, meeting: MeetingClient, start_on: str, hours: int) -> None:
        """A session abroad: the days of the change have 23 and 25 hours, between two cut-offs at three."""
        zone = ZoneInfo("Europe/Berlin")
        day = date.fromisoformat(start_on)
        await self.set_days(meeting, zone.key, date.fromordinal(day.toordinal() - 1).isoformat(), start_on)
        await patch_meeting(meeting, day_ends_at="00:30")
        (_, _, first_cutoff, _), (_, second_begin, second_cutoff, _) = await list_days(meeting)
        assert first_cutoff == second_begin == datetime(day.year, day.month, day.day, 0, 30, tzinfo=zone)
        assert (second_cutoff - second_begin).total_seconds() == hours * HOUR

    async def test_days_without_gap_or_overlap(self, meeting: MeetingClient) -> None:
        """A year of days; a session without a start, and one that lasts for three days."""
        await self.set_days(meeting, "Asia/Jakarta", "2028-01-01", "2028-12-31")
        long = {"starts_at": "2028-03-01T09:00:00+07:00", "ends_at": "2028-03-03T20:00:00+07:00"}
        end_only = {"starts_at": None, "ends_at": "2028-06-01T20:00:00+07:00"}
        for code, hours in (("long", long), ("end-only", end_only)):
            members = {"code": code, "kind": "class", "position": 1, "name": "Kelas", **hours}
            assert (await meeting.admin.post(f"{meeting.path}/sessions", members)).status_code == 201
        days = await list_days(meeting)
        assert [one[0] for one in days] == [
            date.fromordinal(date(2028, 1, 1).toordinal() + n).isoformat() for n in range(366)
        ]
        assert all(begin <= cutoff <= end for _, begin, cutoff, end in days)
        assert [begin for _, begin, _, _ in days[1:]] == [end for _, _, _, end in days[:-1]]

    async def test_cancelled_before_the_first_day(self, meeting: MeetingClient) -> None:
        connection = await meeting.connect()
        sql = "UPDATE meetings SET cancelled_on = start_on - 3 WHERE code = $1"
        await connection.execute(sql, meeting.code)
        stored = await connection.fetchval("SELECT count(*) FROM meeting_days WHERE meeting = $1", meeting.code)
        await connection.close()
        assert (await list_days(meeting), stored) == ([], 0)

    async def test_stored_days_are_the_listed_ones(self, meeting: MeetingClient) -> None:
        await patch_meeting(meeting, end_on="2026-12-10", day_ends_at="01:00")
        await patch_session(meeting, "opening", ends_at="2026-12-08T00:30:00+07:00")
        connection = await meeting.connect()
        sql = "SELECT day::text, begins_at, cutoff_at, ends_at FROM meeting_days WHERE meeting = $1 ORDER BY day"
        stored = [tuple(row) for row in await connection.fetch(sql, meeting.code)]
        await connection.close()
        assert stored == await list_days(meeting)
        assert [row[0] for row in stored] == [FIRST_DAY, SECOND_DAY, "2026-12-09", "2026-12-10"]
        assert stored[0][2] == after_start(16 * HOUR)
