"""A scan derives the attendance only of a participant for whom it can change something."""

import json
from uuid import uuid4

import pytest

from tests.check_ins.meeting_client import MeetingClient, after_start, parse_instant

SELECT_BADGE = "SELECT encode(digest, 'hex') FROM badges WHERE participant = $1"
CHECK_IN = "SELECT outcome FROM check_in($1, $2, $3)"
COUNT_DERIVATIONS = """
    SELECT coalesce(sum(calls), 0)::int FROM pg_stat_xact_user_functions WHERE funcname = 'derive_locked_attendance'"""
INSIDE, LEFT, EXPECTED = range(3)


@pytest.mark.parametrize(
    ("scans", "outcomes", "derivations"),
    [
        ([(INSIDE, 300, "in")], ["already_entered"], 0),
        ([(INSIDE, 300, "in"), (INSIDE, 400, "in")], ["already_entered", "already_entered"], 0),
        ([(INSIDE, -60, "in")], ["already_entered"], 1),
        ([(INSIDE, 300, "out")], ["exit"], 1),
        ([(LEFT, 300, "in")], ["re_entry"], 1),
        ([(EXPECTED, 300, "in")], ["first_entry"], 1),
        ([(INSIDE, 300, "in"), (EXPECTED, 300, "in")], ["already_entered", "first_entry"], 1),
    ],
)
async def test_only_scans_that_can_change_the_attendance_derive_it(
    meeting: MeetingClient, scans: list[tuple[int, int, str]], outcomes: list[str], derivations: int
) -> None:
    stored = [meeting.new_scan(INSIDE, 0), meeting.new_scan(LEFT, 0), meeting.new_scan(LEFT, 60, direction="out")]
    await meeting.check_in(stored, 120)
    instant = after_start(600).isoformat()
    submission = {"p": 0, "device_id": "gate-9", "clock_epoch": 0, "sent_at": instant, "received_at": instant}
    connection = await meeting.connect()
    try:
        items = [
            {
                "p": 0,
                "n": n,
                "id": str(uuid4()),
                "digest": f"\\x{uuid4().hex * 2}",
                "badge": "\\x" + await connection.fetchval(SELECT_BADGE, meeting.participants[index]),
                "direction": direction,
                "scanned_at": after_start(seconds).isoformat(),
            }
            for n, (index, seconds, direction) in enumerate(scans)
        ]
        await connection.execute("SET track_functions = 'all'")
        async with connection.transaction():
            arguments = (meeting.code, json.dumps([{**submission, "client": "gates"}]), json.dumps(items))
            assert [row[0] for row in await connection.fetch(CHECK_IN, *arguments)] == outcomes
            assert await connection.fetchval(COUNT_DERIVATIONS) == derivations
    finally:
        await connection.close()


async def test_attendance_is_right_after_scans_that_derive_nothing(meeting: MeetingClient) -> None:
    await meeting.check_in([meeting.new_scan(0, 0)], 60)
    before = await meeting.get_attendance(0)
    await meeting.check_in([meeting.new_scan(0, 600)], 700)
    after = await meeting.get_attendance(0)
    members = ("status", "late", "arrived_at", "left_at", "first_entry")
    assert {name: after[name] for name in members} == {name: before[name] for name in members}
    await meeting.check_in([meeting.new_scan(0, 500, direction="out")], 800)
    assert (await meeting.get_attendance(0))["left_at"] is None
    await meeting.check_in([meeting.new_scan(0, 900, direction="out")], 1000)
    assert parse_instant((await meeting.get_attendance(0))["left_at"]) == after_start(900)


async def test_repeated_entry_with_another_time_derives_the_attendance(meeting: MeetingClient) -> None:
    """The submission that was received first decides which clock a scan was made by; here it arrives as the second."""
    scan = meeting.new_scan(0, 100)
    await meeting.check_in([scan], 1000, epoch=1)
    assert parse_instant((await meeting.get_attendance(0))["arrived_at"]) == after_start(100)
    await meeting.check_in([scan], 500, epoch=0, skew=-50)
    assert parse_instant((await meeting.get_attendance(0))["arrived_at"]) == after_start(150)
