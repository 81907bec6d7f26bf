"""The owner of a device id, its reset, and the instant at which a submission was received."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.auth import Scope
from app.state import state_of
from tests.callers import bearer_headers
from tests.check_ins.meeting_client import START, MeetingClient
from tests.conftest import database_url_of, fetch_value

OTHER_CLIENT = "0197c0de-0000-7000-8000-00000000beef"
SELECT_COUNTS = """
SELECT json_build_array(
    (SELECT count(*) FROM scans WHERE meeting = $1), (SELECT count(*) FROM clock_readings WHERE meeting = $1),
    (SELECT count(*) FROM device_clocks WHERE meeting = $1)
)::text
"""
SELECT_RECEIVED = "SELECT received_at FROM scans WHERE meeting = $1 AND id = $2::uuid"


@pytest.fixture
def other(app: FastAPI) -> dict[str, str]:
    """Headers of another client that reports scans."""
    return bearer_headers(app, Scope.CHECK_INS_WRITE, client_id=OTHER_CLIENT, name="other")


async def execute(meeting: MeetingClient, sql: str, *arguments: Any) -> Any:
    return await fetch_value(database_url_of(meeting.app), sql, meeting.code, *arguments)


async def post_reset(meeting: MeetingClient, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    path = f"{meeting.path}/devices/{body.pop('device', 'gate-1')}:reset"
    headers = {**(headers or meeting.admin.headers), "Idempotency-Key": uuid4().hex}
    return await meeting.client.post(path, json={"reason": "ganti perangkat", **body}, headers=headers)


def seconds_since_start() -> float:
    """Return the present as seconds after the start of the opening; resets happen at the present."""
    return (datetime.now(UTC) - START).total_seconds()


class TestOwner:
    async def test_batch_of_other_client_is_refused(self, meeting: MeetingClient, other: dict[str, str]) -> None:
        await meeting.check_in([scan := meeting.new_scan(0)])
        before = await execute(meeting, SELECT_COUNTS)
        for scans in ([meeting.new_scan(1, 1), meeting.new_scan("text", 2)], [scan]):
            refused = await meeting.send_batch(scans, 9, headers=other)
            assert (refused.status_code, refused.json()["code"]) == (409, "device_owned")
            assert refused.headers["content-type"] == "application/problem+json"
        assert await execute(meeting, SELECT_COUNTS) == before
        assert (await meeting.get_attendance(1))["status"] == "expected"

    async def test_single_scan_of_other_client_is_refused(self, meeting: MeetingClient, other: dict[str, str]) -> None:
        await meeting.check_in([meeting.new_scan(0)])
        before = await execute(meeting, SELECT_COUNTS)
        scan = meeting.new_scan(1)
        body = {"device_id": "gate-1", "device_sent_at": scan["scanned_at"], **scan}
        refused = await meeting.client.post(f"{meeting.path}/check-ins", json=body, headers=other)
        assert (refused.status_code, refused.json()["code"]) == (409, "device_owned")
        assert await execute(meeting, SELECT_COUNTS) == before

    async def test_device_id_of_other_client_is_free_at_other_meeting(
        self, app: FastAPI, client: httpx.AsyncClient, meeting: MeetingClient, other: dict[str, str]
    ) -> None:
        await meeting.check_in([meeting.new_scan(0)])
        elsewhere = await MeetingClient.create(app, client, participant_count=1)
        assert (await elsewhere.send_batch([elsewhere.new_scan(0)], headers=other)).status_code == 207

    async def test_concurrent_first_submissions_have_one_owner(self, app: FastAPI, meeting: MeetingClient) -> None:
        clients = [
            bearer_headers(app, Scope.CHECK_INS_WRITE, client_id=str(uuid4()), name=f"client {n}") for n in range(8)
        ]
        scans = [meeting.new_scan("text", n) for n in range(8)]
        requests = (meeting.send_batch([scans[n]], 20, headers=clients[n]) for n in range(8))
        statuses = [response.status_code for response in await asyncio.gather(*requests)]
        assert sorted(statuses) == [207, *[409] * 7]
        stored = (await meeting.admin.get(f"{meeting.path}/check-ins")).json()["items"]
        assert [item["scan_id"] for item in stored] == [scans[statuses.index(207)]["scan_id"]]

    async def test_concurrent_batches_of_many_devices_do_not_deadlock(self, meeting: MeetingClient) -> None:
        """Batches of one device, and single scans that the worker stores together, lock devices and participants."""
        scans = [meeting.new_scan(n % 6, n % 7) for n in range(40)]
        headers = meeting.admin.headers
        singles = [
            {"device_id": f"gate-{9 - n % 10}", "device_sent_at": scan["scanned_at"], **scan}
            for n, scan in enumerate(scans)
        ]
        requests = [
            *(meeting.client.post(f"{meeting.path}/check-ins", json=body, headers=headers) for body in singles),
            *(meeting.send_batch(scans[n::3], 50, device=f"gate-{n}", headers=dict(headers)) for n in range(3)),
            meeting.admin.patch(meeting.path, {"time_zone": "Asia/Jayapura", "reason": "salah"}),
            meeting.admin.patch(meeting.path, {"check_in_margin_minutes": 60, "reason": "salah"}),
        ]
        statuses = [response.status_code for response in await asyncio.gather(*requests)]
        assert set(statuses) <= {200, 201, 207}


class TestReset:
    async def test_reset_hands_device_on_and_begins_period(self, meeting: MeetingClient, other: dict[str, str]) -> None:
        before = await meeting.send_batch([meeting.new_scan("a")], seconds_since_start() - 60)
        assert before.status_code == 207
        response = await post_reset(meeting, reason="gerbang rusak", legal_basis="PKPU 1/2026")
        assert response.status_code == 200, response.text
        assert response.json()["client"] is None
        after = await meeting.send_batch([meeting.new_scan("b")], seconds_since_start() + 1, headers=other)
        assert after.status_code == 207
        refused = await meeting.send_batch([meeting.new_scan("c")], seconds_since_start() + 2)
        assert (refused.status_code, refused.json()["code"]) == (409, "device_owned")
        (device,) = (await meeting.admin.get(f"{meeting.path}/devices")).json()["items"]
        assert device["client"] == OTHER_CLIENT
        assert [(clock["period"], clock["readings"]) for clock in device["clocks"]] == [(0, 1), (1, 1)]
        (reset,) = device["resets"]
        assert (reset["reason"], reset["legal_basis"]) == ("gerbang rusak", "PKPU 1/2026")
        assert reset["former_client"] == reset["reset_by"] != OTHER_CLIENT

    async def test_reset_keeps_times_of_stored_scans(self, meeting: MeetingClient, other: dict[str, str]) -> None:
        """The next owner's quicker submission would move the scans if it were in the same period."""
        sent = seconds_since_start() - 60
        await meeting.send_batch([meeting.new_scan("a", sent - 1)], sent, latency=20)
        scans = (await meeting.admin.get(f"{meeting.path}/check-ins")).json()["items"]
        assert (await post_reset(meeting)).status_code == 200
        await meeting.send_batch([meeting.new_scan("b")], seconds_since_start() + 1, headers=other)
        after = (await meeting.admin.get(f"{meeting.path}/check-ins")).json()["items"]
        assert after[0] == scans[0]

    async def test_reset_of_free_device_changes_nothing(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0)])
        first, second = await post_reset(meeting), await post_reset(meeting)
        assert first.json() == second.json()
        assert len(second.json()["resets"]) == 1

    async def test_reset_is_refused(self, app: FastAPI, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0)])
        gate = bearer_headers(app, Scope.CHECK_INS_WRITE, meeting=meeting.code)
        bound = bearer_headers(app, Scope.ATTENDANCE_WRITE, meeting=meeting.code)
        elsewhere = bearer_headers(app, Scope.ATTENDANCE_WRITE, organization="kpu-32")
        assert (await post_reset(meeting, gate)).json()["code"] == "insufficient_scope"
        assert (await post_reset(meeting, bound)).status_code == 403
        assert (await post_reset(meeting, elsewhere)).status_code in (403, 404)
        assert (await post_reset(meeting, device="gate-9")).status_code == 404
        assert (await post_reset(meeting, reason=None)).status_code == 422
        (device,) = (await meeting.admin.get(f"{meeting.path}/devices")).json()["items"]
        assert (device["client"] is None, device["resets"]) == (False, [])
        meeting.code = "no-such"
        assert (await post_reset(meeting)).status_code == 404

    async def test_reset_is_audited(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0)])
        assert (await post_reset(meeting)).status_code == 200
        sql = "SELECT operation FROM audit_lines WHERE 'meetings/' || $1 || '/devices' = ANY (keys)"
        assert await execute(meeting, sql) == "reset_device"


class TestReceipt:
    async def test_receipt_is_by_the_clock_of_the_database(
        self, meeting: MeetingClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The clock of the worker is an hour behind."""
        state_of(meeting.app).receipt_clock.now = None
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() - 3600)
        before = await execute(meeting, "SELECT clock_timestamp() FROM meetings WHERE code = $1")
        scan = await post_scan(meeting, "gate-1")
        after = await execute(meeting, "SELECT clock_timestamp() FROM meetings WHERE code = $1")
        assert before - timedelta(milliseconds=100) <= await execute(meeting, SELECT_RECEIVED, scan) <= after

    async def test_wait_in_the_worker_is_subtracted(self, meeting: MeetingClient) -> None:
        """The second submission waits in the worker while the first one waits for a lock for a second and a half."""
        state_of(meeting.app).receipt_clock.now = None
        connection = await meeting.connect()
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(roll_lock_key($1))", meeting.code)
            first = asyncio.create_task(post_scan(meeting, "gate-1"))
            await asyncio.sleep(0.2)
            sent_at = await connection.fetchval("SELECT clock_timestamp()")
            second = asyncio.create_task(post_scan(meeting, "gate-2"))
            await asyncio.sleep(1.5)
            freed_at = await connection.fetchval("SELECT clock_timestamp()")
        received = [await execute(meeting, SELECT_RECEIVED, await task) for task in (first, second)]
        await connection.close()
        assert received[0] >= freed_at
        assert sent_at - timedelta(milliseconds=100) <= received[1] < freed_at - timedelta(milliseconds=500)


async def post_scan(meeting: MeetingClient, device: str) -> str:
    """Send one scan and return its id."""
    scan = meeting.new_scan("text")
    body = {"device_id": device, "device_sent_at": scan["scanned_at"], **scan}
    response = await meeting.client.post(f"{meeting.path}/check-ins", json=body, headers=meeting.admin.headers)
    assert response.status_code == 201, response.text
    return str(scan["scan_id"])
