"""The clocks of devices: no submission moves the scans of another period of the clock, and none of another device."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.check_ins.meeting_client import START, MeetingClient, after_start, parse_instant

MINUTE, HOUR = 60, 3600
UNTIL_2199 = (datetime(2199, 6, 1, tzinfo=UTC) - START).total_seconds()
SINCE_1900 = (datetime(1900, 6, 1, tzinfo=UTC) - START).total_seconds()

SELECT_KNOWN = """
SELECT json_build_array(
    (SELECT json_agg(line ORDER BY participant) FROM history.attendance AS line WHERE meeting = $1),
    (SELECT json_agg(json_build_array(id, effective_at, classification, clock_epoch, period, day) ORDER BY id)
        FROM history.classified_scans WHERE meeting = $1)
)::text
"""


async def read_known_state(meeting: MeetingClient, seconds: float) -> Any:
    """Return the attendance and the scans as they were known this many seconds after the start."""
    connection = await meeting.connect()
    try:
        await connection.execute("SET search_path = history, public")
        await connection.execute("SELECT set_config('rakornas.known_at', $1, false)", after_start(seconds).isoformat())
        return json.loads(await connection.fetchval(SELECT_KNOWN, meeting.code))
    finally:
        await connection.close()


async def get_scans(meeting: MeetingClient) -> dict[str, dict[str, Any]]:
    """Return the scans by their ids."""
    response = await meeting.admin.get(f"{meeting.path}/check-ins?page_size=200")
    assert response.status_code == 200, response.text
    return {item["scan_id"]: item for item in response.json()["items"]}


async def get_seconds(meeting: MeetingClient) -> dict[str, float]:
    """Return the effective times of the scans by their ids, in seconds after the start."""
    scans = await get_scans(meeting)
    return {id_: (parse_instant(scan["effective_at"]) - START).total_seconds() for id_, scan in scans.items()}


async def get_clocks(meeting: MeetingClient, device: str = "gate-1") -> list[tuple[int, int, float, int]]:
    """Return the periods of a device's clock: epoch, period, skew in seconds and number of readings."""
    items = (await meeting.admin.get(f"{meeting.path}/devices")).json()["items"]
    clocks = next(item["clocks"] for item in items if item["device_id"] == device)
    return [(one["clock_epoch"], one["period"], one["clock_skew_ms"] / 1000, one["readings"]) for one in clocks]


@pytest.mark.parametrize("skew", [UNTIL_2199, SINCE_1900], ids=["2199", "1900"])
async def test_submission_with_absurd_clock_moves_no_other_scan(meeting: MeetingClient, skew: float) -> None:
    first, junk, next_one = (meeting.new_scan(0, 5), meeting.new_scan(1, 20, skew=skew), meeting.new_scan(2, 30))
    await meeting.check_in([first], 10)
    before = await get_seconds(meeting)
    response = await meeting.send_batch([junk, meeting.new_scan("junk", skew=skew)], 25, skew=skew)
    assert response.status_code == 207
    assert response.json()["clock_skew_ms"] == skew * 1000
    await meeting.check_in([next_one], 40)
    seconds = await get_seconds(meeting)
    assert (before[first["scan_id"]], seconds[first["scan_id"]], seconds[next_one["scan_id"]]) == (5, 5, 30)
    assert seconds[junk["scan_id"]] == 20
    assert await get_clocks(meeting) == [(0, 0, 0, 1), (0, 1, skew, 1), (0, 2, 0, 1)]


@pytest.mark.parametrize("scanned_at", ["1900-01-01T00:00:00Z", "2199-12-31T23:59:59Z"])
@pytest.mark.parametrize("sent_at", ["1900-01-01T00:00:00Z", "2199-12-31T23:59:59Z"])
async def test_extreme_times_are_stored(meeting: MeetingClient, scanned_at: str, sent_at: str) -> None:
    scan = {**meeting.new_scan(0), "scanned_at": scanned_at, "device_id": "gate-1", "device_sent_at": sent_at}
    response = await meeting.client.post(f"{meeting.path}/check-ins", json=scan, headers=meeting.admin.headers)
    assert response.status_code == 201, response.text
    expected = "clock_implausible" if scanned_at > sent_at else "outside_meeting"
    assert response.json()["outcome"] == ("first_entry" if scanned_at == sent_at else expected)
    assert [scan["outcome"] for scan in (await get_scans(meeting)).values()] == [response.json()["outcome"]]


async def test_absurd_clock_revives_no_revoked_badge(meeting: MeetingClient) -> None:
    assert (await meeting.admin.post(f"{meeting.participant_path(0)}/badge", None)).status_code == 201
    connection = await meeting.connect()
    await connection.execute("UPDATE badges SET revoked_at = $1 WHERE revoked_at IS NOT NULL", after_start(100))
    await connection.close()
    assert await meeting.check_in([scan := meeting.new_scan(0, 150)], 200) == ["badge_revoked"]
    await meeting.check_in([meeting.new_scan("junk", skew=UNTIL_2199)], 300, skew=UNTIL_2199)
    assert (await meeting.get_scan_outcomes())[scan["scan_id"]] == "badge_revoked"
    assert (await meeting.get_attendance(0))["status"] == "expected"


async def test_clock_set_right_without_new_epoch_keeps_earlier_scans(meeting: MeetingClient) -> None:
    """A clock is an hour behind until NTP sets it right; the device does not notice."""
    behind, right = meeting.new_scan(0, 5, skew=-HOUR), meeting.new_scan(1, 50)
    await meeting.check_in([behind], 10, skew=-HOUR)
    await meeting.check_in([right], 60)
    await meeting.check_in([behind], 70)
    assert await get_seconds(meeting) == {behind["scan_id"]: 5, right["scan_id"]: 50}
    assert await get_clocks(meeting) == [(0, 0, -HOUR, 1), (0, 1, 0, 2)]


@pytest.mark.parametrize(
    ("step", "periods"), [(899.999999, 1), (-899.999999, 1), (900, 2), (-900, 2)], ids=["+<15", "-<15", "+15", "-15"]
)
async def test_step_of_fifteen_minutes_begins_period(meeting: MeetingClient, step: float, periods: int) -> None:
    await meeting.check_in([meeting.new_scan(0)], 10)
    await meeting.check_in([meeting.new_scan(1)], 2000, skew=step)
    assert len(await get_clocks(meeting)) == periods


@pytest.mark.parametrize("direction", [1, -1], ids=["ahead", "behind"])
async def test_small_steps_do_not_drag_a_period(meeting: MeetingClient, direction: int) -> None:
    await meeting.check_in([first := meeting.new_scan(0, 5)], 10)
    for n in range(1, 13):
        await meeting.check_in([meeting.new_scan("text")], 10 + n, skew=direction * n * 5 * MINUTE)
    assert abs((await get_seconds(meeting))[first["scan_id"]] - 5) < 15 * MINUTE
    assert len(await get_clocks(meeting)) > 3


async def test_scan_sent_again_in_lower_epoch_changes_nothing(meeting: MeetingClient) -> None:
    scan = meeting.new_scan(0, 5)
    await meeting.check_in([scan], 10, epoch=3)
    state, attendance = await read_known_state(meeting, 20), await meeting.get_attendance(0)
    assert attendance["first_entry"] == scan["scan_id"]
    for epoch, skew in ((2, -50), (0, 7 * HOUR)):
        await meeting.check_in([scan, meeting.new_scan(1, 8, skew=skew)], 30, epoch=epoch, skew=skew)
    assert await meeting.get_attendance(0) == attendance
    assert await read_known_state(meeting, 20) == state
    assert (await get_scans(meeting))[scan["scan_id"]]["clock_epoch"] == 3


async def test_known_state_stays_after_quicker_submission_and_jump(meeting: MeetingClient) -> None:
    await meeting.check_in([scan := meeting.new_scan(0, 5)], 10, latency=30)
    state = await read_known_state(meeting, 45)
    await meeting.check_in([meeting.new_scan(1, 6)], 50, latency=1)
    assert (await get_seconds(meeting))[scan["scan_id"]] == 6
    await meeting.check_in([meeting.new_scan(2, 60, skew=HOUR)], 70, skew=HOUR)
    assert await read_known_state(meeting, 45) == state
    assert (await read_known_state(meeting, 55))[1][0][1].startswith("2026-12-07T02:00:06")


async def test_reading_received_earlier_but_stored_later_moves_the_periods(meeting: MeetingClient) -> None:
    """Two workers store the submissions of one device in the other order than that of their receipt."""
    late = meeting.new_scan(1, 55, skew=HOUR)
    await meeting.check_in([late], 60, skew=HOUR)
    await meeting.check_in([early := meeting.new_scan(0, 5)], 10)
    assert await get_seconds(meeting) == {early["scan_id"]: 5, late["scan_id"]: 55}
    assert await get_clocks(meeting) == [(0, 0, 0, 1), (0, 1, HOUR, 1)]


async def test_implausible_scan_has_no_effect(meeting: MeetingClient) -> None:
    """The scan claims to have been made a second after it was sent."""
    scan = meeting.new_scan(0, 11)
    assert await meeting.check_in([scan, meeting.new_scan(1, 10)], 10) == ["clock_implausible", "first_entry"]
    assert await meeting.check_in([scan], 20) == ["clock_implausible"]
    assert [(await meeting.get_attendance(n))["status"] for n in (0, 1)] == ["expected", "present"]


async def test_devices_list_shows_owner_and_periods(app: FastAPI, client: httpx.AsyncClient) -> None:
    meeting = await MeetingClient.create(app, client, participant_count=1)
    await meeting.check_in([meeting.new_scan(0)], 10)
    await meeting.check_in([meeting.new_scan("x")], 20, skew=-HOUR, latency=1)
    (device,) = (await meeting.admin.get(f"{meeting.path}/devices")).json()["items"]
    assert (device["device_id"], device["client"], device["resets"]) == (
        "gate-1",
        "0197c0de-0000-7000-8000-00000000c11e",
        [],
    )
    received = [after_start(10), after_start(21)]
    assert [parse_instant(clock["first_received_at"]) for clock in device["clocks"]] == received
    assert [parse_instant(clock["last_received_at"]) for clock in device["clocks"]] == received
    assert [clock["clock_skew_ms"] for clock in device["clocks"]] == [0, -(HOUR + 1) * 1000]
