"""Later writes succeed, and change nothing of a closed roll."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI

from app.attendance import maintenance
from app.reference import loader
from tests.closed_rolls.closed_plenary import DAY, ClosedPlenary, after_start
from tests.conftest import database_url_of
from tests.writes.write_client import WriteClient

Write = Callable[[ClosedPlenary], Awaitable[Any]]


async def patch_session(plenary: ClosedPlenary, code: str, **members: Any) -> None:
    response = await plenary.admin.patch(f"{plenary.path}/sessions/{code}", members)
    assert response.status_code == 200, response.text


async def patch_meeting(plenary: ClosedPlenary, **members: Any) -> None:
    response = await plenary.admin.patch(plenary.path, members)
    assert response.status_code == 200, response.text


async def start_opening_later(plenary: ClosedPlenary) -> None:
    await patch_session(plenary, "opening", starts_at="2026-11-23T12:00:00+07:00")


async def make_sessions_parallel(plenary: ClosedPlenary) -> None:
    await patch_session(plenary, "opening", parallel_group="c", track=3)


async def rename_session(plenary: ClosedPlenary) -> None:
    await patch_session(plenary, "class-1", name="Kelas lain", starts_at="2026-11-23T08:00:00+07:00")


async def add_session(plenary: ClosedPlenary) -> None:
    session = {"code": "closing", "kind": "closing", "position": 9, "name": "Penutup"}
    session |= {"starts_at": "2026-11-23T07:00:00+07:00"}
    assert (await plenary.admin.post(f"{plenary.path}/sessions", session)).status_code == 201


async def delete_session(plenary: ClosedPlenary) -> None:
    assert (await plenary.admin.delete(f"{plenary.path}/sessions/opening")).status_code == 204


async def change_time_zone(plenary: ClosedPlenary) -> None:
    await patch_meeting(plenary, time_zone="Asia/Jayapura")


async def rename_meeting(plenary: ClosedPlenary) -> None:
    await patch_meeting(plenary, name="Rapat lain", place="Bandung", roll="open", kind="coordination")


async def postpone_meeting(plenary: ClosedPlenary) -> None:
    await patch_session(plenary, "opening", starts_at=None)
    await patch_meeting(plenary, start_on="2026-11-24", end_on="2026-12-20", host="kpu-31")


async def cancel_meeting(plenary: ClosedPlenary) -> None:
    await patch_meeting(plenary, cancelled_on="2026-11-23", check_in_margin_minutes=0, day_ends_at="09:00")


async def import_sessions(plenary: ClosedPlenary) -> None:
    row = f"{plenary.code},opening,1,opening,Lain,2026-11-23T20:00:00+07:00"
    csv = f"meeting,code,position,kind,name,starts_at\r\n{row}\r\n"
    headers = {**plenary.admin.headers, "Content-Type": "text/csv", "Idempotency-Key": f"import-{plenary.code}"}
    response = await plenary.client.post("/v1/imports?resource=sessions", content=csv, headers=headers)
    assert response.status_code == 200, response.text


async def send_junk_scan_with_another_clock(plenary: ClosedPlenary) -> None:
    junk = plenary.new_scan("no badge", 10)
    response = await plenary.send_batch([junk], 3 * DAY, device="gate-1", skew=400 * DAY)
    assert response.status_code == 207, response.text


async def send_scans_again_with_a_lower_epoch(plenary: ClosedPlenary) -> None:
    for skew in (0, 900, -900):
        response = await plenary.send_batch(plenary.scans, 8000, device="gate-1", skew=skew, epoch=0)
        assert response.status_code == 207, response.text
        assert (await plenary.send_batch(plenary.scans, 8000, device="gate-5", skew=skew, epoch=5)).status_code == 207


async def send_new_scans(plenary: ClosedPlenary) -> None:
    scans = [plenary.new_scan(n, 100 * n, direction=way) for n in range(11) for way in ("in", "out")]
    assert (await plenary.send_batch(scans, 3 * DAY, device="gate-7")).status_code == 207


async def revoke_badges(plenary: ClosedPlenary) -> None:
    for participant in plenary.participants:
        response = await plenary.admin.post(f"{plenary.path}/participants/{participant}/badge", None)
        assert response.status_code == 201, response.text
    await plenary.execute("UPDATE badges SET revoked_at = $1 WHERE revoked_at IS NOT NULL", after_start(-DAY))


async def rename_officials(plenary: ClosedPlenary) -> None:
    for line in (await plenary.read(f"{plenary.path}/attendance")).json()["items"]:
        if line["official"]:
            path = f"/v1/officials/{line['official']['id']}"
            assert (await plenary.admin.patch(path, {"name": f"Nama Lain {plenary.code}"})).status_code == 200


async def rename_organizations(plenary: ClosedPlenary) -> None:
    for code in ("kpu", "kpu-31", "bawaslu"):
        changed = {"name": f"Lembaga {plenary.code}", "level": "province", "region": None}
        path = f"/v1/organizations/{code}"
        before = (await plenary.read(path)).json()
        changed = changed if code == "bawaslu" else {"name": changed["name"]}
        assert (await plenary.admin.patch(path, changed)).status_code == 200
        assert before["name"] != changed["name"]


async def change_seats_and_members(plenary: ClosedPlenary) -> None:
    select = "SELECT id::text FROM appointments WHERE organization = 'kpu' AND possible @> date '2026-11-23' LIMIT 1"
    appointment = f"/v1/appointments/{await plenary.execute(select)}"
    for path, changed in (("/v1/organizations/kpu", {"seats": 5}), (appointment, {"end_on": "2026-11-20"})):
        response = await plenary.admin.patch(path, changed)
        assert response.status_code == 200, response.text


async def rename_region(plenary: ClosedPlenary) -> None:
    assert (await plenary.admin.patch("/v1/regions/31", {"name": f"Wilayah {plenary.code}"})).status_code == 200


async def change_codes(plenary: ClosedPlenary) -> None:
    """No client can change a code. An operator can, and the foreign keys follow."""
    before = await plenary.read_state()
    await plenary.execute("UPDATE organizations SET code = 'bawaslu-99' WHERE code = 'bawaslu'")
    after = await plenary.read_state()
    await plenary.execute("UPDATE organizations SET code = 'bawaslu' WHERE code = 'bawaslu-99'")
    assert after == before


async def load_reference_data(plenary: ClosedPlenary) -> None:
    await loader.load(database_url_of(plenary.app), loader.read_dataset(loader.SHIPPED))


async def write_participants(plenary: ClosedPlenary) -> None:
    """As the reference data are loaded: by SQL, which no route checks."""
    await plenary.execute(
        "UPDATE participants SET status = 'absent', late = true, office = 'chair', name_as_printed = 'X', arrived_at ="
        " now(), capacity = 'guest', note = 'X' WHERE meeting = $1",
        plenary.code,
    )
    await plenary.execute(
        'INSERT INTO participants (id, meeting, name, status, verified, "primary")'
        " VALUES (gen_random_uuid(), $1, 'Orang Baru', 'present', false, false)",
        plenary.code,
    )
    await plenary.execute("DELETE FROM participant_sessions WHERE meeting = $1", plenary.code)


async def recompute_attendance(plenary: ClosedPlenary) -> None:
    await start_opening_later(plenary)
    await operations_recompute(plenary)


async def operations_recompute(plenary: ClosedPlenary) -> None:
    (recomputed,) = await maintenance.recompute_attendance(database_url_of(plenary.app), plenary.code)
    assert (recomputed.participants, recomputed.counters) == (0, 0)


async def request_corrections(plenary: ClosedPlenary) -> None:
    first = WriteClient.create(plenary.app, plenary.client, client_id="alone")
    path = f"{plenary.path}/corrections"
    status = {"kind": "status", "participant": plenary.participants[0], "status": "absent", "reason": "x"}
    for body in (status, {"kind": "scan", "scan": plenary.scans[0]["scan_id"], "reason": "x"}):
        created = await first.post(path, body)
        assert created.status_code == 201, created.text
        assert (await first.post(f"{created.headers['location']}:confirm", {})).status_code == 409
    assert (await first.post(path, {"kind": "reopen", "reason": "x"})).status_code == 201


WRITES: list[Write] = [
    *(start_opening_later, make_sessions_parallel, rename_session, add_session, delete_session),
    *(change_time_zone, rename_meeting, postpone_meeting, cancel_meeting, import_sessions),
    *(send_junk_scan_with_another_clock, send_scans_again_with_a_lower_epoch, send_new_scans, revoke_badges),
    *(rename_officials, rename_organizations, rename_region, change_codes),
    *(write_participants, recompute_attendance, request_corrections),
]


async def test_later_appointments_change_nothing_of_the_quorum(own_app: FastAPI, own_client: httpx.AsyncClient) -> None:
    plenary = await ClosedPlenary.create(own_app, own_client)
    before = await plenary.read_state()
    await change_seats_and_members(plenary)
    assert await plenary.read_state() == before
    assert orjson.loads(before["quorum"][0])["met"] is True


async def test_loading_the_reference_data_changes_no_printed_name(
    own_app: FastAPI, own_client: httpx.AsyncClient
) -> None:
    earlier = await ClosedPlenary.create(own_app, own_client)
    await rename_officials(earlier)
    await rename_organizations(earlier)
    plenary = await ClosedPlenary.create(own_app, own_client)
    before = await plenary.read_state()
    await load_reference_data(plenary)
    assert await plenary.read_state() == before
    official = (await plenary.read(f"/v1/officials/{plenary.officials[0]}")).json()["name"]
    assert (official.encode() in before["csv"], b"Nama Lain" in before["csv"]) == (False, True)


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
async def test_later_write_changes_nothing_of_a_closed_roll(plenary: ClosedPlenary, write: Write) -> None:
    before = await plenary.read_state()
    await write(plenary)
    assert await plenary.read_state() == before
