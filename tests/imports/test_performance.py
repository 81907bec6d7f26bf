"""An import leaves the worker to others while it runs, ends in time, and asks no more of the database than it must."""

import asyncio
import time

import pytest
from fastapi import FastAPI

from app.core.db.transaction import Transaction
from app.imports import parser
from tests.imports.import_client import CSV_TYPE, NDJSON_TYPE, ImportClient, count_calls, row_errors

ROWS = 60_000


async def ticks() -> int:
    """How often others have their turn until this is cancelled."""
    count = 0
    try:
        while True:
            await asyncio.sleep(0.001)
            count += 1
    except asyncio.CancelledError:
        return count


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ("name\n" + " x\n" * ROWS, CSV_TYPE),
        ('{"name": ""}\n' * ROWS, NDJSON_TYPE),
        ("name\n" + "\n" * 2_000_000, CSV_TYPE),
        ("\n" * 2_000_000, NDJSON_TYPE),
    ],
    ids=["refused cells", "refused lines", "blank lines of CSV", "blank lines of NDJSON"],
)
async def test_others_have_their_turn_while_no_row_reaches_the_database(
    files: ImportClient, monkeypatch: pytest.MonkeyPatch, content: str, media_type: str
) -> None:
    monkeypatch.setattr("app.imports.importer.ROWS_PER_STATEMENT", 10)
    beside = asyncio.create_task(ticks())
    answer = await files.send(content, media_type, "officials", partial="true", dry_run="true")
    beside.cancel()
    assert answer.json()["refused"] in (0, ROWS)
    assert await beside > 20


async def test_a_file_of_refused_rows_ends_in_time(files: ImportClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.imports.router.DATABASE_TIMEOUT_SECONDS", 0.3)
    began = time.monotonic()
    answer = await files.send("name\n" + " x\n" * 600_000, CSV_TYPE, "officials", partial="true", dry_run="true")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert time.monotonic() - began < 10


async def test_rows_of_which_nothing_can_be_told_are_not_looked_at(
    files: ImportClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = count_calls(monkeypatch, parser, "validate_document")
    answer = await files.send("name\n" + " x\n" * 3_000, CSV_TYPE, "officials")
    assert (answer.json()["refused"], answer.json()["not_attempted"]) == (1_000, 2_000)
    assert len(looked_at) == 1_000


async def test_a_header_of_thousands_of_names_is_refused_by_the_first_of_them(files: ImportClient) -> None:
    began = time.monotonic()
    answer = await files.send_csv("officials", ",".join(f"a{n}" for n in range(24_000)), "x", dry_run="true")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_content")
    told = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert told[:2] == [("/a0", "unknown_column"), ("/a1", "unknown_column")]
    assert len(told) < 20
    assert time.monotonic() - began < 3  # where each name is sought among all others: ten


async def test_a_row_may_be_a_mebibyte_long_over_all_its_lines(files: ImportClient) -> None:
    lines = '"\n' + "x" * 1_000 + '",'
    fits = await files.send("name\n" + lines * 900 + "\nSiti\n", CSV_TYPE, "officials", dry_run="true", partial="true")
    assert (fits.status_code, fits.json()["created"]) == (200, 1)
    assert row_errors(fits) == [(2, "", "wrong_number_of_cells")]
    again = await files.send(
        "name\n" + lines * 1_100 + "\nSiti\n", CSV_TYPE, "officials", dry_run="true", partial="true"
    )
    assert (again.status_code, again.json()["code"]) == (400, "malformed")


async def test_a_bound_client_asks_no_more_statements_for_more_rows(
    app: FastAPI, files: ImportClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.importer.MAX_BLOCKING_SECONDS", 60.0)
    bound = ImportClient.create(app, files.http, organization="kpu-31")
    statements = count_calls(monkeypatch, Transaction, "execute")
    taken = []
    for count in (10, 400):
        made = await bound.send_ndjson("officials", *({"name": f"Siti {n}"} for n in range(count)))
        people = [row["key"] for row in made.json()["rows"]]
        held = await bound.send_ndjson("officials", *({"name": "Budi", "id": person} for person in people))
        member = {"organization": "kpu-31.71", "office": "member", "standing": "acting", "start_on": "2035"}
        appointed = await bound.send_ndjson("appointments", *({**member, "official": person} for person in people))
        told = [made.json()["created"], held.json()["updated"], appointed.json()["created"]]
        assert told == [count] * 3, appointed.text
        taken.append(len(statements))
        statements.clear()
    assert taken[0] == taken[1]
