"""Performance of imports: other requests run meanwhile, timeouts hold, and the number of statements is bounded."""

import asyncio
import time

import pytest
from fastapi import FastAPI

from app.core.db.transaction import Transaction
from app.imports import rows
from tests.imports.import_client import CSV_TYPE, NDJSON_TYPE, ImportClient, count_calls, row_errors

ROWS = 60_000


async def count_ticks() -> int:
    """Return how often the event loop ran this task until it was cancelled."""
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
        ("name\n" + "\x01\n" * ROWS, CSV_TYPE),
        ('{"name": ""}\n' * ROWS, NDJSON_TYPE),
        ("name\n" + "\n" * 2_000_000, CSV_TYPE),
        ("\n" * 2_000_000, NDJSON_TYPE),
    ],
    ids=["refused cells", "refused lines", "blank lines of CSV", "blank lines of NDJSON"],
)
async def test_other_tasks_run_while_no_row_reaches_the_database(
    importer: ImportClient, monkeypatch: pytest.MonkeyPatch, content: str, media_type: str
) -> None:
    monkeypatch.setattr("app.imports.importer.ROWS_PER_STATEMENT", 10)
    ticker = asyncio.create_task(count_ticks())
    response = await importer.send(content, media_type, "officials", partial="true", dry_run="true")
    ticker.cancel()
    assert response.json()["refused"] in (0, ROWS)
    assert await ticker > 20


async def test_import_of_refused_rows_ends_at_the_timeout(
    importer: ImportClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.router.DATABASE_TIMEOUT_SECONDS", 0.3)
    started_at = time.monotonic()
    response = await importer.send("name\n" + "\x01\n" * 600_000, CSV_TYPE, "officials", partial="true", dry_run="true")
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert time.monotonic() - started_at < 10


async def test_rows_that_the_report_leaves_out_are_not_validated(
    importer: ImportClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    validated = count_calls(monkeypatch, rows, "validate_document")
    response = await importer.send("name\n" + "\x01\n" * 3_000, CSV_TYPE, "officials")
    assert (response.json()["refused"], response.json()["not_attempted"]) == (1_000, 2_000)
    assert len(validated) == 1_000


async def test_header_of_thousands_of_unknown_names_lists_only_the_first(importer: ImportClient) -> None:
    unknown = [f"a{n}" for n in range(24_000)]
    started_at = time.monotonic()
    response = await importer.send_csv("officials", ",".join(["name", *unknown]), "x", dry_run="true")
    assert (response.status_code, response.json()["code"]) == (422, "invalid_content")
    errors = [(error["pointer"], error["code"]) for error in response.json()["errors"]]
    assert errors[:2] == [("/a0", "unknown_column"), ("/a1", "unknown_column")]
    assert len(errors) < 20
    assert time.monotonic() - started_at < 3  # a search of each name among all others takes ten


async def test_row_may_have_up_to_a_mebibyte_over_all_its_lines(importer: ImportClient) -> None:
    lines = '"\n' + "x" * 1_000 + '",'
    fits = await importer.send(
        "name\n" + lines * 900 + "\nSiti\n", CSV_TYPE, "officials", dry_run="true", partial="true"
    )
    assert (fits.status_code, fits.json()["created"]) == (200, 1)
    assert row_errors(fits) == [(2, "", "wrong_number_of_cells")]
    too_long = await importer.send(
        "name\n" + lines * 1_100 + "\nSiti\n", CSV_TYPE, "officials", dry_run="true", partial="true"
    )
    assert (too_long.status_code, too_long.json()["code"]) == (400, "malformed")


async def test_number_of_statements_of_a_bound_client_does_not_depend_on_the_number_of_rows(
    app: FastAPI, importer: ImportClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.importer.MAX_BLOCKING_SECONDS", 60.0)
    bound = ImportClient.create(app, importer.http, organization="kpu-31")
    statements = count_calls(monkeypatch, Transaction, "execute")
    counts = []
    for count in (10, 400):
        created = await bound.send_ndjson("officials", *({"name": f"Siti {n}"} for n in range(count)))
        people = [row["key"] for row in created.json()["rows"]]
        renamed = [{"name": "Budi", "id": person} for person in people]
        updated = await bound.send_ndjson("officials", *renamed, update="true")
        member = {"organization": "kpu-31.71", "office": "member", "standing": "acting", "start_on": "2035"}
        appointed = await bound.send_ndjson("appointments", *({**member, "official": person} for person in people))
        written = [created.json()["created"], updated.json()["updated"], appointed.json()["created"]]
        assert written == [count] * 3, appointed.text
        counts.append(len(statements))
        statements.clear()
    assert counts[0] == counts[1]
