"""Failed commits: no route returns success if the commit of its transaction fails."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import httpx
import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.auth import AuthorizingRoute
from tests.check_ins.meeting_client import START, MeetingClient
from tests.conftest import fetch_value
from tests.writes.object_examples import OBJECT_EXAMPLES, OFFICIAL_ID
from tests.writes.write_client import WriteClient

# By SQLSTATE of the error at the commit: a transient one is 503, any other is 500.
STATUS_BY_SQLSTATE = {"53100": 503, "XX000": 500}
CREATE_FAIL_FUNCTION = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'no space left on device' USING ERRCODE = '{}';
    END $$"""
# Every write inserts an audit line, except check-ins, which insert scans.
CREATE_FAIL_TRIGGER = """
    CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON {} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION fail()"""
COUNT_ROWS = """
    SELECT (SELECT count(*) FROM revisions), (SELECT count(*) FROM audit_lines),
        (SELECT count(*) FROM idempotency_keys), (SELECT count(*) FROM clients),
        (SELECT count(*) FROM participants), (SELECT count(*) FROM participants WHERE status = 'expected'),
        (SELECT count(*) FROM badges), (SELECT count(*) FROM badges WHERE revoked_at IS NULL),
        (SELECT count(*) FROM scans), (SELECT count(*) FROM scans WHERE annulled_at IS NULL),
        (SELECT count(*) FROM device_clocks), (SELECT count(*) FROM roll_corrections WHERE confirmed_at IS NULL),
        (SELECT count(*) FROM meetings WHERE roll_closed_at IS NULL), (SELECT sum(invited) FROM attendance_counts)"""
SendRequest = Callable[[], Awaitable[httpx.Response]]


@pytest_asyncio.fixture
async def write_requests(app: FastAPI, api: WriteClient) -> AsyncIterator[dict[str, SendRequest]]:
    """Return a successful request for each operation that writes, by the name of its route."""
    writes: dict[str, SendRequest] = {}

    def add(name: str, call: Callable[..., Awaitable[httpx.Response]], *arguments: object) -> None:
        writes[name] = lambda: call(*arguments)

    for name, example in OBJECT_EXAMPLES.items():
        singular = name.removesuffix("s")
        created = await api.post(example.list_path, example.payload)
        address = created.headers["location"]
        second = {
            **example.payload,
            **({"code": SECOND_CODES[name]} if "code" in example.payload else {}),
        }
        second |= {"organization": "kpu-34"} if name == "appointments" else {}
        add(f"create_{singular}", api.post, example.list_path, second)
        add(f"update_{singular}", api.patch, address, example.patch)
        add(f"delete_{singular}", api.delete, address)
    office = {
        "official": OFFICIAL_ID,
        "organization": "kpu-32",
        "office": "member",
        "standing": "acting",
        "start_on": "2030",
    }
    appointment_id = (await api.post("/v1/appointments", office)).json()["id"]
    succession = {
        "ends": appointment_id,
        "end_on": "2031",
        "begins": {"official": OFFICIAL_ID, "standing": "definitive"},
    }
    add("succeed_appointment", api.post, "/v1/appointments:succeed", succession)
    client = await api.post("/v1/clients", {"name": "x", "scopes": ["audit:read"]})
    client_path = client.headers["location"]
    secrets = await api.post(f"{client_path}/secrets", {})
    add("create_client", api.post, "/v1/clients", {"name": "y", "scopes": ["audit:read"]})
    add("update_client", api.patch, client_path, {"name": "z"})
    add("revoke_client_secret", api.delete, secrets.headers["location"])
    other = await api.post("/v1/clients", {"name": "o", "scopes": ["audit:read"]})  # a client may have two secrets
    add("create_client_secret", api.post, f"{other.headers['location']}/secrets", {})
    add("revoke_client", api.delete, client_path)
    as_csv = {**api.headers, "Content-Type": "text/csv", "Idempotency-Key": "rows"}
    csv = "name\r\nSiti Contoh\r\n"
    add("import_rows", partial(api.http.post, "/v1/imports?resource=officials", content=csv, headers=as_csv))
    for name, call in (await _meeting_requests(app, api)).items():
        writes[name] = call
    yield writes


async def _meeting_requests(app: FastAPI, api: WriteClient) -> dict[str, SendRequest]:
    """Return requests about meetings with an open roll, with a closed roll, and without scans."""
    meetings = [await MeetingClient.create(app, api.http, participant_count=4) for _ in range(3)]
    meeting, closed, movable = meetings
    device = {"device_id": "gate-1", "device_sent_at": START.isoformat()}
    scans = [meeting.new_scan(0), meeting.new_scan(1), meeting.new_scan(2)]
    assert (await meeting.send_batch(scans[:1])).status_code == 207
    await closed.admin.close_roll(closed.path)
    manual_status = {"status": "excused", "reason": "izin"}
    corrections, participants = f"{closed.path}/corrections", closed.participants
    status_corrections = [{"kind": "status", "participant": id_, **manual_status} for id_ in participants]
    correction = await closed.admin.post(corrections, status_corrections[0])
    second = WriteClient.create(app, api.http, client_id="the-second")
    participant = {"name": "Siti Contoh"}
    officials = {"organizations": ["kpu-31"]}
    participant_paths = [f"{meeting.path}/participants/{id_}" for id_ in meeting.participants]
    return {
        "create_participant": lambda: api.post(f"{meeting.path}/participants", participant),
        "create_participants": lambda: api.post(f"{meeting.path}/participants:batch", {"participants": [participant]}),
        "create_participants_in_office": lambda: api.post(f"{meeting.path}/participants:in-office", officials),
        "update_participant": lambda: api.patch(participant_paths[1], {"note": "Lain"}),
        "delete_participant": lambda: api.delete(participant_paths[3]),
        "reissue_badge": lambda: api.post(f"{participant_paths[2]}/badge", None),
        "update_attendance": lambda: api.patch(meeting.attendance_path(2), manual_status),
        "check_in": lambda: api.post(f"{meeting.path}/check-ins", {**device, **scans[1]}),
        "check_in_batch": lambda: api.post(
            f"{meeting.path}/check-ins:batch", {**device, "clock_epoch": 1, "scans": [scans[2]]}
        ),
        "annul_check_in": lambda: api.post(
            f"{meeting.path}/check-ins/{scans[0]['scan_id']}:annul", {"reason": "dipinjamkan"}
        ),
        "create_correction": lambda: api.post(corrections, status_corrections[1]),
        "confirm_correction": lambda: second.post(f"{correction.headers['location']}:confirm", None),
        "reset_device": lambda: api.post(f"{meeting.path}/devices/gate-1:reset", {"reason": "diganti"}),
        "move_meeting": lambda: api.http.post(
            f"{movable.path}:move", json={"days": 1, "reason": "ditunda"}, headers={**api.headers, "If-Match": "*"}
        ),
        "close_roll": lambda: api.close_roll(meeting.path),
    }


SECOND_CODES = {
    "regions": "31.97",
    "organizations": "bawaslu-32",
    "divisions": "p7-98",
    "elections": "pemilu-2034",
    "stages": "pu-98",
    "meetings": "rakor-2027",
    "sessions": "class-7",
}


@pytest.mark.parametrize(("sqlstate", "status"), STATUS_BY_SQLSTATE.items())
async def test_failed_commit_is_an_error_and_stores_nothing(
    own_url: str, write_requests: dict[str, SendRequest], sqlstate: str, status: int
) -> None:
    await fetch_value(own_url, CREATE_FAIL_FUNCTION.format(sqlstate))
    for table in ("audit_lines", "scans"):
        await fetch_value(own_url, CREATE_FAIL_TRIGGER.format(table))
    counts = await fetch_value(own_url, COUNT_ROWS)
    with structlog.testing.capture_logs():  # each error would log a long traceback
        for name, call in write_requests.items():
            response = await call()
            assert response.status_code == status, (name, response.text)
            assert ("retry-after" in response.headers) == (status == 503), name
    assert await fetch_value(own_url, COUNT_ROWS) == counts


async def test_every_request_succeeds_without_the_failure(own_url: str, write_requests: dict[str, SendRequest]) -> None:
    """Prove that the requests of the test above fail only because of the commit."""
    for name, call in write_requests.items():
        response = await call()
        assert response.status_code in (200, 201, 204, 207), (name, response.text)


async def test_every_route_that_writes_is_tested(app: FastAPI, write_requests: dict[str, SendRequest]) -> None:
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    writing = {
        route.name
        for route in routes
        if isinstance(route, AuthorizingRoute)
        and route.methods
        and not route.methods & {"GET", "HEAD"}
        and route.access_policy.scope
    }
    assert writing == set(write_requests)
