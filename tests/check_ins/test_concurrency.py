"""Check-ins that run at the same time as other writes see what was committed while they waited."""

import asyncio

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import database_url_of, fetch_value

IS_ANY_SESSION_WAITING = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
)


@pytest_asyncio.fixture
async def meeting(own_app: FastAPI, own_client: httpx.AsyncClient) -> MeetingClient:
    return await MeetingClient.create(own_app, own_client, participant_count=3)


async def wait_until_blocked(meeting: MeetingClient, task: "asyncio.Task[httpx.Response]") -> None:
    while not await fetch_value(database_url_of(meeting.app), IS_ANY_SESSION_WAITING):
        assert not task.done()
        await asyncio.sleep(0.02)


async def test_scan_sees_representation_committed_while_it_waited(meeting: MeetingClient) -> None:
    connection = await meeting.connect()
    try:
        async with connection.transaction():
            await connection.execute(
                "UPDATE participants SET represents = $2 WHERE id = $1",
                meeting.participants[0],
                meeting.participants[1],
            )
            scanning = asyncio.create_task(meeting.send_batch([meeting.new_scan(0)]))
            await wait_until_blocked(meeting, scanning)
        assert (await scanning).status_code == 207
    finally:
        await connection.close()
    assert [(await meeting.get_attendance(n))["status"] for n in (0, 1)] == ["present", "represented"]


async def test_scan_sees_session_start_committed_while_it_waited(meeting: MeetingClient) -> None:
    connection = await meeting.connect()
    try:
        async with connection.transaction():
            await connection.execute(
                "UPDATE sessions SET starts_at = starts_at + interval '1 hour' WHERE meeting = $1 AND code = 'opening'",
                meeting.code,
            )
            scanning = asyncio.create_task(meeting.send_batch([meeting.new_scan(0, 600)], 601))
            await wait_until_blocked(meeting, scanning)
        assert (await scanning).status_code == 207
    finally:
        await connection.close()
    assert (await meeting.get_attendance(0))["late"] is False


async def test_concurrent_annulments_annul_once(meeting: MeetingClient) -> None:
    await meeting.send_batch([scan := meeting.new_scan(0)])
    annul = f"{meeting.path}/check-ins/{scan['scan_id']}:annul"
    responses = await asyncio.gather(*(meeting.admin.post(annul, {"reason": f"alasan {n}"}) for n in range(6)))
    assert [response.status_code for response in responses] == [200] * 6
    assert len({(response.json()["annulled_at"], response.json()["annulment_reason"]) for response in responses}) == 1


async def test_circular_representation_terminates(meeting: MeetingClient) -> None:
    """Two concurrent writers can create a circle, because they do not see each other's change."""
    connection = await meeting.connect()
    try:
        await connection.execute("ALTER TABLE participants DISABLE TRIGGER USER")
        for index, represented in ((0, 1), (1, 2), (2, 0)):
            sql = "UPDATE participants SET represents = $2 WHERE id = $1"
            await connection.execute(sql, meeting.participants[index], meeting.participants[represented])
        await connection.execute("ALTER TABLE participants ENABLE TRIGGER USER")
        affected = await connection.fetchval("SELECT with_represented(ARRAY[$1::uuid, NULL])", meeting.participants[0])
    finally:
        await connection.close()
    assert sorted(map(str, affected)) == sorted(meeting.participants)


COUNT_ROWS_READ = """
SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables
WHERE schemaname = 'public' AND relname IN ('scans', 'badges', 'device_clocks', 'participants', 'attendance')
"""
INSERT_MANY_PARTICIPANTS = """
INSERT INTO participants (id, meeting, name, organization, verified, "primary")
SELECT gen_random_uuid(), $1, 'Peserta', 'kpu-32', false, false FROM generate_series(1, 3000)
"""
INSERT_MANY_SCANS = """
INSERT INTO scans (meeting, id, digest, device_id, clock_epoch, period, badge, direction, scanned_at, sent_at,
    received_at, reported_outcome, client)
SELECT meeting, gen_random_uuid(), decode(md5(n::text), 'hex'), device_id, clock_epoch, period, gen_random_uuid(), 'in',
    now(), now(), now(), 'first_entry', 'gate'
FROM device_clocks, generate_series(1, 10000) AS n WHERE meeting = $1
"""


@pytest.mark.parametrize("maintenance", [(), ("ANALYZE device_clocks", "VACUUM scans")], ids=["cached plan", "vacuum"])
async def test_few_rows_are_read_whatever_the_table_statistics(
    meeting: MeetingClient, maintenance: tuple[str, ...]
) -> None:
    """Postgres may keep a plan made for small tables, or know only the numbers of a vacuum or of an analyze."""
    connection, derive = await meeting.connect(), "SELECT derive_attendance($1, ARRAY[$2::uuid])"
    try:
        for table in ("scans", "participants", "attendance"):
            await connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        await connection.execute("VACUUM ANALYZE scans, badges, device_clocks, participants, attendance")
        await connection.execute(derive, meeting.code, meeting.participants[0])
        assert await meeting.check_in([meeting.new_scan(0)]) == ["first_entry"]
        for statement in (INSERT_MANY_PARTICIPANTS, INSERT_MANY_SCANS):
            await connection.execute(statement, meeting.code)
        represents = "UPDATE participants SET represents = $2 WHERE id = $1"
        await connection.execute(represents, meeting.participants[0], meeting.participants[1])
        for statement in maintenance:
            await connection.execute(statement)
        async with connection.transaction():
            before = await connection.fetchval(COUNT_ROWS_READ)  # with what this session has not yet reported
            await connection.execute(derive, meeting.code, meeting.participants[0])
            assert 0 < await connection.fetchval(COUNT_ROWS_READ) - before <= 200
    finally:
        await connection.close()
