"""Who may bring what in, and that a file which is sent again is brought in once."""

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
from tests.imports.files import CSV, Files, errors, verdicts

BODY = "name\r\nSiti Contoh\r\n"
KEPT = "SELECT count(*) FROM officials WHERE name = 'Siti Contoh'"


def test_every_resource_has_a_name_in_the_contract_and_a_scope() -> None:
    assert list(SCOPES) == list(IMPORTABLE) == list(get_args(schemas.ResourceName))


async def test_nobody_is_heard_without_a_token_not_even_with_a_wrong_parameter(client: httpx.AsyncClient) -> None:
    for query in ("resource=officials", "resource=nothing", ""):

        async def never() -> Any:
            raise AssertionError("the body was read")
            yield b""

        answer = await client.post(f"/v1/imports?{query}", content=never(), headers={"Content-Type": CSV})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_the_scope_is_that_of_the_resource(app: FastAPI, client: httpx.AsyncClient) -> None:
    files = Files.of(app, client, Scope.STAGES_WRITE)
    refused = await files.send(BODY, CSV, "officials")
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert 'scope="officials:write"' in refused.headers["www-authenticate"]
    writer = Files.of(app, client, Scope.OFFICIALS_WRITE)
    assert (await writer.send(BODY, CSV, "officials")).status_code == 200


async def test_a_reader_learns_nothing_of_the_parameters(app: FastAPI, client: httpx.AsyncClient) -> None:
    reader = Files.of(app, client, Scope.AUDIT_READ)
    assert (await reader.send(BODY, CSV, "nothing")).status_code == 403
    assert (await Files.of(app, client, Scope.STAGES_WRITE).send(BODY, CSV, "nothing")).status_code == 422


async def test_a_bound_client_brings_in_its_own(app: FastAPI, client: httpx.AsyncClient, own_url: str) -> None:
    files = Files.of(app, client, organization="kpu-31")
    official = (await files.ndjson("officials", {"name": "Siti Contoh"})).json()["rows"][0]["key"]
    member = {"official": official, "office": "member", "standing": "definitive", "start_on": "2035"}
    of_another = await fetch_value(own_url, "SELECT id::text FROM appointments WHERE organization = 'kpu' LIMIT 1")
    answer = await files.ndjson(
        "appointments",
        {**member, "organization": "kpu-31.71"},
        {**member, "organization": "kpu-32"},
        {**member, "organization": "kpu-31", "id": of_another},
        partial="true",
    )
    assert verdicts(answer) == [(1, "created"), (2, "refused"), (3, "refused")]
    assert errors(answer) == [(2, "", "outside_organization"), (3, "", "outside_organization")]
    nowhere = await files.csv("divisions", "code,kind,level,name", "p7-98,division,province,Satu")
    assert (nowhere.status_code, nowhere.json()["code"]) == (403, "outside_organization")
    gate = Files.of(app, client, meeting="rakornas-2022-06")
    assert (await gate.send(BODY, CSV, "officials")).status_code == 403


async def test_a_bound_client_takes_no_person_by_a_row(app: FastAPI, client: httpx.AsyncClient, own_url: str) -> None:
    others = Files.of(app, client, organization="kpu-32", client_id="0197c0de-0000-7000-8000-00000000c132")
    files = Files.of(app, client, organization="kpu-31")
    member = {"organization": "kpu-31", "office": "member", "standing": "acting", "start_on": "2035"}
    made = await others.ndjson("officials", {"name": "Siti Contoh"}, {"name": "Budi Contoh"})
    nobodys, theirs = (row["key"] for row in made.json()["rows"])
    await others.ndjson("appointments", {**member, "official": theirs, "organization": "kpu-32"})
    own = [row["key"] for row in (await files.ndjson("officials", {"name": "A"}, {"name": "B"})).json()["rows"]]
    answer = await files.ndjson("appointments", *({**member, "official": id_} for id_ in own))
    assert verdicts(answer) == [(1, "created"), (2, "created")], answer.text
    id_ = answer.json()["rows"][0]["key"]
    answer = await files.ndjson(
        "appointments",
        {**member, "official": nobodys},
        {**member, "official": own[0], "office": "chair"},
        {**member, "official": theirs},
        {**member, "official": theirs, "id": id_},
        {**member, "official": "0197c0de-0000-7000-8000-000000000000"},
        partial="true",
    )
    assert errors(answer) == [
        *((line, "", "outside_organization") for line in (1, 3, 4)),
        (5, "/official", "unknown_code"),
    ]
    await Files.of(app, client).ndjson("appointments", {**member, "official": own[0], "organization": "kpu-32"})
    shared = await files.ndjson("appointments", {**member, "official": own[0], "id": id_, "end_on": "2036"})
    assert verdicts(shared) == [(1, "updated")]


async def test_a_bound_client_moves_nothing_away_by_a_row(app: FastAPI, client: httpx.AsyncClient) -> None:
    files = Files.of(app, client, organization="kpu-31")
    body = {"name": "Contoh", "kind": "agency", "parent": "kpu-31"}
    codes = ("bawaslu-31", "dkpp-31", "pers-31")
    made = await files.ndjson("organizations", *({**body, "code": code} for code in codes))
    assert made.json()["created"] == 3, made.text
    answer = await files.ndjson(
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
    assert verdicts(answer) == [*enumerate(statuses, 1)]
    assert {code for _, _, code in errors(answer)} == {"outside_organization"}


async def test_a_file_that_is_sent_again_is_brought_in_once(files: Files, own_url: str) -> None:
    first = await files.send(BODY, CSV, "officials", key="one")
    again = await files.send(BODY, CSV, "officials", key="one")
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert await fetch_value(own_url, KEPT) == 1
    other = await files.send(BODY + "Budi\r\n", CSV, "officials", key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_refused_file_leaves_its_key_free(files: Files, own_url: str) -> None:
    assert (await files.send("name\r\n Siti\r\n", CSV, "officials", key="one")).status_code == 422
    assert (await files.send(BODY, CSV, "officials", key="one")).status_code == 200


async def test_a_key_is_asked_of_all_but_dry_runs(files: Files) -> None:
    headers = {**files.headers, "Content-Type": CSV}
    answer = await files.client.post("/v1/imports?resource=officials", content=BODY, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    answer = await files.client.post("/v1/imports?resource=officials&dry_run=true", content=BODY, headers=headers)
    assert (answer.status_code, answer.json()["created"]) == (200, 1)


async def test_a_second_import_of_a_worker_comes_back_later(
    app: FastAPI, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.router.QUEUE_TIMEOUT_SECONDS", 0.05)
    await state_of(app).import_slot.acquire()
    answer = await files.send(BODY, CSV, "officials")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    state_of(app).import_slot.release()
    assert (await files.send(BODY, CSV, "officials")).status_code == 200


async def test_a_file_that_is_sent_again_while_it_runs_hears_so_at_once(
    app: FastAPI, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.router.QUEUE_TIMEOUT_SECONDS", 20.0)
    await state_of(app).import_slot.acquire()
    first = asyncio.create_task(files.send(BODY, CSV, "officials", key="one"))
    while not state_of(app).imports_in_progress:
        await asyncio.sleep(0.01)
    other = asyncio.create_task(files.send(BODY, CSV, "officials", key="two"))
    second = await asyncio.wait_for(files.send(BODY, CSV, "officials", key="one"), 10)
    assert (second.status_code, second.json()["code"]) == (409, "request_in_flight")
    state_of(app).import_slot.release()
    assert [(await one).status_code for one in (first, other)] == [200, 200]
    third = await files.send(BODY, CSV, "officials", key="one")
    assert third.headers["idempotency-replayed"] == "true"
    assert not state_of(app).imports_in_progress


async def test_connections_are_given_back_whatever_happens(files: Files, own_url: str) -> None:
    contents = (BODY, "colour\r\nred\r\n", "name\r\n Siti\r\n", 'name\r\n"')
    await asyncio.gather(*(files.send(content, CSV, "officials") for content in contents))
    ours = "query LIKE '%idempotency_keys%' OR query LIKE '%imported_keys%'"
    count = f"SELECT count(*) FROM pg_stat_activity WHERE ({ours}) AND pid <> pg_backend_pid()"
    for _ in range(50):  # a server process takes a moment to end
        left = await fetch_value(own_url, f"{count} AND datname = current_database()")
        if left == 0:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"{left} connections are left")


async def test_words_are_in_the_language_asked_for(files: Files) -> None:
    english = await files.send("name\r\n Siti\r\n", CSV, "officials", dry_run="true")
    indonesian = await Files(files.client, {**files.headers, "Accept-Language": "id"}).send(
        "name\r\n Siti\r\n", CSV, "officials", dry_run="true"
    )
    assert [one.headers["content-language"] for one in (english, indonesian)] == ["en", "id"]
    assert [one.json()["rows"][0]["errors"][0]["detail"].split()[0] for one in (english, indonesian)] == ["No", "Tanpa"]
