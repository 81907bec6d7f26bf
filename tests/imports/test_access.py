"""Access to imports, their idempotency keys, and concurrent imports."""

import asyncio
from typing import Any, get_args

import httpx
import pytest
from fastapi import FastAPI

from app.auth import Scope
from app.imports import schemas
from app.imports.router import SCOPES
from app.registry import IMPORTABLE
from app.state import state_of
from tests.conftest import fetch_value
from tests.imports.import_client import CSV_TYPE, ImportClient, row_errors, row_statuses

CSV = "name\r\nSiti Contoh\r\n"
COUNT_OFFICIALS = "SELECT count(*) FROM officials WHERE name = 'Siti Contoh'"


def test_every_importable_resource_is_in_the_contract_with_a_scope() -> None:
    assert list(SCOPES) == list(IMPORTABLE) == list(get_args(schemas.ResourceName))


async def test_unauthenticated_request_is_401_before_its_body_is_read(client: httpx.AsyncClient) -> None:
    for query in ("resource=officials", "resource=nothing", ""):

        async def fail_when_read() -> Any:
            raise AssertionError("the body was read")
            yield b""

        response = await client.post(
            f"/v1/imports?{query}", content=fail_when_read(), headers={"Content-Type": CSV_TYPE}
        )
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")


async def test_import_needs_the_scope_of_its_resource(app: FastAPI, client: httpx.AsyncClient) -> None:
    importer = ImportClient.create(app, client, Scope.STAGES_WRITE)
    response = await importer.send(CSV, CSV_TYPE, "officials")
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert 'scope="officials:write"' in response.headers["www-authenticate"]
    writer = ImportClient.create(app, client, Scope.OFFICIALS_WRITE)
    assert (await writer.send(CSV, CSV_TYPE, "officials")).status_code == 200


async def test_client_without_a_write_scope_is_403_whatever_the_parameters(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    reader = ImportClient.create(app, client, Scope.AUDIT_READ)
    assert (await reader.send(CSV, CSV_TYPE, "nothing")).status_code == 403
    writer = ImportClient.create(app, client, Scope.STAGES_WRITE)
    assert (await writer.send(CSV, CSV_TYPE, "nothing")).status_code == 422


async def test_bound_client_imports_only_rows_of_its_organization(
    app: FastAPI, client: httpx.AsyncClient, own_url: str
) -> None:
    importer = ImportClient.create(app, client, organization="kpu-31")
    official = (await importer.send_ndjson("officials", {"name": "Siti Contoh"})).json()["rows"][0]["key"]
    member = {"official": official, "office": "member", "standing": "definitive", "start_on": "2035"}
    outside_id = await fetch_value(own_url, "SELECT id::text FROM appointments WHERE organization = 'kpu' LIMIT 1")
    response = await importer.send_ndjson(
        "appointments",
        {**member, "organization": "kpu-31.71"},
        {**member, "organization": "kpu-32"},
        {**member, "organization": "kpu-31", "id": outside_id},
        partial="true",
    )
    assert row_statuses(response) == [(1, "created"), (2, "refused"), (3, "refused")]
    assert row_errors(response) == [(2, "", "outside_organization"), (3, "", "outside_organization")]
    divisions = await importer.send_csv("divisions", "code,kind,level,name", "p7-98,division,province,Satu")
    assert (divisions.status_code, divisions.json()["code"]) == (403, "outside_organization")
    gate = ImportClient.create(app, client, meeting="rakornas-2022-06")
    assert (await gate.send(CSV, CSV_TYPE, "officials")).status_code == 403


async def test_bound_client_cannot_take_over_an_official_by_a_row(
    app: FastAPI, client: httpx.AsyncClient, own_url: str
) -> None:
    others = ImportClient.create(app, client, organization="kpu-32", client_id="0197c0de-0000-7000-8000-00000000c132")
    importer = ImportClient.create(app, client, organization="kpu-31")
    member = {"organization": "kpu-31", "office": "member", "standing": "acting", "start_on": "2035"}
    created = await others.send_ndjson("officials", {"name": "Siti Contoh"}, {"name": "Budi Contoh"})
    unappointed, appointed = (row["key"] for row in created.json()["rows"])
    await others.send_ndjson("appointments", {**member, "official": appointed, "organization": "kpu-32"})
    created = await importer.send_ndjson("officials", {"name": "A"}, {"name": "B"})
    own_officials = [row["key"] for row in created.json()["rows"]]
    response = await importer.send_ndjson("appointments", *({**member, "official": id_} for id_ in own_officials))
    assert row_statuses(response) == [(1, "created"), (2, "created")], response.text
    id_ = response.json()["rows"][0]["key"]
    response = await importer.send_ndjson(
        "appointments",
        {**member, "official": unappointed},
        {**member, "official": own_officials[0], "office": "chair"},
        {**member, "official": appointed},
        {**member, "official": appointed, "id": id_},
        {**member, "official": "0197c0de-0000-7000-8000-000000000000"},
        partial="true",
    )
    assert row_errors(response) == [
        *((line, "", "outside_organization") for line in (1, 3, 4)),
        (5, "/official", "unknown_code"),
    ]
    await ImportClient.create(app, client).send_ndjson(
        "appointments", {**member, "official": own_officials[0], "organization": "kpu-32"}
    )
    shared = await importer.send_ndjson(
        "appointments", {**member, "official": own_officials[0], "id": id_, "end_on": "2036"}
    )
    assert row_statuses(shared) == [(1, "updated")]


async def test_bound_client_cannot_move_an_organization_outside_by_a_row(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    importer = ImportClient.create(app, client, organization="kpu-31")
    body = {"name": "Contoh", "kind": "agency", "parent": "kpu-31"}
    codes = ("bawaslu-31", "dkpp-31", "pers-31")
    created = await importer.send_ndjson("organizations", *({**body, "code": code} for code in codes))
    assert created.json()["created"] == 3, created.text
    response = await importer.send_ndjson(
        "organizations",
        {**body, "code": "bawaslu-31", "parent": "kpu-32"},
        {**body, "code": "dkpp-31", "parent": None},
        {**body, "code": "pers-31", "parent": "ombudsman-31"},
        {**body, "code": "ombudsman-31", "parent": "bawaslu-31"},
        {**body, "code": "kpu-32"},
        {"code": "kpu-31", "name": "KPU DKI", "kind": "commission", "parent": "kpu-32"},
        {"code": "kpu-31.71", "name": "KPU Jakarta Pusat", "kind": "commission"},
        partial="true",
    )
    statuses = ("refused", "refused", "updated", "created", "refused", "refused", "updated")
    assert row_statuses(response) == [*enumerate(statuses, 1)]
    assert {code for _, _, code in row_errors(response)} == {"outside_organization"}


async def test_repeated_import_is_stored_once(importer: ImportClient, own_url: str) -> None:
    first = await importer.send(CSV, CSV_TYPE, "officials", idempotency_key="key-1")
    repeated = await importer.send(CSV, CSV_TYPE, "officials", idempotency_key="key-1")
    assert (repeated.content, repeated.headers["idempotency-replayed"]) == (first.content, "true")
    assert await fetch_value(own_url, COUNT_OFFICIALS) == 1
    other = await importer.send(CSV + "Budi\r\n", CSV_TYPE, "officials", idempotency_key="key-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_key_of_a_refused_import_can_be_used_again(importer: ImportClient, own_url: str) -> None:
    assert (await importer.send("name\r\n=Siti\r\n", CSV_TYPE, "officials", idempotency_key="key-1")).status_code == 422
    assert (await importer.send(CSV, CSV_TYPE, "officials", idempotency_key="key-1")).status_code == 200


async def test_idempotency_key_is_required_except_for_dry_runs(importer: ImportClient) -> None:
    headers = {**importer.headers, "Content-Type": CSV_TYPE}
    response = await importer.http.post("/v1/imports?resource=officials", content=CSV, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_required")
    response = await importer.http.post("/v1/imports?resource=officials&dry_run=true", content=CSV, headers=headers)
    assert (response.status_code, response.json()["created"]) == (200, 1)


async def test_second_import_of_a_worker_is_503_after_the_queue_timeout(
    app: FastAPI, importer: ImportClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.queue.QUEUE_TIMEOUT_SECONDS", 0.05)
    await state_of(app).import_queue.slot.acquire()
    response = await importer.send(CSV, CSV_TYPE, "officials")
    assert (response.status_code, response.headers["retry-after"]) == (503, "10")
    state_of(app).import_queue.slot.release()
    assert (await importer.send(CSV, CSV_TYPE, "officials")).status_code == 200


async def test_import_with_a_key_in_flight_is_409_at_once(
    app: FastAPI, importer: ImportClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.queue.QUEUE_TIMEOUT_SECONDS", 20.0)
    await state_of(app).import_queue.slot.acquire()
    first = asyncio.create_task(importer.send(CSV, CSV_TYPE, "officials", idempotency_key="key-1"))
    while not state_of(app).import_queue.in_progress:
        await asyncio.sleep(0.01)
    other = asyncio.create_task(importer.send(CSV, CSV_TYPE, "officials", idempotency_key="key-2"))
    second = await asyncio.wait_for(importer.send(CSV, CSV_TYPE, "officials", idempotency_key="key-1"), 10)
    assert (second.status_code, second.json()["code"]) == (409, "request_in_flight")
    state_of(app).import_queue.slot.release()
    assert [(await task).status_code for task in (first, other)] == [200, 200]
    third = await importer.send(CSV, CSV_TYPE, "officials", idempotency_key="key-1")
    assert third.headers["idempotency-replayed"] == "true"
    assert not state_of(app).import_queue.in_progress


async def test_connections_are_closed_after_every_import(importer: ImportClient, own_url: str) -> None:
    contents = (CSV, "colour\r\nred\r\n", "name\r\n=Siti\r\n", 'name\r\n"')
    await asyncio.gather(*(importer.send(content, CSV_TYPE, "officials") for content in contents))
    is_import = "query LIKE '%idempotency_keys%' OR query LIKE '%imported_keys%'"
    count = f"SELECT count(*) FROM pg_stat_activity WHERE ({is_import}) AND pid <> pg_backend_pid()"
    for _ in range(50):  # a server process needs a moment to end
        open_connections = await fetch_value(own_url, f"{count} AND datname = current_database()")
        if open_connections == 0:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"{open_connections} connections are open")


async def test_error_messages_are_in_the_requested_language(importer: ImportClient) -> None:
    english = await importer.send("name\r\n=Siti\r\n", CSV_TYPE, "officials", dry_run="true")
    indonesian = await ImportClient(importer.http, {**importer.headers, "Accept-Language": "id"}).send(
        "name\r\n=Siti\r\n", CSV_TYPE, "officials", dry_run="true"
    )
    assert [response.headers["content-language"] for response in (english, indonesian)] == ["en", "id"]
    details = [response.json()["rows"][0]["errors"][0]["detail"] for response in (english, indonesian)]
    assert details[0] != details[1]
