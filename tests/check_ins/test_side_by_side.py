"""Gates and the office, at the same moment: what one waits for is seen when the wait is over."""

import asyncio

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import database_url_of, fetch

WAITING = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"


@pytest_asyncio.fixture
async def meeting(own_app: FastAPI, own_client: httpx.AsyncClient) -> MeetingClient:
    return await MeetingClient.create(own_app, own_client, participant_count=3)


async def waits(meeting: MeetingClient, task: "asyncio.Task[httpx.Response]") -> None:
    while not await fetch(database_url_of(meeting.app), WAITING):
        assert not task.done()
        await asyncio.sleep(0.02)


async def test_who_comes_in_anothers_place_is_seen_though_it_was_just_being_written(meeting: MeetingClient) -> None:
    connection = await meeting.connect()
    try:
        async with connection.transaction():
            await connection.execute(
                "UPDATE participants SET represents = $2 WHERE id = $1",
                meeting.participants[0],
                meeting.participants[1],
            )
            scanning = asyncio.create_task(meeting.send_batch([meeting.new_scan(0)]))
            await waits(meeting, scanning)
        assert (await scanning).status_code == 207
    finally:
        await connection.close()
    assert [(await meeting.get_attendance(n))["status"] for n in (0, 1)] == ["present", "represented"]


async def test_hours_that_are_just_moved_are_those_that_somebody_is_late_by(meeting: MeetingClient) -> None:
    connection = await meeting.connect()
    try:
        async with connection.transaction():
            await connection.execute(
                "UPDATE sessions SET starts_at = starts_at + interval '1 hour' WHERE meeting = $1 AND code = 'opening'",
                meeting.code,
            )
            scanning = asyncio.create_task(meeting.send_batch([meeting.new_scan(0, 600)], 601))
            await waits(meeting, scanning)
        assert (await scanning).status_code == 207
    finally:
        await connection.close()
    assert (await meeting.get_attendance(0))["late"] is False


async def test_one_scan_is_annulled_once_however_many_ask(meeting: MeetingClient) -> None:
    await meeting.send_batch([scan := meeting.new_scan(0)])
    annul = f"{meeting.path}/check-ins/{scan['scan_id']}:annul"
    answers = await asyncio.gather(*(meeting.admin.post(annul, {"reason": f"alasan {n}"}) for n in range(6)))
    assert [one.status_code for one in answers] == [200] * 6
    assert len({(one.json()["annulled_at"], one.json()["annulment_reason"]) for one in answers}) == 1


async def test_a_circle_of_representation_has_an_end(meeting: MeetingClient) -> None:
    """Two writers that close it at the same moment do not see each other."""
    connection = await meeting.connect()
    try:
        await connection.execute("ALTER TABLE participants DISABLE TRIGGER USER")
        for one, other in ((0, 1), (1, 2), (2, 0)):
            sql = "UPDATE participants SET represents = $2 WHERE id = $1"
            await connection.execute(sql, meeting.participants[one], meeting.participants[other])
        await connection.execute("ALTER TABLE participants ENABLE TRIGGER USER")
        found = await connection.fetchval("SELECT with_represented(ARRAY[$1::uuid, NULL])", meeting.participants[0])
    finally:
        await connection.close()
    assert sorted(map(str, found)) == sorted(meeting.participants)


READ = """
SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables
WHERE schemaname = 'public' AND relname IN ('scans', 'badges', 'device_clocks', 'participants', 'attendance')
"""
LISTED = """
INSERT INTO participants (id, meeting, name, organization, verified, "primary")
SELECT gen_random_uuid(), $1, 'Peserta', 'kpu-32', false, false FROM generate_series(1, 3000)
"""
SEEN = """
INSERT INTO scans (meeting, id, digest, device_id, clock_epoch, badge, direction, scanned_at, sent_at, received_at,
    after_closing, reported_outcome, client)
SELECT meeting, gen_random_uuid(), decode(md5(n::text), 'hex'), device_id, clock_epoch, gen_random_uuid(), 'in', now(),
    now(), now(), false, 'first_entry', 'gate'
FROM device_clocks, generate_series(1, 10000) AS n WHERE meeting = $1
"""


@pytest.mark.parametrize("then", [(), ("ANALYZE device_clocks", "VACUUM scans")], ids=["a plan of before", "a vacuum"])
async def test_few_rows_are_read_for_one_of_many_whatever_is_known_of_their_number(
    meeting: MeetingClient, then: tuple[str, ...]
) -> None:
    """A session plans while there are few, and keeps the plan; or between what a vacuum tells and what an analyze."""
    connection, derive = await meeting.connect(), "SELECT derive_attendance($1, ARRAY[$2::uuid])"
    try:
        for table in ("scans", "participants", "attendance"):
            await connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        await connection.execute("VACUUM ANALYZE scans, badges, device_clocks, participants, attendance")
        await connection.execute(derive, meeting.code, meeting.participants[0])
        assert await meeting.check_in([meeting.new_scan(0)]) == ["first_entry"]
        for many in (LISTED, SEEN):
            await connection.execute(many, meeting.code)
        represents = "UPDATE participants SET represents = $2 WHERE id = $1"
        await connection.execute(represents, meeting.participants[0], meeting.participants[1])
        for statement in then:
            await connection.execute(statement)
        async with connection.transaction():
            before = await connection.fetchval(READ)  # what this session has not yet told the server counts, too
            await connection.execute(derive, meeting.code, meeting.participants[0])
            assert 0 < await connection.fetchval(READ) - before <= 200
    finally:
        await connection.close()
