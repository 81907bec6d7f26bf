"""Entries, exits and statuses of single days, and the outcomes that tell them apart."""

import csv
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from app.rolls.export_router import PDF, XLSX
from tests.check_ins.meeting_client import MeetingClient, after_start, parse_instant

HOUR = 3600
FIRST_DAY, SECOND_DAY = "2026-12-07", "2026-12-08"
PAST_MIDNIGHT = 15.5 * HOUR
"""00:30 in the night after the first day."""


async def get_csv_row(meeting: MeetingClient, index: int = 0) -> dict[str, str]:
    """Return the line of a participant in the roll as CSV."""
    headers = {**meeting.admin.headers, "Accept": "text/csv"}
    response = await meeting.client.get(f"{meeting.path}/attendance", headers=headers)
    assert response.status_code == 200, response.text
    rows = list(csv.DictReader(StringIO(response.text.lstrip("\ufeff"))))
    return next(row for row in rows if f"Peserta {index}" in row.values())


async def get_file(meeting: MeetingClient, media_type: str) -> bytes:
    headers = {**meeting.admin.headers, "Accept": media_type}
    response = await meeting.client.get(f"{meeting.path}/attendance", headers=headers)
    assert response.status_code == 200, response.text
    return response.content


async def set_status(meeting: MeetingClient, index: int, **members: Any) -> httpx.Response:
    return await meeting.admin.patch(meeting.attendance_path(index), {"reason": "surat", **members})


async def get_days(meeting: MeetingClient, index: int = 0) -> list[dict[str, Any]]:
    document = await meeting.get_attendance(index)
    days: list[dict[str, Any]] = document["days"]
    return days


class TestOutcomes:
    async def test_entries_are_told_apart(self, meeting: MeetingClient) -> None:
        """A second entry without an exit may be a borrowed badge."""
        steps = [
            (0, "in", None, "first_entry"),
            (60, "in", None, "already_entered"),
            (120, "out", None, "exit"),
            (180, "in", None, "re_entry"),
            (200, "in", "opening", "re_entry"),
            (220, "in", "opening", "already_entered"),
            (24 * HOUR, "in", None, "another_day"),
            (24 * HOUR + 60, "in", None, "already_entered"),
            (24 * HOUR + 90, "in", "opening", "re_entry"),
        ]
        reported = []
        for seconds, direction, session, _ in steps:
            scan = meeting.new_scan(0, seconds, direction=direction, session=session)
            reported += await meeting.check_in([scan], seconds + 1)
        assert reported == [step[3] for step in steps]
        assert list((await meeting.get_scan_outcomes()).values()) == reported

    async def test_entries_of_one_batch_are_told_apart(self, meeting: MeetingClient) -> None:
        scans = [meeting.new_scan(0, seconds) for seconds in (24 * HOUR + 5, 24 * HOUR, 10, 5)]
        expected = ["already_entered", "another_day", "already_entered", "first_entry"]
        assert await meeting.check_in(scans, 25 * HOUR) == expected
        outcomes = await meeting.get_scan_outcomes()
        assert [outcomes[scan["scan_id"]] for scan in scans] == expected

    @pytest.mark.parametrize("is_reversed", [False, True])
    async def test_scans_of_one_instant_are_ordered_by_id(self, meeting: MeetingClient, is_reversed: bool) -> None:
        """An entry and an exit at one instant: the one with the greater id is the previous scan of the next entry."""
        entry, exit_ = meeting.new_scan(0, 10), meeting.new_scan(0, 10, direction="out")
        if is_reversed:
            entry["scan_id"], exit_["scan_id"] = exit_["scan_id"], entry["scan_id"]
        scans = [meeting.new_scan(0, 5), *sorted((entry, exit_), key=lambda scan: scan["scan_id"])]
        scans.append(meeting.new_scan(0, 20))
        reported = await meeting.check_in(scans, 30)
        assert reported[3] == ("already_entered" if is_reversed else "re_entry")
        outcomes = await meeting.get_scan_outcomes()
        assert [outcomes[scan["scan_id"]] for scan in scans] == reported

    async def test_scan_for_unknown_session_counts_when_the_session_exists(self, meeting: MeetingClient) -> None:
        scan = meeting.new_scan(0, 60, session="closing")
        assert await meeting.check_in([scan], 61) == ["session_unknown"]
        assert (await meeting.get_attendance(0))["status"] == "expected"
        session = {"code": "closing", "kind": "closing", "position": 9, "name": "Penutupan"}
        assert (await meeting.admin.post(f"{meeting.path}/sessions", session)).status_code == 201
        assert await meeting.get_scan_outcomes() == {scan["scan_id"]: "first_entry"}
        document = await meeting.get_attendance(0)
        assert (document["status"], document["first_entry"]) == ("present", scan["scan_id"])
        assert (await meeting.admin.delete(f"{meeting.path}/sessions/closing")).status_code == 204
        assert await meeting.get_scan_outcomes() == {scan["scan_id"]: "session_unknown"}
        assert (await meeting.get_attendance(0))["status"] == "expected"


class TestDays:
    async def test_each_day_has_its_entry_exit_and_lateness(self, meeting: MeetingClient) -> None:
        session = {"code": "day-2", "kind": "class", "position": 9, "name": "Hari kedua"}
        starts = {"starts_at": "2026-12-08T09:00:00+07:00"}
        assert (await meeting.admin.post(f"{meeting.path}/sessions", {**session, **starts})).status_code == 201
        for seconds, direction in ((60, "in"), (HOUR, "out"), (23.5 * HOUR, "in"), (25 * HOUR, "out")):
            await meeting.check_in([meeting.new_scan(0, seconds, direction=direction)], seconds + 1)
        first, second = await get_days(meeting)
        assert [one["on"] for one in (first, second)] == [FIRST_DAY, SECOND_DAY]
        assert [one["late"] for one in (first, second)] == [True, False]
        times = [parse_instant(one[name]) for one in (first, second) for name in ("entered_at", "left_at")]
        assert times == [after_start(seconds) for seconds in (60, HOUR, 23.5 * HOUR, 25 * HOUR)]

    async def test_hours_past_midnight_belong_to_the_evening(self, meeting: MeetingClient) -> None:
        members = {"code": "night", "kind": "class", "position": 9, "name": "Malam"}
        hours = {"starts_at": "2026-12-07T20:00:00+07:00", "ends_at": "2026-12-08T00:45:00+07:00"}
        created = await meeting.admin.post(f"{meeting.path}/sessions", {**members, **hours})
        assert created.status_code == 201, created.text
        await meeting.check_in([meeting.new_scan(0, 11 * HOUR)], 11 * HOUR + 1)
        await meeting.check_in([meeting.new_scan(0, PAST_MIDNIGHT, direction="out")], PAST_MIDNIGHT + 1)
        first, second = await get_days(meeting)
        assert parse_instant(first["left_at"]) == after_start(PAST_MIDNIGHT)
        assert (second["status"], second["entered_at"]) == ("expected", None)
        row = await get_csv_row(meeting)
        assert [value for name, value in row.items() if FIRST_DAY in name] == ["20:00", "24:30"]
        assert [value for name, value in row.items() if SECOND_DAY in name] == ["", ""]
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(await get_file(meeting, PDF))).pages)
        assert ("20.00" in text, text.count("24.30"), text.count("00.30")) == (True, 2, 1)  # one of each in a note
        sheet = load_workbook(BytesIO(await get_file(meeting, XLSX))).worksheets[0]
        cells = [cell.value for cells in sheet.iter_rows() for cell in cells]
        assert timedelta(hours=24, minutes=30) in cells

    async def test_session_past_midnight_of_the_last_day(self, meeting: MeetingClient) -> None:
        members = {"code": "night", "kind": "class", "position": 9, "name": "Malam"}
        hours = {"starts_at": "2026-12-08T20:00:00+07:00", "ends_at": "2026-12-09T11:59:00+07:00"}
        path = f"{meeting.path}/sessions"
        assert (await meeting.admin.post(path, {**members, **hours})).status_code == 201
        refused = await meeting.admin.patch(f"{path}/night", {"ends_at": "2026-12-09T12:01:00+07:00"})
        assert refused.status_code == 409
        # The last day ends four hours after the session.
        scan = meeting.new_scan(0, 54.9 * HOUR, direction="in")
        assert await meeting.check_in([scan], 55 * HOUR) == ["first_entry"]
        assert (await get_days(meeting))[1]["status"] == "present"


class TestStatusOfDay:
    async def test_status_of_a_day_is_shown_and_removed(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0)], 5)
        response = await set_status(meeting, 0, on=SECOND_DAY, status="sick")
        assert response.status_code == 200, response.text
        first, second = response.json()["days"]
        assert (first["status"], first["manual_status"]) == ("present", None)
        assert (second["status"], second["manual_status"]) == ("sick", {"status": "sick", "reason": "surat"})
        assert response.json()["status"] == "present"
        values = [value for name, value in (await get_csv_row(meeting)).items() if SECOND_DAY in name]
        assert values == ["Sakit", ""]
        assert (await set_status(meeting, 0, on=SECOND_DAY, status="expected")).status_code == 200
        assert [(one["status"], one["manual_status"]) for one in await get_days(meeting)] == [
            ("present", None),
            ("expected", None),
        ]

    async def test_entry_goes_before_status_of_the_day(self, meeting: MeetingClient) -> None:
        await set_status(meeting, 0, on=FIRST_DAY, status="absent")
        await meeting.check_in([meeting.new_scan(0)], 5)
        assert [one["status"] for one in await get_days(meeting)] == ["present", "expected"]
        assert [value for name, value in (await get_csv_row(meeting)).items() if FIRST_DAY in name] == ["09:00", ""]

    async def test_status_of_the_meeting_follows_from_its_days(self, meeting: MeetingClient) -> None:
        await set_status(meeting, 0, on=FIRST_DAY, status="sick")
        assert (await meeting.get_attendance(0))["status"] == "expected"
        await set_status(meeting, 0, on=SECOND_DAY, status="on_leave")
        assert (await meeting.get_attendance(0))["status"] == "on_leave"
        await set_status(meeting, 0, on=FIRST_DAY, status="present")
        assert (await meeting.get_attendance(0))["status"] == "present"
        await set_status(meeting, 0, status="excused")
        assert (await meeting.get_attendance(0))["status"] == "excused"

    @pytest.mark.parametrize("day", ["2026-12-06", "2026-12-09", "2199-12-31"])
    async def test_another_day_is_422(self, meeting: MeetingClient, day: str) -> None:
        response = await set_status(meeting, 0, on=day, status="sick")
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/on")
        assert [one["manual_status"] for one in await get_days(meeting)] == [None, None]

    async def test_status_of_a_day_survives_a_change_of_dates(self, meeting: MeetingClient) -> None:
        await set_status(meeting, 0, on=SECOND_DAY, status="sick")
        for end_on, statuses in ((FIRST_DAY, ["expected"]), (SECOND_DAY, ["expected", "sick"])):
            response = await meeting.admin.patch(meeting.path, {"end_on": end_on, "reason": "perbaikan"})
            assert response.status_code == 200, response.text
            assert [one["status"] for one in await get_days(meeting)] == statuses
