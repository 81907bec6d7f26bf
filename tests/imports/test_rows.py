"""What rows do to the record: each as a write of its own would, all together or not at all."""

import pytest
from fastapi import FastAPI

from tests.conftest import fetch_value
from tests.imports.files import Files, errors, verdicts
from tests.writes.objects import HASYIM, OBJECTS

DIVISION = "code,kind,level,name,duties,members"
KEPT = "SELECT count(*) FROM divisions WHERE code LIKE 'p7-9%'"


@pytest.mark.parametrize("resource", OBJECTS)
async def test_every_resource_can_be_brought_in_and_is_what_a_single_write_makes_it(
    files: Files, own_url: str, resource: str
) -> None:
    made = OBJECTS[resource]
    meeting = {"meeting": "rakornas-2022-06"} if resource in ("sessions", "statements") else {}
    answer = await files.ndjson(resource, {**made.content, **meeting})
    assert answer.status_code == 200, answer.text
    assert verdicts(answer) == [(1, "created")]
    key = answer.json()["rows"][0]["key"]
    shown = (await files.client.get(f"{made.at}/{key.rpartition('/')[2]}")).json()
    changed = {name: value for name, value in {**made.content, **made.changes}.items() if value is not None}
    ids = {"id": key} if "id" in shown else {}
    again = await files.ndjson(resource, {**changed, **meeting, **ids})
    assert verdicts(again) == [(1, "updated")]
    unchanged = await files.ndjson(resource, {**changed, **meeting, **ids})
    assert verdicts(unchanged) == [(1, "unchanged")]
    shown = (await files.client.get(f"{made.at}/{key.rpartition('/')[2]}")).json()
    assert shown["revision"] == 2


async def test_what_the_file_does_not_name_stays_and_an_empty_cell_empties(files: Files, own_url: str) -> None:
    await files.csv(
        "divisions", DIVISION, "p7-98,division,province,Satu,Tugas,7", "p7-99,division,province,Dua,Tugas,7"
    )
    answer = await files.csv("divisions", "code,kind,level,name,duties", "p7-98,division,province,Satu,")
    assert verdicts(answer) == [(2, "updated")]
    found = await fetch_value(
        own_url, "SELECT to_json(d) ->> 'duties' || '/' || members FROM divisions d WHERE code = 'p7-99'"
    )
    assert found == "Tugas/7"
    assert await fetch_value(own_url, "SELECT ARRAY[duties, members::text] FROM divisions WHERE code = 'p7-98'") == [
        None,
        "7",
    ]


async def test_one_bad_row_keeps_all_others_out(files: Files, own_url: str) -> None:
    lines = [DIVISION, "p7-98,division,province,Satu,,7", "p7-99,no_such_kind,province,Dua,,7"]
    answer = await files.csv("divisions", *lines)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    body = answer.json()
    assert (body["code"], body["applied"], body["created"], body["refused"]) == ("import_refused", False, 1, 1)
    assert verdicts(answer) == [(2, "created"), (3, "refused")]
    assert errors(answer) == [(3, "/kind", "not_one_of")]
    assert await fetch_value(own_url, KEPT) == 0
    assert await fetch_value(own_url, "SELECT count(*) FROM audit_lines WHERE operation = 'import'") == 0


async def test_partial_keeps_the_good_rows(files: Files, own_url: str) -> None:
    lines = [DIVISION, "p7-98,division,province,Satu,,7", "p7-99,no_such_kind,province,Dua,,7"]
    answer = await files.csv("divisions", *lines, partial="true")
    assert (answer.status_code, answer.json()["applied"], answer.json()["partial"]) == (200, True, True)
    assert await fetch_value(own_url, KEPT) == 1


async def test_what_keeps_nothing_is_not_applied(files: Files) -> None:
    lines = [DIVISION, "p7-98,division,province,Satu,,7"]
    refused = await files.csv("divisions", DIVISION, "p7-99,no_such_kind,province,Dua,,7", partial="true")
    first, same = [await files.csv("divisions", *lines) for _ in range(2)]
    assert [verdicts(one) for one in (refused, first, same)] == [
        *([(2, "refused")], [(2, "created")], [(2, "unchanged")])
    ]
    assert [one.json()["applied"] for one in (refused, first, same)] == [False, True, False]


async def test_what_changes_nothing_is_answered_as_before_when_sent_again(files: Files) -> None:
    """Else a file that is sent again would undo what came in between."""
    made, changed = [{"code": "p7-98", "kind": "division", "level": "province", "name": one} for one in ("Satu", "Dua")]
    await files.ndjson("divisions", made)
    assert verdicts(await files.ndjson("divisions", made, key="one")) == [(1, "unchanged")]
    await files.ndjson("divisions", changed)
    assert (await files.ndjson("divisions", made, key="one")).headers["idempotency-replayed"] == "true"
    assert (await files.client.get("/v1/divisions/p7-98")).json()["name"] == "Dua"


@pytest.mark.parametrize("partial", ["true", "false"])
async def test_a_dry_run_says_the_same_and_keeps_nothing(files: Files, own_url: str, partial: str) -> None:
    lines = [DIVISION, "p7-98,division,province,Satu,,7", "p7-99,no_such_kind,province,Dua,,7"]
    answer = await files.csv("divisions", *lines, partial=partial, dry_run="true")
    assert (answer.status_code, answer.json()["applied"], answer.json()["dry_run"]) == (200, False, True)
    assert verdicts(answer) == [(2, "created"), (3, "refused")]
    assert await fetch_value(own_url, KEPT) == 0


async def test_a_row_that_a_rule_refuses_is_found_among_hundreds_with_what_stands_in_its_way(
    files: Files, own_url: str
) -> None:
    other = await fetch_value(own_url, "SELECT official::text FROM appointments WHERE organization = 'kpu-31' LIMIT 1")
    chair = {"official": other, "organization": "kpu", "office": "chair", "standing": "definitive"}
    members = [
        {
            "official": HASYIM,
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
    answer = await files.ndjson("appointments", *rows)
    body = answer.json()
    assert (body["created"], body["refused"], len(body["rows"])) == (len(members), 2, len(rows))
    refused = [row for row in body["rows"] if row["status"] == "refused"]
    assert [(row["line"], row["errors"][0]["code"], row["errors"][0]["pointer"]) for row in refused] == [
        (301, "two_definitive_holders", "/office"),
        (len(rows), "unknown_code", "/organization"),
    ]
    rival = await files.client.get(refused[0]["errors"][0]["address"])
    assert (rival.json()["organization"]["code"], rival.json()["office"]) == ("kpu", "chair")


async def test_rows_may_stand_in_any_order(files: Files, own_url: str) -> None:
    """Children before their parents, over more rows than one statement brings in."""
    stage = {"election": "pemilu-2024", "position": 1, "kind": "stage", "name": "Contoh"}
    rows = [{**stage, "code": f"x-{n}", "parent": "x-0"} for n in range(1, 600)]
    answer = await files.ndjson("stages", *rows, {**stage, "code": "x-0"})
    assert answer.json()["created"] == 600
    assert {status for _, status in verdicts(answer)} == {"created"}


async def test_a_key_stands_in_one_row_only(files: Files, own_url: str) -> None:
    answer = await files.csv(
        "divisions",
        *("code,kind,level,name", "p7-98,division,province,Satu", "p7-98,division,province,Dua"),
        partial="true",
    )
    assert errors(answer) == [(3, "/code", "repeated_key")]
    assert await fetch_value(own_url, "SELECT name FROM divisions WHERE code = 'p7-98'") == "Satu"


async def test_parts_are_replaced_and_alone_make_a_change(files: Files) -> None:
    session = {"meeting": "rakornas-2022-06", "code": "class-9", "position": 9, "kind": "class", "name": "Contoh"}
    speakers = [{"official": HASYIM}, {"name": "Siti Contoh", "role": "Moderator"}]
    await files.ndjson("sessions", {**session, "speakers": speakers})
    same = await files.ndjson("sessions", {**session, "speakers": speakers})
    left_out = await files.ndjson("sessions", session)
    fewer = await files.csv(
        "sessions",
        "meeting,code,position,kind,name,speakers",
        'rakornas-2022-06,class-9,9,class,Contoh,"[{""name"": ""Siti Contoh""}]"',
    )
    assert [verdicts(one)[0][1] for one in (same, left_out, fewer)] == ["unchanged", "unchanged", "updated"]
    shown = (await files.client.get("/v1/meetings/rakornas-2022-06/sessions/class-9")).json()
    assert [speaker["name"] for speaker in shown["speakers"]] == ["Siti Contoh"]


async def test_revisions_and_the_audit_trail_tell_of_it(files: Files, own_url: str) -> None:
    rows = [{"name": f"Siti {n}"} for n in range(150)]
    answer = await files.ndjson("officials", *rows, reason="Pelantikan", legal_basis="Keppres 1/2026")
    key = answer.json()["rows"][0]["key"]
    revision = (await files.client.get(f"/v1/officials/{key}/revisions")).json()["items"][0]
    assert [revision[name] for name in ("action", "made_by", "reason", "legal_basis")] == [
        *("created", "tester", "Pelantikan", "Keppres 1/2026")
    ]
    assert revision["request_id"] == answer.headers["x-request-id"]
    line = "SELECT to_json(l) ->> 'scope' || ' ' || cardinality(keys) || ' ' || keys[1] || ' ' || keys[101]"
    found = await fetch_value(own_url, f"{line} FROM audit_lines AS l WHERE operation = 'import'")
    assert found == f"officials:write 101 officials/{key} … 150"


async def test_of_a_long_file_only_the_refused_rows_are_shown(files: Files) -> None:
    rows = [{"name": f"Siti {n}"} for n in range(1_001)]
    answer = await files.ndjson("officials", *rows, {"name": ""}, partial="true")
    assert answer.json()["created"] == 1_001
    assert verdicts(answer) == [(1_002, "refused")]


async def test_a_file_of_bad_rows_alone_is_given_up(files: Files) -> None:
    rows = [{"name": ""}] * 1_400
    answer = await files.ndjson("officials", *rows)
    body = answer.json()
    assert (body["refused"], body["not_attempted"], len(body["rows"])) == (1_000, 400, 1_000)


async def test_only_triggers_that_cannot_refuse_are_deferred(app: FastAPI, own_url: str) -> None:
    """Else a dry run, which does not commit, would promise too much."""
    deferred_triggers = "SELECT array_agg(DISTINCT tgname::text) FROM pg_trigger WHERE tginitdeferred"
    deferred = await fetch_value(own_url, deferred_triggers)
    assert deferred == ["stamp_commit"]
