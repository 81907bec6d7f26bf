"""Results of rows: each as those of a single write, and all or nothing unless partial."""

import pytest
from fastapi import FastAPI

from tests.conftest import fetch_value
from tests.imports.import_client import ImportClient, row_errors, row_statuses
from tests.writes.object_examples import OBJECT_EXAMPLES, OFFICIAL_ID

HEADER = "code,kind,level,name,duties,members"
COUNT_DIVISIONS = "SELECT count(*) FROM divisions WHERE code LIKE 'p7-9%'"


@pytest.mark.parametrize("resource", OBJECT_EXAMPLES)
async def test_every_resource_can_be_created_and_updated_by_rows(
    importer: ImportClient, own_url: str, resource: str
) -> None:
    example = OBJECT_EXAMPLES[resource]
    meeting = {"meeting": "rakornas-2022-06"} if resource in ("sessions", "statements") else {}
    response = await importer.send_ndjson(resource, {**example.payload, **meeting})
    assert response.status_code == 200, response.text
    assert row_statuses(response) == [(1, "created")]
    key = response.json()["rows"][0]["key"]
    shown = (await importer.http.get(f"{example.list_path}/{key.rpartition('/')[2]}")).json()
    changed = {name: value for name, value in {**example.payload, **example.patch}.items() if value is not None}
    ids = {"id": key} if "id" in shown else {}
    updated = await importer.send_ndjson(resource, {**changed, **meeting, **ids})
    assert row_statuses(updated) == [(1, "updated")]
    unchanged = await importer.send_ndjson(resource, {**changed, **meeting, **ids})
    assert row_statuses(unchanged) == [(1, "unchanged")]
    shown = (await importer.http.get(f"{example.list_path}/{key.rpartition('/')[2]}")).json()
    assert shown["revision"] == 2


async def test_omitted_column_keeps_the_value_and_empty_cell_means_null(importer: ImportClient, own_url: str) -> None:
    await importer.send_csv(
        "divisions", HEADER, "p7-98,division,province,Satu,Tugas,7", "p7-99,division,province,Dua,Tugas,7"
    )
    response = await importer.send_csv("divisions", "code,kind,level,name,duties", "p7-98,division,province,Satu,")
    assert row_statuses(response) == [(2, "updated")]
    values = await fetch_value(
        own_url, "SELECT to_json(d) ->> 'duties' || '/' || members FROM divisions d WHERE code = 'p7-99'"
    )
    assert values == "Tugas/7"
    assert await fetch_value(own_url, "SELECT ARRAY[duties, members::text] FROM divisions WHERE code = 'p7-98'") == [
        None,
        "7",
    ]


async def test_invalid_row_refuses_the_whole_file(importer: ImportClient, own_url: str) -> None:
    lines = [HEADER, "p7-98,division,province,Satu,,7", "p7-99,no_such_kind,province,Dua,,7"]
    response = await importer.send_csv("divisions", *lines)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    body = response.json()
    assert (body["code"], body["applied"], body["created"], body["refused"]) == ("import_refused", False, 1, 1)
    assert row_statuses(response) == [(2, "created"), (3, "refused")]
    assert row_errors(response) == [(3, "/kind", "not_one_of")]
    assert await fetch_value(own_url, COUNT_DIVISIONS) == 0
    assert await fetch_value(own_url, "SELECT count(*) FROM audit_lines WHERE operation = 'import'") == 0


async def test_partial_import_stores_the_valid_rows(importer: ImportClient, own_url: str) -> None:
    lines = [HEADER, "p7-98,division,province,Satu,,7", "p7-99,no_such_kind,province,Dua,,7"]
    response = await importer.send_csv("divisions", *lines, partial="true")
    assert (response.status_code, response.json()["applied"], response.json()["partial"]) == (200, True, True)
    assert await fetch_value(own_url, COUNT_DIVISIONS) == 1


async def test_import_without_changes_is_not_applied(importer: ImportClient) -> None:
    lines = [HEADER, "p7-98,division,province,Satu,,7"]
    refused = await importer.send_csv("divisions", HEADER, "p7-99,no_such_kind,province,Dua,,7", partial="true")
    first, same = [await importer.send_csv("divisions", *lines) for _ in range(2)]
    assert [row_statuses(response) for response in (refused, first, same)] == [
        *([(2, "refused")], [(2, "created")], [(2, "unchanged")])
    ]
    assert [response.json()["applied"] for response in (refused, first, same)] == [False, True, False]


async def test_repeated_import_without_changes_gets_the_same_response(importer: ImportClient) -> None:
    """Otherwise a repeated file would undo the changes made in between."""
    example, changed = [
        {"code": "p7-98", "kind": "division", "level": "province", "name": name} for name in ("Satu", "Dua")
    ]
    await importer.send_ndjson("divisions", example)
    first = await importer.send_ndjson("divisions", example, idempotency_key="key-1")
    assert row_statuses(first) == [(1, "unchanged")]
    await importer.send_ndjson("divisions", changed)
    repeated = await importer.send_ndjson("divisions", example, idempotency_key="key-1")
    assert repeated.headers["idempotency-replayed"] == "true"
    assert (await importer.http.get("/v1/divisions/p7-98")).json()["name"] == "Dua"


@pytest.mark.parametrize("partial", ["true", "false"])
async def test_dry_run_gets_the_same_results_and_stores_nothing(
    importer: ImportClient, own_url: str, partial: str
) -> None:
    lines = [HEADER, "p7-98,division,province,Satu,,7", "p7-99,no_such_kind,province,Dua,,7"]
    response = await importer.send_csv("divisions", *lines, partial=partial, dry_run="true")
    assert (response.status_code, response.json()["applied"], response.json()["dry_run"]) == (200, False, True)
    assert row_statuses(response) == [(2, "created"), (3, "refused")]
    assert await fetch_value(own_url, COUNT_DIVISIONS) == 0


async def test_conflicting_row_is_found_among_hundreds_with_the_address_of_the_conflict(
    importer: ImportClient, own_url: str
) -> None:
    other = await fetch_value(own_url, "SELECT official::text FROM appointments WHERE organization = 'kpu-31' LIMIT 1")
    chair = {"official": other, "organization": "kpu", "office": "chair", "standing": "definitive"}
    members = [
        {
            "official": OFFICIAL_ID,
            "organization": f"kpu-{n}",
            "office": "member",
            "standing": "definitive",
            "start_on": "1999",
        }
        for n in await fetch_value(own_url, "SELECT array_agg(code ORDER BY code) FROM regions")
    ]
    rows = [
        *members[:300],
        {**chair, "start_on": "2023-01-01"},
        *members[300:],
        {**members[0], "organization": "kpu-xx"},
    ]
    response = await importer.send_ndjson("appointments", *rows)
    body = response.json()
    assert (body["created"], body["refused"], len(body["rows"])) == (len(members), 2, len(rows))
    refused = [row for row in body["rows"] if row["status"] == "refused"]
    assert [(row["line"], row["errors"][0]["code"], row["errors"][0]["pointer"]) for row in refused] == [
        (301, "two_definitive_holders", "/office"),
        (len(rows), "unknown_code", "/organization"),
    ]
    conflicting = await importer.http.get(refused[0]["errors"][0]["address"])
    assert (conflicting.json()["organization"]["code"], conflicting.json()["office"]) == ("kpu", "chair")


async def test_children_may_precede_their_parent(importer: ImportClient, own_url: str) -> None:
    """There are more rows than one statement writes."""
    stage = {"election": "pemilu-2024", "position": 1, "kind": "stage", "name": "Contoh"}
    rows = [{**stage, "code": f"x-{n}", "parent": "x-0"} for n in range(1, 600)]
    response = await importer.send_ndjson("stages", *rows, {**stage, "code": "x-0"})
    assert response.json()["created"] == 600
    assert {status for _, status in row_statuses(response)} == {"created"}


async def test_repeated_key_is_refused(importer: ImportClient, own_url: str) -> None:
    response = await importer.send_csv(
        "divisions",
        *("code,kind,level,name", "p7-98,division,province,Satu", "p7-98,division,province,Dua"),
        partial="true",
    )
    assert row_errors(response) == [(3, "/code", "repeated_key")]
    assert await fetch_value(own_url, "SELECT name FROM divisions WHERE code = 'p7-98'") == "Satu"


async def test_parts_are_replaced_and_count_as_a_change(importer: ImportClient) -> None:
    session = {"meeting": "rakornas-2022-06", "code": "class-9", "position": 9, "kind": "class", "name": "Contoh"}
    speakers = [{"official": OFFICIAL_ID}, {"name": "Siti Contoh", "role": "Moderator"}]
    await importer.send_ndjson("sessions", {**session, "speakers": speakers})
    same = await importer.send_ndjson("sessions", {**session, "speakers": speakers})
    omitted = await importer.send_ndjson("sessions", session)
    fewer = await importer.send_csv(
        "sessions",
        "meeting,code,position,kind,name,speakers",
        'rakornas-2022-06,class-9,9,class,Contoh,"[{""name"": ""Siti Contoh""}]"',
    )
    statuses = [row_statuses(response)[0][1] for response in (same, omitted, fewer)]
    assert statuses == ["unchanged", "unchanged", "updated"]
    shown = (await importer.http.get("/v1/meetings/rakornas-2022-06/sessions/class-9")).json()
    assert [speaker["name"] for speaker in shown["speakers"]] == ["Siti Contoh"]


async def test_import_writes_revisions_and_an_audit_line(importer: ImportClient, own_url: str) -> None:
    rows = [{"name": f"Siti {n}"} for n in range(150)]
    response = await importer.send_ndjson("officials", *rows, reason="Pelantikan", legal_basis="Keppres 1/2026")
    key = response.json()["rows"][0]["key"]
    revision = (await importer.http.get(f"/v1/officials/{key}/revisions")).json()["items"][0]
    assert [revision[name] for name in ("action", "made_by", "reason", "legal_basis")] == [
        *("created", "tester", "Pelantikan", "Keppres 1/2026")
    ]
    assert revision["request_id"] == response.headers["x-request-id"]
    line = "SELECT to_json(l) ->> 'scope' || ' ' || cardinality(keys) || ' ' || keys[1] || ' ' || keys[101]"
    audit_line = await fetch_value(own_url, f"{line} FROM audit_lines AS l WHERE operation = 'import'")
    assert audit_line == f"officials:write 101 officials/{key} … 150"


async def test_report_of_a_long_file_lists_only_the_refused_rows(importer: ImportClient) -> None:
    rows = [{"name": f"Siti {n}"} for n in range(1_001)]
    response = await importer.send_ndjson("officials", *rows, {"name": ""}, partial="true")
    assert response.json()["created"] == 1_001
    assert row_statuses(response) == [(1_002, "refused")]


async def test_import_stops_after_1000_refused_rows(importer: ImportClient) -> None:
    rows = [{"name": ""}] * 1_400
    response = await importer.send_ndjson("officials", *rows)
    body = response.json()
    assert (body["refused"], body["not_attempted"], len(body["rows"])) == (1_000, 400, 1_000)


async def test_no_deferred_trigger_can_refuse_a_commit(app: FastAPI, own_url: str) -> None:
    """Otherwise a dry run, which does not commit, could succeed where the import fails."""
    deferred_triggers = "SELECT array_agg(DISTINCT tgname::text) FROM pg_trigger WHERE tginitdeferred"
    deferred = await fetch_value(own_url, deferred_triggers)
    assert deferred == ["stamp_commit"]
