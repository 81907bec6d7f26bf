"""`rakornas import` as an operator runs it."""

import json
from pathlib import Path

import pytest

from tests.conftest import fetch_value
from tests.service.conftest import invoke

HEAD = "code,kind,level,name"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "divisions.csv"
    path.write_text(f"{HEAD}\np7-98,division,province,Satu\np7-99,division,province,Dua\n", encoding="utf-8")
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "divisions.ndjson"
    rows = ({"code": "p7-98", "kind": kind, "level": "province", "name": "Satu"} for kind in ("division", "none"))
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


async def test_a_file_is_brought_in_and_signed_by_the_command(own_url: str, good: Path) -> None:
    ended = invoke("import", str(good), "--resource", "divisions", "--reason", "Contoh", "--database-url", own_url)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "Imported: created 2.\n", "")
    signed = (
        "SELECT array_agg(DISTINCT made_by || coalesce(client, '-') || reason) FROM revisions WHERE key LIKE 'p7-9%'"
    )
    assert await fetch_value(own_url, signed) == ["import-Contoh"]
    audited = "SELECT array_agg(operation || array_to_string(keys, ' ')) FROM audit_lines WHERE operation = 'import'"
    assert await fetch_value(own_url, audited) == ["importdivisions/p7-98 divisions/p7-99"]


async def test_a_refused_row_is_told_with_its_line_and_keeps_all_out(own_url: str, bad: Path) -> None:
    arguments = ("import", str(bad), "--resource", "divisions", "--database-url", own_url)
    ended = invoke(*arguments)
    assert (ended.returncode, ended.stdout) == (1, "Nothing was imported: created 1, refused 1.\n")
    assert ended.stderr == "divisions.ndjson:2: /kind: Must be one of: division, secretariat_unit.\n"
    assert await fetch_value(own_url, "SELECT count(*) FROM divisions WHERE code = 'p7-98'") == 0
    ended = invoke(*arguments, "--partial", "--json")
    told = json.loads(ended.stdout)
    assert (ended.returncode, told["applied"], told["created"], told["refused"]) == (1, True, 1, 1)
    assert await fetch_value(own_url, "SELECT count(*) FROM divisions WHERE code = 'p7-98'") == 1


async def test_a_dry_run_keeps_nothing(own_url: str, good: Path) -> None:
    ended = invoke("import", str(good), "--resource", "divisions", "--dry-run", "--database-url", own_url)
    assert (ended.returncode, ended.stdout) == (0, "Nothing was imported, this was a dry run: created 2.\n")
    assert await fetch_value(own_url, "SELECT count(*) FROM divisions WHERE code LIKE 'p7-9%'") == 0


@pytest.mark.parametrize(
    ("name", "content", "resource", "code", "saying"),
    [
        ("rows.csv", "colour\nred\n", "divisions", 1, "rows.csv: /colour: This column is unknown."),
        ("rows.csv", 'code\n"', "divisions", 1, "rows.csv: /kind: This column is required."),
        ("rows.csv", f'{HEAD}\n"', "divisions", 1, "rows.csv: The body is not valid CSV in UTF-8"),
        ("rows.csv", HEAD, "colours", 2, "--resource must be one of: regions,"),
        ("rows.txt", HEAD, "divisions", 2, "must end with one of: .csv, .ndjson"),
        ("", "", "divisions", 2, "does not exist"),
    ],
)
def test_what_cannot_be_brought_in_is_said_in_one_sentence(
    loaded_url: str, tmp_path: Path, name: str, content: str, resource: str, code: int, saying: str
) -> None:
    path = tmp_path / (name or "missing.csv")
    if name:
        path.write_text(content, encoding="utf-8")
    ended = invoke("import", str(path), "--resource", resource, "--database-url", loaded_url, COLUMNS="400")
    assert ended.returncode == code
    assert saying in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_that_is_not_there_is_said_in_one_sentence(good: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:9/none"
    ended = invoke("import", str(good), "--resource", "divisions", "--database-url", url)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "cannot be used" in ended.stderr
