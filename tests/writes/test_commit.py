"""What is answered is committed: where the commit fails, no route says that it was done."""

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
from tests.writes.calls import Calls
from tests.writes.objects import HASYIM, OBJECTS

# A fault that passes, and one that does not; both come when all is done but the commit.
FAULTS = {"53100": 503, "XX000": 500}
FAIL = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'no space left on device' USING ERRCODE = '{}';
    END $$"""
# Every write leaves a line in the trail but for check-ins, which are facts themselves.
ON_COMMIT = """
    CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON {} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION fail()"""
KEPT = """
    SELECT (SELECT count(*) FROM revisions), (SELECT count(*) FROM audit_lines),
        (SELECT count(*) FROM idempotency_keys), (SELECT count(*) FROM clients),
        (SELECT count(*) FROM participants), (SELECT count(*) FROM participants WHERE status = 'expected'),
        (SELECT count(*) FROM badges), (SELECT count(*) FROM badges WHERE revoked_at IS NULL),
        (SELECT count(*) FROM scans), (SELECT count(*) FROM scans WHERE annulled_at IS NULL),
        (SELECT count(*) FROM device_clocks), (SELECT count(*) FROM roll_corrections WHERE confirmed_at IS NULL),
        (SELECT count(*) FROM meetings WHERE roll_closed_at IS NULL), (SELECT sum(invited) FROM attendance_counts)"""
Call = Callable[[], Awaitable[httpx.Response]]


@pytest_asyncio.fixture
async def every_write(app: FastAPI, calls: Calls) -> AsyncIterator[dict[str, Call]]:
    """A good request to each operation that writes, by the name of its route."""
    writes: dict[str, Call] = {}

    def add(name: str, call: Callable[..., Awaitable[httpx.Response]], *arguments: object) -> None:
        writes[name] = lambda: call(*arguments)

    for name, made in OBJECTS.items():
        one = name.removesuffix("s")
        created = await calls.post(made.at, made.content)
        address = created.headers["location"]
        again = {**made.content, **({"code": NEXT[name]} if "code" in made.content else {})}
        again |= {"organization": "kpu-34"} if name == "appointments" else {}
        add(f"create_{one}", calls.post, made.at, again)
        add(f"change_{one}", calls.patch, address, made.changes)
        add(f"delete_{one}", calls.delete, address)
    office = {
        "official": HASYIM,
        "organization": "kpu-32",
        "office": "member",
        "standing": "acting",
        "start_on": "2030",
    }
    held = (await calls.post("/v1/appointments", office)).json()["id"]
    succession = {"ends": held, "end_on": "2031", "begins": {"official": HASYIM, "standing": "definitive"}}
    add("succeed_appointment", calls.post, "/v1/appointments:succeed", succession)
    client = await calls.post("/v1/clients", {"name": "x", "scopes": ["audit:read"]})
    at = client.headers["location"]
    secrets = await calls.post(f"{at}/secrets", {})
    add("create_client", calls.post, "/v1/clients", {"name": "y", "scopes": ["audit:read"]})
    add("update_client", calls.patch, at, {"name": "z"})
    add("revoke_client_secret", calls.delete, secrets.headers["location"])
    other = await calls.post("/v1/clients", {"name": "o", "scopes": ["audit:read"]})  # two live secrets are the most
    add("create_client_secret", calls.post, f"{other.headers['location']}/secrets", {})
    add("revoke_client", calls.delete, at)
    as_csv = {**calls.headers, "Content-Type": "text/csv", "Idempotency-Key": "rows"}
    rows = "name\r\nSiti Contoh\r\n"
    add("import_rows", partial(calls.client.post, "/v1/imports?resource=officials", content=rows, headers=as_csv))
    for name, call in (await _at_the_door(app, calls)).items():
        writes[name] = call
    yield writes


async def _at_the_door(app: FastAPI, calls: Calls) -> dict[str, Call]:
    """Of two meetings: of one the roll is open, of the other it is closed, and a correction waits for a second."""
    meetings = [await MeetingClient.create(app, calls.client, participant_count=4) for _ in range(2)]
    meeting, closed = meetings
    sent = {"device_id": "gate-1", "device_sent_at": START.isoformat()}
    seen = [meeting.new_scan(0), meeting.new_scan(1), meeting.new_scan(2)]
    assert (await meeting.send_batch(seen[:1])).status_code == 207
    await closed.admin.post(f"{closed.path}:close-roll", {})
    by_hand = {"status": "excused", "reason": "izin"}
    asked = await closed.admin.patch(f"{closed.path}/attendance/{closed.participants[0]}", by_hand)
    second = Calls.of(app, calls.client, client_id="the-second")
    one = {"name": "Siti Contoh"}
    officials = {"organizations": ["kpu-31"]}
    people = [f"{meeting.path}/participants/{one}" for one in meeting.participants]
    return {
        "create_participant": lambda: calls.post(f"{meeting.path}/participants", one),
        "create_participants": lambda: calls.post(f"{meeting.path}/participants:batch", {"participants": [one]}),
        "create_participants_in_office": lambda: calls.post(f"{meeting.path}/participants:in-office", officials),
        "update_participant": lambda: calls.patch(people[1], {"note": "Lain"}),
        "delete_participant": lambda: calls.delete(people[3]),
        "reissue_badge": lambda: calls.post(f"{people[2]}/badge", None),
        "update_attendance": lambda: calls.patch(meeting.attendance_path(2), by_hand),
        "check_in": lambda: calls.post(f"{meeting.path}/check-ins", {**sent, **seen[1]}),
        "check_in_batch": lambda: calls.post(
            f"{meeting.path}/check-ins:batch", {**sent, "clock_epoch": 1, "scans": [seen[2]]}
        ),
        "annul_check_in": lambda: calls.post(
            f"{meeting.path}/check-ins/{seen[0]['scan_id']}:annul", {"reason": "dipinjamkan"}
        ),
        "confirm_correction": lambda: second.post(f"{asked.headers['location']}:confirm", None),
        "close_roll": lambda: calls.post(f"{meeting.path}:close-roll", {}),
    }


NEXT = {
    "regions": "31.97",
    "organizations": "bawaslu-32",
    "divisions": "p7-98",
    "elections": "pemilu-2034",
    "stages": "pu-98",
    "meetings": "rakor-2027",
    "sessions": "class-7",
}


@pytest.mark.parametrize(("sqlstate", "status"), FAULTS.items())
async def test_a_commit_that_fails_is_no_success(
    own_url: str, every_write: dict[str, Call], sqlstate: str, status: int
) -> None:
    await fetch_value(own_url, FAIL.format(sqlstate))
    for table in ("audit_lines", "scans"):
        await fetch_value(own_url, ON_COMMIT.format(table))
    kept = await fetch_value(own_url, KEPT)
    with structlog.testing.capture_logs():  # of a fault each would write pages to the terminal
        for name, call in every_write.items():
            answer = await call()
            assert answer.status_code == status, (name, answer.text)
            assert ("retry-after" in answer.headers) == (status == 503), name
    assert await fetch_value(own_url, KEPT) == kept


async def test_without_a_fault_each_is_done(own_url: str, every_write: dict[str, Call]) -> None:
    """Else the one before would prove nothing."""
    for name, call in every_write.items():
        answer = await call()
        assert answer.status_code in (200, 201, 204, 207), (name, answer.text)


async def test_every_writing_route_is_among_them(app: FastAPI, every_write: dict[str, Call]) -> None:
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    writing = {
        route.name
        for route in routes
        if isinstance(route, AuthorizingRoute)
        and route.methods
        and not route.methods & {"GET", "HEAD"}
        and route.access_policy.scope
    }
    assert writing == set(every_write)
