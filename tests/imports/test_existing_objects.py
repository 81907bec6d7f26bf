"""Rows that change existing objects: omitted members, conflicts, and the order of dependent rows."""

import random
from typing import Any

import pytest

from app.imports.repository import RowWriter
from tests.imports.import_client import ImportClient, count_calls, row_errors, row_statuses
from tests.writes.object_examples import OFFICIAL_ID

MEETING_KEY = {"meeting": "rakornas-2022-06"}
SESSION = {**MEETING_KEY, "kind": "class", "position": 20, "name": "Contoh"}
CHAIR = {"organization": "kpu-33", "office": "chair", "standing": "definitive"}


async def test_member_of_an_object_that_a_row_does_not_name_keeps_its_value(importer: ImportClient) -> None:
    correction = {"field": "name", "printed": "Rakoor", "recorded": "Rakor", "reason": "contoh"}
    meeting = {
        "code": "rakor-2026",
        "name": "Rakor",
        "kind": "coordination",
        "host": "kpu-31",
        "time_zone": "Asia/Jakarta",
        "start_on": "2026-12-07",
        "end_on": "2026-12-08",
    }
    await importer.send_ndjson("meetings", {**meeting, "source": {"publisher": "KPU", "corrections": [correction]}})
    shown: list[Any] = []
    sources: list[dict[str, Any]] = [{"title": "T2"}, {}, {"publisher": None, "corrections": []}]
    for source in sources:
        assert (await importer.send_ndjson("meetings", {**meeting, "source": source})).status_code == 200
        shown.append((await importer.http.get("/v1/meetings/rakor-2026")).json())
    changed = {"publisher": "KPU", "title": "T2", "corrections": [correction]}
    emptied: dict[str, Any] = {"publisher": None, "title": "T2", "corrections": []}
    assert [document["source"] for document in shown] == [changed, changed, emptied]
    assert [document["revision"] for document in shown] == [2, 2, 3]


async def test_session_can_join_a_parallel_group_and_replace_its_speaker_in_one_row(importer: ImportClient) -> None:
    session = {**SESSION, "speakers": [{"official": OFFICIAL_ID}]}
    created = await importer.send_ndjson(
        "sessions", {**session, "code": "a", "parallel_group": "g", "track": 1}, {**session, "code": "b"}
    )
    assert created.json()["created"] == 2, created.text
    parallel = {**SESSION, "code": "b", "parallel_group": "g", "track": 2}
    assert row_errors(await importer.send_ndjson("sessions", parallel)) == [(1, "/speakers", "parallel_sessions")]
    accepted = await importer.send_ndjson("sessions", {**parallel, "speakers": [{"name": "Budi Contoh"}]})
    assert row_statuses(accepted) == [(1, "updated")], accepted.text


async def test_two_rows_can_exchange_the_speakers_of_parallel_sessions(importer: ImportClient) -> None:
    """Each row alone would conflict; together they succeed, because the former speakers are deleted first."""
    created = await importer.send_ndjson("officials", {"name": "A"}, {"name": "B"})
    speakers = [[{"official": row["key"]}] for row in created.json()["rows"]]
    group = [{**SESSION, "code": code, "parallel_group": "g", "track": n} for n, code in enumerate("ab", 1)]
    for order in (speakers, speakers[::-1]):
        rows = [{**session, "speakers": items} for session, items in zip(group, order, strict=True)]
        assert (await importer.send_ndjson("sessions", *rows)).status_code == 200
    shown = [(await importer.http.get(f"/v1/meetings/rakornas-2022-06/sessions/{code}")).json() for code in "ab"]
    assert [document["speakers"][0]["official"]["name"] for document in shown] == ["B", "A"]
    assert [document["revision"] for document in shown] == [2, 2]


@pytest.mark.parametrize("order", ["ascending", "descending", "shuffled"])
async def test_rows_that_depend_on_each_other_may_be_in_any_order(
    importer: ImportClient, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    """A row that waits for another is tried when that one was written, and not in every round until then."""
    rows = [{**SESSION, "code": f"x-{n}", "parallel_group": "g", "track": n} for n in range(1, 91)]
    await importer.send_ndjson("sessions", *rows)
    moved = [{**row, "track": n} for n, row in enumerate(rows, 2)]
    if order != "ascending":
        moved = moved[::-1] if order == "descending" else random.Random(7).sample(moved, len(moved))
    attempts = count_calls(monkeypatch, RowWriter, "write_or_roll_back")
    response = await importer.send_ndjson("sessions", *moved)
    assert response.json()["updated"] == 90, response.text
    assert len(attempts) < 4 * 90


async def test_children_may_precede_their_parents_even_if_another_row_is_refused(
    importer: ImportClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = {"election": "pemilu-2024", "position": 1, "kind": "stage", "name": "Contoh"}
    chain = [{**stage, "code": f"x-{n}", "parent": f"x-{n - 1}" if n % 16 else None} for n in range(160)]
    refused = {**stage, "code": "y", "parent": "pu-08", "start_on": "2024-01-02", "end_on": "2024-01-01"}
    attempts = count_calls(monkeypatch, RowWriter, "write_or_roll_back")
    response = await importer.send_ndjson(
        "stages", *random.Random(7).sample(chain, len(chain)), refused, partial="true"
    )
    assert (response.json()["created"], response.json()["refused"]) == (160, 1), response.text
    assert len(attempts) < 4 * 160


async def test_circle_of_parents_is_resolved_by_any_of_its_rows(importer: ImportClient) -> None:
    stage = {"election": "pemilu-2024", "position": 1, "kind": "stage", "name": "Contoh"}
    chain = [{**stage, "code": f"x-{n}", "parent": f"x-{n - 1}" if n else None} for n in range(3)]
    refused = {**stage, "code": "y", "start_on": "2024-01-02", "end_on": "2024-01-01"}
    await importer.send_ndjson("stages", *chain)
    first, last = {**chain[0], "parent": "x-1"}, {**chain[1], "parent": None, "name": "Lain"}
    middle = {**chain[2], "start_on": "2024-01-02", "end_on": "2024-01-01"}
    response = await importer.send_ndjson("stages", {**first, "parent": "x-2"}, refused, middle, last, partial="true")
    assert row_statuses(response) == [(1, "updated"), (2, "refused"), (3, "refused"), (4, "updated")]


async def test_conflict_is_found_with_the_stored_values_of_omitted_members(importer: ImportClient) -> None:
    """The row names no days, so those of the stored appointment count."""
    people = (await importer.send_ndjson("officials", *({"name": f"Siti {n}"} for n in range(3)))).json()["rows"]
    terms = (("2030-01-01", "2031-01-01"), ("2031-01-01", "2032-01-01"), ("2032-01-01", "2033-01-01"))
    chairs = [
        {**CHAIR, "official": person["key"], "start_on": start, "end_on": end}
        for person, (start, end) in zip(people, terms, strict=True)
    ]
    chairs[1]["office"] = "member"
    created = await importer.send_ndjson("appointments", *chairs)
    first, middle, _ = (row["key"] for row in created.json()["rows"])
    await importer.send_ndjson("appointments", {**chairs[0], "id": first, "end_on": "2031-07-01"})
    response = await importer.send_ndjson(
        "appointments", {**CHAIR, "id": middle, "official": people[1]["key"]}, dry_run="true"
    )
    assert row_errors(response) == [(1, "/office", "two_definitive_holders")]
    assert [error["address"] for error in response.json()["rows"][0]["errors"]] == [f"/v1/appointments/{first}"]
