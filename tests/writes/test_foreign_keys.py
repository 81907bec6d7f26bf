"""DELETE of an object to which a row refers is a 409 that says where, or deletes the row too: for every foreign key."""

import contextlib
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.settings import Settings
from app.writes.addresses import ADDRESSES, PARTICIPANT_ADDRESS
from tests.conftest import connect_client, run_application
from tests.models.valid_rows import HOUR, insert_referenced_rows, insert_row
from tests.writes.write_client import WriteClient

SELECT_FOREIGN_KEYS = """
    SELECT conname, conrelid::regclass::text, confrelid::regclass::text, confdeltype = 'c', ARRAY(
        SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS key (attnum, nth)
        JOIN pg_attribute ON attrelid = conrelid AND pg_attribute.attnum = key.attnum ORDER BY nth
    ), ARRAY(
        SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS key (attnum, nth)
        JOIN pg_attribute ON attrelid = confrelid AND pg_attribute.attnum = key.attnum ORDER BY nth
    ) FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE contype = 'f' AND relnamespace = 'public'::regnamespace ORDER BY conname"""
# No request deletes their rows. Those of a device are deleted with its meeting, unless there are scans.
NOT_DELETED = {"clients", "audit_lines", "audit_seals", "devices", "device_clocks"}
# The rows are parts of the object.
PARTS = {"fk_region_codes_region_regions", "fk_meeting_corrections_meeting_meetings"}
PARTS |= {"fk_session_speakers_meeting_session_sessions"}


class ForeignKey(NamedTuple):
    """A foreign key, and the columns by which its table refers to the other one."""

    name: str
    table: str
    referred_table: str
    cascades: bool
    columns: list[str]
    referred_columns: list[str]


def build_referred_columns(table: str, n: int) -> dict[str, Any]:
    """Return the key columns of a new object, to which nothing refers."""
    columns: dict[str, dict[str, Any]] = {
        "regions": {"code": str(10 + n)},
        "organizations": {"code": f"lembaga{n}", "kind": "agency"},
        "divisions": {"code": f"d-{n}"},
        "officials": {"id": UUID(int=1000 + n)},
        "elections": {"code": f"e-{n + 10}"},
        "stages": {"code": f"s-{n + 10}", "election": "e-1"},
        "meetings": {"code": f"m-{n + 10}"},
        "sessions": {"meeting": "m-1", "code": f"sesi-{n}"},
        "participants": {"meeting": "m-1", "id": UUID(int=2000 + n), "office": None, "name": "N"},
    }
    return columns[table]


def build_referring_columns(key: ForeignKey, referred: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a valid row that refers to the object."""
    pairs = zip(key.columns, key.referred_columns, strict=True)
    # A trigger copies the binding of a client into the columns of its foreign keys.
    columns = {column.removeprefix("live_"): referred[name] for column, name in pairs}
    if (key.table, key.columns) in (("regions", ["parent"]), ("region_codes", ["parent"])):
        columns["code"] = f"{referred['code']}.01"
    if key.table == "regions" and "parent" in columns:
        columns["type"] = "regency"
    if key.name == "fk_region_codes_region_regions":
        columns["code"] = "90.02"
    if key.name == "fk_roll_corrections_meeting_meetings":
        columns |= {"kind": "reopen", "participant": None, "status": None}
    return columns


async def connect(database_url: str) -> asyncpg.Connection:
    """Connect to the database, and insert the rows to which valid rows refer."""
    db = await asyncpg.connect(database_url)
    await insert_referenced_rows(db)
    # Those rows have chosen their own numbers.
    await db.execute("SELECT setval(pg_get_serial_sequence('audit_lines', 'id'), 100)")
    return db


@pytest.fixture
async def app_and_client(database_url: str) -> Any:
    async with run_application(Settings(DATABASE_URL=database_url)) as app, connect_client(app) as client:
        yield app, client


async def test_no_foreign_key_makes_a_deletion_a_server_error(
    database_url: str, app_and_client: tuple[FastAPI, httpx.AsyncClient]
) -> None:
    admin = WriteClient.create(*app_and_client)
    db = await connect(database_url)
    keys = [ForeignKey(*row) for row in await db.fetch(SELECT_FOREIGN_KEYS)]
    assert len(keys) > 40
    assert {key.referred_table for key in keys} - NOT_DELETED <= ADDRESSES.keys()
    failures = []
    for n, key in enumerate(key for key in keys if key.referred_table not in NOT_DELETED):
        referred = build_referred_columns(key.referred_table, n)
        await insert_row(db, key.referred_table, **referred)
        with contextlib.suppress(asyncpg.UniqueViolationError):  # for some tables a trigger has inserted the row
            await insert_row(db, key.table, **build_referring_columns(key, referred))
        count = f"SELECT count(*) FROM {key.table} WHERE {key.columns[0]} = $1"
        assert await db.fetchval(count, referred[key.referred_columns[0]]), key
        template = PARTICIPANT_ADDRESS if key.referred_table == "participants" else ADDRESSES[key.referred_table]
        response = await admin.delete(template.format(**referred))
        if key.cascades or key.name in PARTS:
            failures += [] if response.status_code == 204 else [f"{key.name}: {response.text}"]
            continue
        await db.execute(f"DELETE FROM {key.table} WHERE {key.columns[0]} = $1", referred[key.referred_columns[0]])
        problem = response.json()
        addresses = [error["address"] for error in problem.get("errors", ())]
        if (response.status_code, problem["code"]) != (409, "in_use") or addresses in ([], [None]):
            failures.append(f"{key.name}: {response.text}")
    await db.close()
    assert failures == []


async def test_meeting_with_scans_cannot_be_deleted_and_one_with_a_badge_can(
    database_url: str, app_and_client: tuple[FastAPI, httpx.AsyncClient]
) -> None:
    admin = WriteClient.create(*app_and_client)
    db = await connect(database_url)
    for code in ("m-3", "m-4"):
        await insert_row(db, "meetings", code=code)
        person = UUID(int=300 + int(code[-1]))
        await insert_row(db, "badges", meeting=code, id=person, participant=person)
    scan = {"scan_id": str(UUID(int=400)), "badge": "x", "device_id": "gate", "scanned_at": HOUR.isoformat()}
    stored = await admin.post("/v1/meetings/m-3/check-ins", {**scan, "device_sent_at": HOUR.isoformat()})
    assert stored.status_code == 201, stored.text
    refused = await admin.delete("/v1/meetings/m-3")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    assert [error["address"] for error in refused.json()["errors"]] == ["/v1/meetings/m-3/check-ins"]
    assert (await admin.delete("/v1/meetings/m-4")).status_code == 204
    assert await db.fetchval("SELECT count(*) FROM badges") == 1
    await db.close()


async def test_only_a_live_client_prevents_the_deletion_of_its_meeting_and_organization(
    database_url: str, app_and_client: tuple[FastAPI, httpx.AsyncClient]
) -> None:
    admin = WriteClient.create(*app_and_client)
    db = await connect(database_url)
    await insert_row(db, "meetings", code="m-3")
    await insert_row(db, "organizations", code="dkpp", kind="agency")
    await db.close()
    binding = {"meeting": "m-3", "organization": "dkpp"}
    created = await admin.post("/v1/clients", {"name": "gerbang", "scopes": ["check-ins:write"], **binding})
    assert created.status_code == 201, created.text
    client_path = created.headers["location"]
    for path in ("/v1/meetings/m-3", "/v1/organizations/dkpp"):
        refused = await admin.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
        (error,) = refused.json()["errors"]
        assert error["address"] == "/v1/clients"
        assert "not revoked" in error["detail"]
    assert (await admin.delete(client_path)).status_code == 204
    for path in ("/v1/meetings/m-3", "/v1/organizations/dkpp"):
        assert (await admin.delete(path)).status_code == 204
    document = (await admin.get(client_path)).json()
    assert (document["meeting"], document["organization"]) == ("m-3", {"code": "dkpp", "name": "dkpp"})
    unknown = await admin.post("/v1/clients", {"name": "gerbang", "scopes": ["check-ins:write"], **binding})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/meeting")
