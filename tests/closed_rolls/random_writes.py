"""Random writes of every kind, by clients of every scope and binding, around a plenary whose roll is closed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

import httpx

from app.attendance import maintenance
from app.auth import Scope
from app.reference import loader
from tests.callers import bearer_headers
from tests.closed_rolls.closed_plenary import DAY, ClosedPlenary, after_start
from tests.conftest import database_url_of
from tests.writes.write_client import MERGE_PATCH_TYPE

INSTANTS = ("2026-11-23T06:00:00+07:00", "2026-11-23T09:30:00+07:00", "2026-11-24T20:00:00+07:00", None)
ZONES = ("Asia/Jayapura", "Asia/Jakarta", "Asia/Makassar")
BINDINGS: tuple[dict[str, str], ...] = ({}, {}, {}, {"organization": "kpu"}, {"organization": "kpu-31"})
CLIENTS = ("0197c0de-0000-7000-8000-00000000c11e", "client-1", "client-2")
"""The first one owns the devices."""
CODES = ("kpu", "kpu-31", "kpu-32", "bawaslu")


@dataclass
class RandomWriter:
    """Sends one random request after the other; each must be answered without an error of the service."""

    plenary: ClosedPlenary
    random: Random
    sent: list[tuple[str, str, int]] = field(default_factory=list)
    """Method, path and status of the requests so far."""

    def choose_headers(self) -> dict[str, str]:
        """Return the token of a random client: of all scopes or of one, unbound or bound."""
        bound = self.random.choice((*BINDINGS, {"meeting": self.plenary.code}))
        scopes = tuple(Scope) if self.random.random() < 0.8 else (self.random.choice(list(Scope)),)
        client = self.random.choice(CLIENTS)
        return bearer_headers(self.plenary.app, *scopes, client_id=client, **bound)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        headers = {"If-Match": "*", "Idempotency-Key": uuid4().hex, **self.choose_headers(), **headers}
        headers |= {"Content-Type": MERGE_PATCH_TYPE} if method == "PATCH" else {}
        response = await self.plenary.client.request(method, path, json=body, headers=headers)
        self.sent.append((method, path, response.status_code))
        assert response.status_code < 500, (method, path, body, response.text)
        return response

    def choose(self, *values: Any) -> Any:
        return self.random.choice(values)

    def participant(self) -> str:
        return str(self.random.choice(self.plenary.participants))

    def text(self) -> str:
        return f"Lain {self.random.randrange(1000)}"


async def patch_meeting(w: RandomWriter) -> None:
    changes: list[dict[str, Any]] = [
        {"name": w.text(), "place": w.text()},
        {"time_zone": w.choose(*ZONES)},
        {"start_on": w.choose("2026-11-20", "2026-11-23"), "end_on": w.choose("2026-11-24", "2026-12-24")},
        {"cancelled_on": w.choose("2026-11-23", "2026-11-24", None)},
        {"roll": w.choose("open", "restricted"), "kind": w.choose("plenary", "coordination")},
        {"host": w.choose("kpu", "kpu-31"), "places": w.choose(1, 100, None)},
        {"check_in_margin_minutes": w.choose(0, 720), "day_ends_at": w.choose("10:00", "02:00", None)},
        {"retention_days": w.choose(8, 3000, None)},
    ]
    await w.send("PATCH", w.plenary.path, w.random.choice(changes))


async def delete_meeting(w: RandomWriter) -> None:
    response = await w.send("DELETE", w.plenary.path)
    assert response.status_code in (403, 404, 409), response.text


async def close_again(w: RandomWriter) -> None:
    await w.send("POST", f"{w.plenary.path}:close-roll", {"reason": w.text()})


async def move_meeting(w: RandomWriter) -> None:
    await w.send("POST", f"{w.plenary.path}:move", {"days": w.choose(-1, 1, 30), "reason": w.text()})


async def write_session(w: RandomWriter) -> None:
    path, code = f"{w.plenary.path}/sessions", w.choose("opening", "class-1", "class-2", "extra")
    await w.choose(
        lambda: w.send("DELETE", f"{path}/{code}"),
        lambda: w.send("PATCH", f"{path}/{code}", {"starts_at": w.choose(*INSTANTS), "ends_at": None}),
        lambda: w.send("PATCH", f"{path}/{code}", {"name": w.text()}),
        lambda: w.send("PATCH", f"{path}/{code}", {"parallel_group": w.choose("c", "d"), "track": w.choose(3, 4)}),
        lambda: w.send("PATCH", f"{path}/{code}", {"parallel_group": None, "track": None}),
        lambda: w.send(
            "POST", path, {"code": code, "kind": "class", "position": 5, "name": "X", "starts_at": w.choose(*INSTANTS)}
        ),
    )()


async def write_participant(w: RandomWriter) -> None:
    path, body = f"{w.plenary.path}/participants", {"name": w.text(), "organization": w.choose(*CODES)}
    await w.choose(
        lambda: w.send("POST", path, body),
        lambda: w.send("POST", f"{path}:batch", {"participants": [body]}),
        lambda: w.send("POST", f"{path}:in-office", {"organizations": [w.choose(*CODES)]}),
        lambda: w.send("PATCH", f"{path}/{w.participant()}", {"note": w.text(), "sessions": []}),
        lambda: w.send("DELETE", f"{path}/{w.participant()}"),
        lambda: w.send("POST", f"{path}/{w.participant()}/badge"),
    )()


async def set_status(w: RandomWriter) -> None:
    status = {"status": w.choose("sick", "absent", "present"), "reason": w.text()}
    day = w.choose({}, {"on": "2026-11-24"})
    await w.send("PATCH", f"{w.plenary.path}/attendance/{w.participant()}", {**status, **day})


async def send_scans(w: RandomWriter) -> None:
    """Scans of any badge, time, session and direction, new ones and old ones, with any clock and epoch."""
    scans = [
        w.choose(
            w.random.choice(w.plenary.scans),
            w.plenary.new_scan(
                w.choose(w.random.randrange(11), "junk"),
                w.choose(-DAY, 0, 100, 4000, DAY, 9 * DAY),
                direction=w.choose("in", "out"),
                **w.choose({}, {"session": w.choose("opening", "class-1", "no-such")}),
            ),
        )
        for _ in range(w.random.randrange(1, 6))
    ]
    scans = list({scan["scan_id"]: scan for scan in scans}.values())
    sent_at = w.choose(after_start(7200), after_start(2 * DAY), after_start(-60_000 * DAY), after_start(60_000 * DAY))
    device = {"device_id": w.choose("gate-1", "gate-2", "gate-9"), "device_sent_at": sent_at.isoformat()}
    if w.random.random() < 0.2:
        await w.send("POST", f"{w.plenary.path}/check-ins", {**device, **scans[0]})
    else:
        batch = {**device, "clock_epoch": w.random.randrange(3), "scans": scans}
        await w.send("POST", f"{w.plenary.path}/check-ins:batch", batch)


async def reset_device(w: RandomWriter) -> None:
    await w.send("POST", f"{w.plenary.path}/devices/{w.choose('gate-1', 'gate-2')}:reset", {"reason": w.text()})


async def annul_scan(w: RandomWriter) -> None:
    scan = w.random.choice(w.plenary.scans)["scan_id"]
    await w.send("POST", f"{w.plenary.path}/check-ins/{scan}:annul", {"reason": w.text()})


async def request_correction(w: RandomWriter) -> None:
    """A correction of any kind, which its own client then fails to confirm."""
    headers = bearer_headers(w.plenary.app, *Scope, client_id="alone")
    scan = w.random.choice(w.plenary.scans)["scan_id"]
    body = w.choose(
        {"kind": "status", "participant": w.participant(), "status": w.choose("sick", "present", "expected")},
        {"kind": w.choose("scan", "late_upload"), "scan": scan},
        {"kind": "reopen"},
    )
    created = await w.send("POST", f"{w.plenary.path}/corrections", {**body, "reason": w.text()}, **headers)
    if created.status_code == 201:
        response = await w.send("POST", f"{created.headers['location']}:confirm", {}, **headers)
        assert response.json()["code"] == "second_client_needed"


async def write_official(w: RandomWriter) -> None:
    official = w.random.choice(w.plenary.officials)
    await w.choose(
        lambda: w.send("PATCH", f"/v1/officials/{official}", {"name": w.text()}),
        lambda: w.send("DELETE", f"/v1/officials/{official}"),
        lambda: w.send(
            "PATCH", f"/v1/appointments/{w.random.choice(w.plenary.appointments)}", {"end_on": "2026-11-20"}
        ),
        lambda: w.send("PATCH", f"/v1/appointments/{w.random.choice(w.plenary.appointments)}", {"office": "secretary"}),
        lambda: w.send(
            "POST",
            "/v1/appointments",
            {
                "official": official,
                "organization": "bawaslu",
                "office": "member",
                "standing": "acting",
                "start_on": "2025",
            },
        ),
    )()


async def write_organization(w: RandomWriter) -> None:
    code = w.choose(*CODES)
    changed = w.choose({"name": w.text()}, {"seats": w.choose(5, 7, None)}, {"level": "province"}, {"region": None})
    await w.choose(
        lambda: w.send("PATCH", f"/v1/organizations/{code}", changed),
        lambda: w.send("DELETE", f"/v1/organizations/{code}"),
        lambda: w.send("PATCH", f"/v1/regions/{w.choose('31', '32')}", {"name": w.text()}),
    )()


async def import_rows(w: RandomWriter) -> None:
    code = w.plenary.code
    resource, rows = w.choose(
        (
            "sessions",
            f"meeting,code,position,kind,name,starts_at\r\n{code},opening,1,opening,X,{w.choose(*INSTANTS[:3])}",
        ),
        (
            "meetings",
            f"code,name,kind,host,time_zone,start_on,end_on\r\n{code},X,other,kpu,{w.choose(*ZONES)},2026-11-23,2026-12-30",
        ),
        ("organizations", f"code,name,kind,sector\r\n{w.choose('kpu', 'bawaslu')},X,commission,election_body"),
        ("officials", f"id,name\r\n{w.random.choice(w.plenary.officials)},X"),
    )
    headers = {**w.choose_headers(), "Idempotency-Key": uuid4().hex, "Content-Type": "text/csv"}
    response = await w.plenary.client.post(f"/v1/imports?resource={resource}", content=rows, headers=headers)
    w.sent.append(("POST", f"/v1/imports?resource={resource}", response.status_code))
    assert response.status_code < 500, response.text


async def write_rows(w: RandomWriter) -> None:
    """Rows of participants as the reference data are loaded: by SQL, which no route checks."""
    sql = w.choose(
        "UPDATE participants SET status = 'absent', office = 'chair', arrived_at = now() WHERE meeting = $1",
        "DELETE FROM participant_sessions WHERE meeting = $1",
        'INSERT INTO participants (id, meeting, name, status, verified, "primary")'
        " VALUES (gen_random_uuid(), $1, 'X', 'present', false, false)",
    )
    await w.plenary.execute(sql, w.plenary.code)


async def recompute(w: RandomWriter) -> None:
    (roll,) = await maintenance.recompute_attendance(database_url_of(w.plenary.app), w.plenary.code)
    assert (roll.participants, roll.counters) == (0, 0)


async def load_reference_data(w: RandomWriter) -> None:
    await loader.load(database_url_of(w.plenary.app), loader.read_dataset(loader.SHIPPED))


Write = Callable[[RandomWriter], Awaitable[None]]
WRITES: tuple[Write, ...] = (
    *(patch_meeting, delete_meeting, close_again, move_meeting, write_session, write_participant, set_status),
    *(send_scans, reset_device, annul_scan, request_correction, write_official, write_organization, import_rows),
    *(write_rows, recompute),
)
