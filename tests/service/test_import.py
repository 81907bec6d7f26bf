"""`rakornas import` as a command."""

import json
from pathlib import Path

import pytest

from tests.conftest import fetch_value
from tests.imports.test_workbook import create_workbook
from tests.service.conftest import invoke_command
from tests.writes.object_examples import OFFICIAL_ID

HEADER = "code,kind,level,name"


@pytest.fixture
def valid_file(tmp_path: Path) -> Path:
    path = tmp_path / "divisions.csv"
    path.write_text(f"{HEADER}\np7-98,division,province,Satu\np7-99,division,province,Dua\n", encoding="utf-8")
    return path


@pytest.fixture
def invalid_file(tmp_path: Path) -> Path:
    path = tmp_path / "divisions.ndjson"
    rows = ({"code": "p7-98", "kind": kind, "level": "province", "name": "Satu"} for kind in ("division", "none"))
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


async def test_import_creates_rows_with_author_and_audit_line(own_url: str, valid_file: Path) -> None:
    result = invoke_command(
        "import", str(valid_file), "--resource", "divisions", "--reason", "Contoh", "--database-url", own_url
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "Imported: created 2.\n", "")
    signed = (
        "SELECT array_agg(DISTINCT made_by || coalesce(client, '-') || reason) FROM revisions WHERE key LIKE 'p7-9%'"
    )
    assert await fetch_value(own_url, signed) == ["import-Contoh"]
    audited = "SELECT array_agg(operation || array_to_string(keys, ' ')) FROM audit_lines WHERE operation = 'import'"
    assert await fetch_value(own_url, audited) == ["importdivisions/p7-98 divisions/p7-99"]


async def test_refused_row_is_reported_with_its_line_and_nothing_is_imported(own_url: str, invalid_file: Path) -> None:
    arguments = ("import", str(invalid_file), "--resource", "divisions", "--database-url", own_url)
    result = invoke_command(*arguments)
    assert (result.returncode, result.stdout) == (1, "Nothing was imported: created 1, refused 1.\n")
    assert result.stderr == (
        "divisions.ndjson:2: p7-98: /kind: Must be one of: division, secretariat_unit. [not_one_of]\n"
    )
    assert await fetch_value(own_url, "SELECT count(*) FROM divisions WHERE code = 'p7-98'") == 0
    result = invoke_command(*arguments, "--partial", "--json")
    told = json.loads(result.stdout)
    assert (result.returncode, told["applied"], told["created"], told["refused"]) == (1, True, 1, 1)
    assert await fetch_value(own_url, "SELECT count(*) FROM divisions WHERE code = 'p7-98'") == 1


async def test_dry_run_prints_what_would_be_updated_and_a_table_on_request(own_url: str, tmp_path: Path) -> None:
    path = tmp_path / "divisi.csv"
    path.write_bytes(
        "\ufeffKode;Jenis;Tingkat;Nama\r\np7-4;Divisi;Provinsi;Contoh\r\np7-98;Divisi;Toko;Baru\r\n".encode()
    )
    arguments = ("import", str(path), "--resource", "divisions", "--dry-run", "--database-url", own_url)
    result = invoke_command(*arguments)
    assert result.stdout.splitlines()[0].startswith("divisi.csv:2: p7-4: updated: ")
    assert "name" in result.stdout.splitlines()[0]
    assert result.stderr.startswith(
        "divisi.csv:3: p7-98: Tingkat (/level): Must be one of: national, province, regency."
    )
    table = invoke_command(*arguments, "--all-results").stdout.splitlines()
    assert [line.split()[:3] for line in table if line.split()[1:2] in (["updated"], ["refused"])] == [
        *(["2", "updated", "p7-4"], ["3", "refused", "p7-98"])
    ]


async def test_other_person_is_changed_only_with_update(own_url: str, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"id,nama\n{OFFICIAL_ID},Orang Lain\n", encoding="utf-8")
    arguments = ("import", str(path), "--resource", "officials", "--database-url", own_url)
    refused = invoke_command(*arguments)
    assert (refused.returncode, "[would_overwrite]" in refused.stderr) == (1, True)
    updated = invoke_command(*arguments, "--update")
    assert updated.stdout == f"people.csv:2: {OFFICIAL_ID}: updated: name\nImported: updated 1.\n"


async def test_dry_run_imports_nothing(own_url: str, valid_file: Path) -> None:
    result = invoke_command(
        "import", str(valid_file), "--resource", "divisions", "--dry-run", "--database-url", own_url
    )
    assert (result.returncode, result.stdout) == (0, "Nothing was imported, this was a dry run: created 2.\n")
    assert await fetch_value(own_url, "SELECT count(*) FROM divisions WHERE code LIKE 'p7-9%'") == 0


@pytest.mark.parametrize(
    ("name", "content", "resource", "code", "message"),
    [
        ("rows.csv", "colour,code,name\nred\n", "divisions", 1, "rows.csv: /colour: This column is unknown."),
        ("rows.csv", "colour\nred\n", "divisions", 1, "rows.csv: None of the first 20 rows is a header"),
        ("rows.csv", "code\np7-98\n", "divisions", 1, "rows.csv: /kind: This column is required."),
        ("rows.csv", f'{HEADER}\n"', "divisions", 1, "rows.csv: Quotes on line 2 or after it are wrong"),
        ("rows.ndjson", '{"code', "divisions", 1, "rows.ndjson:1: This line is not valid JSON."),
        ("rows.csv", HEADER, "colours", 2, "--resource must be one of: regions,"),
        ("rows.ods", HEADER, "divisions", 2, "must end with one of: .csv, .txt, .ndjson, .xlsx"),
        ("", "", "divisions", 2, "does not exist"),
    ],
)
def test_invalid_file_or_option_is_reported(
    loaded_url: str, tmp_path: Path, name: str, content: str, resource: str, code: int, message: str
) -> None:
    path = tmp_path / (name or "missing.csv")
    if name:
        path.write_text(content, encoding="utf-8")
    result = invoke_command("import", str(path), "--resource", resource, "--database-url", loaded_url, COLUMNS="400")
    assert result.returncode == code
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--reason", "", "Must have at least 1 character."),
        ("--legal-basis", "Keppres\n33", "Must contain a visible character"),
    ],
)
def test_invalid_reason_is_reported_with_its_option(valid_file: Path, option: str, value: str, message: str) -> None:
    result = invoke_command("import", str(valid_file), "--resource", "divisions", option, value, COLUMNS="400")
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{option}: {message}" in result.stderr
    assert valid_file.name not in result.stderr


def test_missing_database_is_one_error_line(valid_file: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:9/none"
    result = invoke_command("import", str(valid_file), "--resource", "divisions", "--database-url", url)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "cannot be used" in result.stderr


async def test_list_of_participants_is_imported(own_url: str, tmp_path: Path) -> None:
    path = tmp_path / "daftar.csv"
    path.write_text("\ufeffNo;Nama;Jabatan\n1;Siti Rahasia;Ketua\n2;Budi Rahasia;Anggota\n", encoding="utf-8")
    arguments = ("import", str(path), "--resource", "participants", "--database-url", own_url)
    missing = invoke_command(*arguments, COLUMNS="400")
    assert (missing.returncode, "--meeting is required" in missing.stderr) == (2, True)
    listed = (*arguments, "--meeting", "rakornas-2022-06", "--organization", "kpu-32")
    result = invoke_command(*listed)
    assert (result.stdout, result.stderr) == ("Imported: created 2.\n", "")
    assert invoke_command(*listed).stdout == "Nothing was imported: unchanged 2.\n"
    names = "SELECT array_agg(name ORDER BY name) FROM participants WHERE name LIKE '%Rahasia'"
    assert await fetch_value(own_url, names) == ["Budi Rahasia", "Siti Rahasia"]


async def test_workbook_is_imported(own_url: str, tmp_path: Path) -> None:
    path = tmp_path / "divisi.xlsx"
    rows: list[list[str | int]] = [
        ["Kode", "Jenis", "Tingkat", "Nama", "Jumlah anggota"],
        ["p7-98", "Divisi", "Provinsi", "Satu", 7],
    ]
    path.write_bytes(create_workbook(("Petunjuk", [["Isi lembar Data"]]), ("Data", rows)))
    arguments = ("import", str(path), "--resource", "divisions", "--database-url", own_url)
    assert (await fetch_value(own_url, "SELECT count(*) FROM divisions WHERE code = 'p7-98'")) == 0
    result = invoke_command(*arguments, "--sheet", "Data")
    assert (result.stdout, result.stderr) == ("Imported: created 1.\n", "")
    wrong = invoke_command(*arguments, "--sheet", "Lain")
    assert (wrong.returncode, "There is no sheet with this name." in wrong.stderr) == (1, True)
