"""Imports of workbooks (XLSX): typed cells, sheets, and files that are no workbooks or too large ones."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest

from app.imports.router import XLSX
from app.imports.workbook import REQUEST_LIMITS, Limits, open_records, read_workbook
from tests.imports.import_client import ImportClient, row_errors, row_statuses

HEADINGS = ["Kode", "Nama", "Jenis", "Tanggal pemungutan suara", "Terverifikasi"]


def create_workbook(*sheets: tuple[str, Sequence[Sequence[Any]]]) -> bytes:
    """Return a workbook with these sheets: the name and the rows of each."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def replace_part(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """Return a workbook in one part of which a text is replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            text = source.read(part)
            assert part != name or old in text
            target.writestr(part, text.replace(old, new) if part == name else text)
    return file.getvalue()


async def test_typed_cells_of_the_first_visible_sheet_are_read(importer: ImportClient) -> None:
    rows: list[list[Any]] = [
        ["Daftar pemilu"],
        [],
        HEADINGS,
        ["pemilu-2029", "  Pemilu 2029\u00a0", "Pemilu", date(2029, 2, 14), True],
        ["pemilu-2034", "Pemilu 2034", "general", "14 Februari 2034", "BENAR"],
        [None, None, None, None, None],
        ["pemilu-2039", "Pemilu 2039", "general", datetime(2039, 2, 14, 9, 30), 1],  # noqa: DTZ001
    ]
    content = create_workbook(("Pemilu", rows))
    response = await importer.send(content, XLSX, "elections", partial="true")
    assert row_statuses(response) == [(4, "created"), (5, "created"), (7, "refused")], response.text
    assert row_errors(response) == [(7, "/voting_on", "wrong_cell_type")]
    assert response.json()["rows"][2]["errors"][0]["column"] == "Tanggal pemungutan suara"
    elections = [(await importer.http.get(f"/v1/elections/pemilu-{year}")).json() for year in (2029, 2034)]
    assert [(e["name"], e["kind"], e["voting_on"], e["verified"]) for e in elections] == [
        *(("Pemilu 2029", "general", "2029-02-14", True), ("Pemilu 2034", "general", "2034-02-14", True))
    ]


@pytest.mark.parametrize(
    ("heading", "value", "code"),
    [
        ("wilayah", 11.1, "number_in_text_column"),
        ("peran", 7, "number_in_text_column"),
        ("peran", True, "wrong_cell_type"),
        ("peran", date(2029, 2, 14), "wrong_cell_type"),
        ("peran", "#N/A", "spreadsheet_error"),
        ("peran", "=1+1", "formula"),
        ("peran", "=", "formula"),
        ("kursi", 7.5, "wrong_type"),
        ("kursi", date(2029, 2, 14), "wrong_cell_type"),
        ("tanggal berdiri", 44725, "not_a_date"),
        ("terverifikasi", 2, "wrong_cell_type"),
    ],
)
async def test_cell_of_a_wrong_type_is_refused(importer: ImportClient, heading: str, value: Any, code: str) -> None:
    content = create_workbook(
        ("1", [["kode", "nama", "jenis", heading], ["dkpp-11", "DKPP", "Lembaga", value], ["pers-11", "P", "Lembaga"]])
    )
    response = await importer.send(content, XLSX, "organizations", dry_run="true")
    assert [error[2] for error in row_errors(response)] == [code], response.text
    assert row_statuses(response) == [(2, "refused"), (3, "created")]


async def test_numbers_and_times_fit_their_columns(importer: ImportClient) -> None:
    meeting = ["rakor-2026", "Rakor", "Rakor", "kpu-31", "Asia/Jakarta", date(2026, 12, 7), date(2026, 12, 8)]
    head = ["kode", "nama", "jenis", "penyelenggara", "zona waktu", "tanggal mulai", "tanggal selesai"]
    content = create_workbook(("1", [[*head, "kuota", "akhir hari"], [*meeting, 7.0, time(3, 0)]]))
    response = await importer.send(content, XLSX, "meetings")
    assert row_statuses(response) == [(2, "created")], response.text
    shown = (await importer.http.get("/v1/meetings/rakor-2026")).json()
    assert (shown["places"], shown["day_ends_at"], shown["start_on"]) == (7, "03:00", "2026-12-07")


async def test_sheet_can_be_named(importer: ImportClient) -> None:
    content = create_workbook(("Petunjuk", [["Isi lembar Data"]]), ("Data", [["nama"], ["Siti Contoh"]]))
    assert (await importer.send(content, XLSX, "officials", dry_run="true")).status_code == 422
    named = await importer.send(content, XLSX, "officials", dry_run="true", sheet="Data")
    assert row_statuses(named) == [(2, "created")]
    unknown = await importer.send(content, XLSX, "officials", dry_run="true", sheet="data lain")
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "unknown_sheet")


async def test_hidden_sheet_is_not_the_first(importer: ImportClient) -> None:
    content = create_workbook(("Pilihan", [["nama"], ["Tersembunyi"]]), ("Data", [["nama"], ["Siti Contoh"], ["Ani"]]))
    hidden = replace_part(
        content,
        "xl/workbook.xml",
        b'name="Pilihan" sheetId="1" state="visible"',
        b'name="Pilihan" sheetId="1" state="hidden"',
    )
    response = await importer.send(hidden, XLSX, "officials", dry_run="true")
    assert row_statuses(response) == [(2, "created"), (3, "created")]


async def test_wrong_dimensions_of_a_sheet_do_not_matter(importer: ImportClient) -> None:
    content = create_workbook(("1", [["nama", "sumber"], ["Siti", "KPU"], ["Budi", "KPU"]]))
    wrong = replace_part(content, "xl/worksheets/sheet1.xml", b'ref="A1:B3"', b'ref="A1"')
    assert len(row_statuses(await importer.send(wrong, XLSX, "officials", dry_run="true"))) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"nama\r\nSiti\r\n", "no XLSX workbook"),
        (b"", "no XLSX workbook"),
        (b"PK\x03\x04" + bytes(200), "no XLSX workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password"),
    ],
    ids=["text", "empty", "broken", "protected or XLS"],
)
async def test_other_file_is_400(importer: ImportClient, content: bytes, words: str) -> None:
    response = await importer.send(content, XLSX, "officials", dry_run="true")
    assert (response.status_code, response.json()["code"]) == (400, "malformed")
    assert words in response.json()["detail"]


async def test_workbook_that_is_large_when_unpacked_is_413(importer: ImportClient) -> None:
    content = create_workbook(("1", [["nama"], ["Siti"]]))
    blanks = b" " * (REQUEST_LIMITS.max_bytes + 1)
    bomb = replace_part(content, "xl/worksheets/sheet1.xml", b"<sheetData>", blanks + b"<sheetData>")
    assert len(bomb) < 1024 * 1024
    response = await importer.send(bomb, XLSX, "officials", dry_run="true")
    assert (response.status_code, response.json()["code"]) == (413, "content_too_large")
    assert "MiB" in response.json()["detail"]


def test_workbook_with_too_many_rows_or_columns_is_too_large() -> None:
    rows = create_workbook(("1", [["nama"], ["a"], [], ["b"]]))
    assert read_workbook(rows, None, Limits(1024 * 1024, 2)).error == "too_large"
    assert len(list(open_records(read_workbook(rows, None, Limits(1024 * 1024, 3)), rows))) == 3
    columns = create_workbook(("1", [[*[None] * 1_000, "a"]]))
    assert read_workbook(columns, None, REQUEST_LIMITS).error == "too_large"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declared_entity_is_not_read(encoding: str) -> None:
    content = create_workbook(("1", [["nama"], ["Siti"]]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    declared = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'.encode(encoding)
    text = sheet.decode()
    body = text[text.index("<worksheet") :].encode(encoding)
    changed = replace_part(content, "xl/worksheets/sheet1.xml", sheet, declared + body)
    assert read_workbook(changed, None, REQUEST_LIMITS).error == "unreadable"


def test_result_of_a_formula_is_read_and_a_missing_one_is_a_formula() -> None:
    content = create_workbook(("1", [["nama", "sumber"], ["Siti", '="KPU"'], ["Ani", '="KPU"']]))
    computed = replace_part(
        content, "xl/worksheets/sheet1.xml", b'<c r="B2"><f>"KPU"</f><v />', b'<c r="B2" t="str"><f>"KPU"</f><v>KPU</v>'
    )
    records = list(open_records(read_workbook(computed, None, REQUEST_LIMITS), computed))
    assert [list(record.cells) for record in records] == [["nama", "sumber"], ["Siti", "KPU"], ["Ani", "="]]


async def test_a_merged_cell_has_its_value_in_all_of_its_rows(importer: ImportClient) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Daftar pemilu"])
    sheet.append(["Kode", "Nama", "Dasar hukum", "Jenis"])
    for year in (2029, 2034, 2039):
        sheet.append([f"pemilu-{year}", f"Pemilu {year}"])
    sheet["C3"], sheet["D3"], sheet["C5"] = "UU 7/2017", "Pemilu", "UU 8/2030"
    for cells in ("A1:D1", "C3:C4", "D3:D9"):
        sheet.merge_cells(cells)
    file = io.BytesIO()
    book.save(file)
    response = await importer.send(file.getvalue(), XLSX, "elections")
    assert row_statuses(response) == [(3, "created"), (4, "created"), (5, "created")], response.text
    elections = [(await importer.http.get(f"/v1/elections/pemilu-{year}")).json() for year in (2029, 2034, 2039)]
    assert [election["legal_basis"] for election in elections] == ["UU 7/2017", "UU 7/2017", "UU 8/2030"]
    assert [election["kind"] for election in elections] == ["general"] * 3


def test_a_workbook_that_exceeds_its_format_is_not_read() -> None:
    content = create_workbook(("A", [["Kode"], ["x"]]))
    path = "xl/worksheets/sheet1.xml"
    for old, new in ((b"<t>x</t>", b"<t>" + b"x" * 32_768 + b"</t>"), (b'<row r="2"', b'<row r="1048577"')):
        replaced = replace_part(content, path, old, new)
        assert read_workbook(replaced, None, REQUEST_LIMITS).error == "unreadable"
    allowed = replace_part(content, path, b"<t>x</t>", b"<t>" + b"x" * 32_767 + b"</t>")
    assert read_workbook(allowed, None, REQUEST_LIMITS).error is None
