"""Rows whose objects are there already: what such a row leaves out, what stands in its way, and in which order."""

import random
from typing import Any

import pytest

from app.imports.repository import RowWriter
from tests.imports.import_client import ImportClient, count_calls, row_errors, row_statuses
from tests.writes.object_examples import OFFICIAL_ID

MEETING = {"meeting": "rakornas-2022-06"}
SESSION = {**MEETING, "kind": "class", "position": 20, "name": "Contoh"}
CHAIR = {"organization": "kpu-33", "office": "chair", "standing": "definitive"}


async def test_what_a_row_does_not_name_within_a_member_stays(files: ImportClient) -> None:
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
    await files.send_ndjson("meetings", {**meeting, "source": {"publisher": "KPU", "corrections": [correction]}})
    shown: list[Any] = []
    sources: list[dict[str, Any]] = [{"title": "T2"}, {}, {"publisher": None, "corrections": []}]
    for source in sources:
        assert (await files.send_ndjson("meetings", {**meeting, "source": source})).status_code == 200
        shown.append((await files.http.get("/v1/meetings/rakor-2026")).json())
    changed = {"publisher": "KPU", "title": "T2", "corrections": [correction]}
    emptied: dict[str, Any] = {"publisher": None, "title": "T2", "corrections": []}
    assert [one["source"] for one in shown] == [changed, changed, emptied]
    assert [one["revision"] for one in shown] == [2, 2, 3]


async def test_a_session_joins_a_group_as_its_speaker_leaves(files: ImportClient) -> None:
    speaks = {**SESSION, "speakers": [{"official": OFFICIAL_ID}]}
    made = await files.send_ndjson(
        "sessions", {**speaks, "code": "a", "parallel_group": "g", "track": 1}, {**speaks, "code": "b"}
    )
    assert made.json()["created"] == 2, made.text
    joins = {**SESSION, "code": "b", "parallel_group": "g", "track": 2}
    assert row_errors(await files.send_ndjson("sessions", joins)) == [(1, "/speakers", "parallel_sessions")]
    taken = await files.send_ndjson("sessions", {**joins, "speakers": [{"name": "Budi Contoh"}]})
    assert row_statuses(taken) == [(1, "updated")], taken.text


async def test_speakers_of_parallel_sessions_change_places(files: ImportClient) -> None:
    """What either row alone may not, both may: the former speakers of all go before any comes."""
    made = await files.send_ndjson("officials", {"name": "A"}, {"name": "B"})
    speakers = [[{"official": row["key"]}] for row in made.json()["rows"]]
    group = [{**SESSION, "code": code, "parallel_group": "g", "track": n} for n, code in enumerate("ab", 1)]
    for order in (speakers, speakers[::-1]):
        rows = [{**one, "speakers": its} for one, its in zip(group, order, strict=True)]
        assert (await files.send_ndjson("sessions", *rows)).status_code == 200
    shown = [(await files.http.get(f"/v1/meetings/rakornas-2022-06/sessions/{one}")).json() for one in "ab"]
    assert [one["speakers"][0]["official"]["name"] for one in shown] == ["B", "A"]
    assert [one["revision"] for one in shown] == [2, 2]


@pytest.mark.parametrize("order", ["ascending", "descending", "shuffled"])
async def test_rows_that_make_room_for_each_other_may_stand_in_any_order(
    files: ImportClient, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    """A row that waits for another is tried when that one came, and not in every round until then."""
    rows = [{**SESSION, "code": f"x-{n}", "parallel_group": "g", "track": n} for n in range(1, 91)]
    await files.send_ndjson("sessions", *rows)
    later = [{**row, "track": n} for n, row in enumerate(rows, 2)]
    if order != "ascending":
        later = later[::-1] if order == "descending" else random.Random(7).sample(later, len(later))
    tried = count_calls(monkeypatch, RowWriter, "write_or_roll_back")
    answer = await files.send_ndjson("sessions", *later)
    assert answer.json()["updated"] == 90, answer.text
    assert len(tried) < 4 * 90


async def test_children_may_wait_for_parents_in_any_order_beside_a_row_that_is_refused(
    files: ImportClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = {"election": "pemilu-2024", "position": 1, "kind": "stage", "name": "Contoh"}
    chain = [{**stage, "code": f"x-{n}", "parent": f"x-{n - 1}" if n % 16 else None} for n in range(160)]
    refused = {**stage, "code": "y", "parent": "pu-08", "start_on": "2024-01-02", "end_on": "2024-01-01"}
    tried = count_calls(monkeypatch, RowWriter, "write_or_roll_back")
    answer = await files.send_ndjson("stages", *random.Random(7).sample(chain, len(chain)), refused, partial="true")
    assert (answer.json()["created"], answer.json()["refused"]) == (160, 1), answer.text
    assert len(tried) < 4 * 160


async def test_a_circle_is_broken_by_any_row_of_it(files: ImportClient) -> None:
    stage = {"election": "pemilu-2024", "position": 1, "kind": "stage", "name": "Contoh"}
    chain = [{**stage, "code": f"x-{n}", "parent": f"x-{n - 1}" if n else None} for n in range(3)]
    refused = {**stage, "code": "y", "start_on": "2024-01-02", "end_on": "2024-01-01"}
    await files.send_ndjson("stages", *chain)
    first, last = {**chain[0], "parent": "x-1"}, {**chain[1], "parent": None, "name": "Lain"}
    middle = {**chain[2], "start_on": "2024-01-02", "end_on": "2024-01-01"}
    answer = await files.send_ndjson("stages", {**first, "parent": "x-2"}, refused, middle, last, partial="true")
    assert row_statuses(answer) == [(1, "updated"), (2, "refused"), (3, "refused"), (4, "updated")]


async def test_a_conflict_is_that_of_the_object_as_it_would_be(files: ImportClient) -> None:
    """Of the days that the row does not name, those that are held."""
    people = (await files.send_ndjson("officials", *({"name": f"Siti {n}"} for n in range(3)))).json()["rows"]
    terms = (("2030-01-01", "2031-01-01"), ("2031-01-01", "2032-01-01"), ("2032-01-01", "2033-01-01"))
    chairs = [
        {**CHAIR, "official": person["key"], "start_on": start, "end_on": end}
        for person, (start, end) in zip(people, terms, strict=True)
    ]
    chairs[1]["office"] = "member"
    made = await files.send_ndjson("appointments", *chairs)
    first, middle, _ = (row["key"] for row in made.json()["rows"])
    await files.send_ndjson("appointments", {**chairs[0], "id": first, "end_on": "2031-07-01"})
    answer = await files.send_ndjson(
        "appointments", {**CHAIR, "id": middle, "official": people[1]["key"]}, dry_run="true"
    )
    assert row_errors(answer) == [(1, "/office", "two_definitive_holders")]
    assert [one["address"] for one in answer.json()["rows"][0]["errors"]] == [f"/v1/appointments/{first}"]
