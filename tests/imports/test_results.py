"""Results of rows: what an update changes, persons who would be overwritten, and the results of all rows."""

from typing import Any

from tests.imports.import_client import ImportClient, row_errors, row_statuses
from tests.writes.object_examples import OFFICIAL_ID

DIVISION = {"code": "p7-98", "kind": "division", "level": "province", "name": "Satu"}


async def test_update_names_the_members_that_it_changes(importer: ImportClient) -> None:
    await importer.send_ndjson("divisions", {**DIVISION, "duties": "Tugas"})
    changed = {**DIVISION, "name": "Dua", "duties": None, "members": 7}
    for query in ({"dry_run": "true"}, {}):
        response = await importer.send_ndjson("divisions", changed, **query)
        [row] = response.json()["rows"]
        assert (row["status"], row["key"], sorted(row["changed"])) == (
            "updated",
            "p7-98",
            ["duties", "members", "name"],
        )
    assert (await importer.send_ndjson("divisions", changed)).json()["rows"][0]["changed"] == []


async def test_changed_parts_and_columns_have_the_names_of_members(importer: ImportClient) -> None:
    meeting = {
        "code": "rakor-2026",
        "name": "Rakor",
        "kind": "coordination",
        "host": "kpu-31",
        "time_zone": "Asia/Jakarta",
        "start_on": "2026-12-07",
        "end_on": "2026-12-08",
    }
    await importer.send_ndjson("meetings", meeting)
    correction = {"field": "name", "printed": "Rakoor", "recorded": "Rakor", "reason": "contoh"}
    source = {"publisher": "KPU", "title": "T", "corrections": [correction]}
    response = await importer.send_ndjson("meetings", {**meeting, "source": source, "place": "Jakarta"})
    assert sorted(response.json()["rows"][0]["changed"]) == ["place", "source"]


async def test_row_that_would_overwrite_another_person_needs_update(importer: ImportClient) -> None:
    [created] = (await importer.send_ndjson("officials", {"name": "Siti Contoh"})).json()["rows"]
    other = {"id": created["key"], "name": "Budi Contoh"}
    for query in ({"dry_run": "true"}, {}):
        response = await importer.send_ndjson("officials", other, {"name": "Ani"}, partial="true", **query)
        assert row_statuses(response) == [(1, "refused"), (2, "created")]
        assert row_errors(response) == [(1, "/id", "would_overwrite")]
        assert response.json()["rows"][0]["key"] == created["key"]
        assert "Siti" not in response.text
    assert (await importer.http.get(f"/v1/officials/{created['key']}")).json()["name"] == "Siti Contoh"
    updated = await importer.send_ndjson("officials", other, update="true")
    assert updated.json()["rows"][0]["changed"] == ["name"]
    spelled = await importer.send_ndjson("officials", {"id": created["key"], "name": "BUDI Contoh"})
    assert row_statuses(spelled) == [(1, "updated")]


async def test_appointment_of_another_official_needs_update(importer: ImportClient) -> None:
    [other] = (await importer.send_ndjson("officials", {"name": "Siti Contoh"})).json()["rows"]
    member = {"organization": "kpu-31", "office": "member", "standing": "acting", "start_on": "2035"}
    [created] = (await importer.send_ndjson("appointments", {**member, "official": OFFICIAL_ID})).json()["rows"]
    row = {**member, "official": other["key"], "id": created["key"]}
    assert row_errors(await importer.send_ndjson("appointments", row)) == [(1, "/id", "would_overwrite")]
    assert row_statuses(await importer.send_ndjson("appointments", row, update="true")) == [(1, "updated")]


async def test_invalid_row_keeps_its_code(importer: ImportClient) -> None:
    rows: list[dict[str, Any]] = [
        {**DIVISION, "kind": "none"},
        {**DIVISION, "code": "P7 98"},
        {**DIVISION, "code": "p7-99", "kind": 1},
    ]
    response = await importer.send_ndjson("divisions", *rows, dry_run="true")
    assert [row["key"] for row in response.json()["rows"]] == ["p7-98", None, "p7-99"]


async def test_results_of_all_rows_are_returned_on_request(importer: ImportClient) -> None:
    rows = [{"name": f"Siti {n}"} for n in range(1_200)]
    response = await importer.send_ndjson("officials", *rows, {"name": ""}, dry_run="true", results="all")
    statuses = row_statuses(response)
    assert statuses == [*((line, "created") for line in range(1, 1_201)), (1_201, "refused")]


async def test_all_results_include_the_rows_after_the_last_attempted_one(importer: ImportClient) -> None:
    response = await importer.send_ndjson("officials", *[{"name": ""}] * 10_400, dry_run="true", results="all")
    assert len(response.json()["rows"]) == 10_400
    assert response.json()["not_attempted"] == 10_400 - response.json()["refused"]
    assert response.json()["rows"][-1] == {
        "line": 10_400,
        "status": "not_attempted",
        "key": None,
        "changed": [],
        "errors": [],
    }
