"""The workbook of a roll, read back."""

import io
from datetime import datetime, time, timedelta

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.rendering.renderers import render_xlsx
from app.rendering.roll import DayTimes, Proof, Roll
from tests.rendering.synthetic_rolls import (
    LONG_NAME,
    MADE_AT,
    NONCE,
    START,
    TITLE,
    UNUSUAL_NAMES,
    create_line,
    create_numbered_roll,
    create_proof,
    create_roll,
    utc_instant,
)

FIELDS_ROW, HEADINGS_ROW, FIRST_LINE_ROW = 3, 11, 13
"""Row numbers of a roll whose heading fields are all known."""
MONDAY = datetime.combine(START, time())


def read_sheet(of: Roll, proven: Proof | None = None) -> Worksheet:
    sheet = load_workbook(io.BytesIO(render_xlsx(of, proven or create_proof(of)))).active
    assert isinstance(sheet, Worksheet)
    return sheet


def get_row_values(sheet: Worksheet, number: int) -> list[object]:
    return [cell.value for cell in sheet[number]]


def test_sheet_has_all_parts_of_a_daftar_hadir() -> None:
    times_of_day = DayTimes(utc_instant(0, 2, 5), utc_instant(0, 9, 59))
    roll = create_roll([create_line(late=True, times=(times_of_day, DayTimes(None, None)))], days=2)
    sheet = read_sheet(roll)
    assert sheet["A1"].value == "DAFTAR HADIR"
    assert sheet["A2"].value == TITLE
    assert [(sheet.cell(n, 1).value, sheet.cell(n, 3).value) for n in range(FIELDS_ROW, HEADINGS_ROW - 1)] == [
        ("Hari/Tanggal", ": Senin–Selasa, 13–14 Juni 2022"),  # noqa: RUF001
        ("Waktu/Pukul", ": 09.00 WIB"),
        ("Tempat", ": Hotel Nusantara, Jakarta"),
        ("Sidik (SHA-256)", f": {create_proof(roll).digest}"),
        ("Nonce", f": {NONCE}"),
        ("Periksa di", f": {create_proof(roll).url}"),
        ("Dibuat", ": 16 Juni 2022, 08.23 WIB"),
    ]
    assert get_row_values(sheet, HEADINGS_ROW)[:5] == ["No.", "Nama", "Jabatan", "Instansi/Satuan Kerja", MONDAY]
    assert get_row_values(sheet, HEADINGS_ROW)[5:] == [None, MONDAY + timedelta(1), None, "Keterangan", "Tanda tangan"]
    assert get_row_values(sheet, HEADINGS_ROW + 1)[4:8] == ["Masuk", "Keluar"] * 2
    names = [1, "Hasyim Asy'ari", "Ketua", "Komisi Pemilihan Umum"]
    assert get_row_values(sheet, FIRST_LINE_ROW) == [
        *names,
        time(9, 5),
        time(16, 59),
        None,
        None,
        "Hadir, terlambat",
        "1.",
    ]


def test_number_formats_of_times_and_days() -> None:
    sheet = read_sheet(create_roll([create_line(times=(DayTimes(utc_instant(0, 2, 5), None),))]))
    assert sheet.cell(FIRST_LINE_ROW, 5).number_format == r"hh\.mm"
    assert sheet.cell(HEADINGS_ROW, 5).number_format == "[$-421]dddd, d/m"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "{=1}", "http://x.id", "0012", "_x0041_", *UNUSUAL_NAMES])
def test_texts_are_stored_as_strings(text: str) -> None:
    sheet = read_sheet(create_roll([create_line(text, organization=text)], title=text, place="Jakarta"))
    kept = "".join(c if c >= " " or c in "\t\n" else f"_x{ord(c):04X}_" for c in text)
    expected = kept.encode(errors="replace").decode()
    assert [
        cell.value or "" for cell in (sheet.cell(FIRST_LINE_ROW, 2), sheet.cell(FIRST_LINE_ROW, 4), sheet["A2"])
    ] == [expected] * 3
    cells = [cell for cells in sheet.iter_rows() for cell in cells]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert not any(cell.hyperlink for cell in cells)


def test_row_of_a_long_name_is_high_enough() -> None:
    sheet = read_sheet(create_roll([create_line(LONG_NAME), create_line()]))
    assert sheet.cell(FIRST_LINE_ROW, 2).alignment.wrap_text
    high, usual = (sheet.row_dimensions[n].height for n in (FIRST_LINE_ROW, FIRST_LINE_ROW + 1))
    assert high is not None
    assert usual is not None
    assert high >= 4 * 14
    assert 25 <= usual <= 30


def test_headings_and_names_are_frozen_and_repeated() -> None:
    sheet = read_sheet(create_numbered_roll(40, 3))
    assert sheet.freeze_panes == f"C{FIRST_LINE_ROW}"
    assert sheet.print_title_rows == f"${HEADINGS_ROW}:${HEADINGS_ROW + 1}"
    assert sheet.page_setup.paperSize == 9
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.max_row == FIRST_LINE_ROW + 40 - 1


@pytest.mark.parametrize(("days", "orientation"), [(2, "portrait"), (3, "landscape")])
def test_more_than_two_days_give_landscape_pages(days: int, orientation: str) -> None:
    assert read_sheet(create_numbered_roll(1, days)).page_setup.orientation == orientation


def get_footer(sheet: Worksheet) -> list[object]:
    """Return the left and the right part of the footer of a printed page."""
    return [part and part.text for part in (sheet.oddFooter.left, sheet.oddFooter.right)]  # type: ignore[union-attr]


def test_footer_has_proof_and_page_number() -> None:
    roll = create_numbered_roll(1)
    digest = create_proof(roll).digest
    left = f"Sidik (SHA-256): {digest}\nNonce: {NONCE}\nperiksa di https://a.id/v1/rolls/{digest}"
    sheet = read_sheet(roll, Proof(digest, f"https://a.id/v1/rolls/{digest}"))
    assert get_footer(sheet) == [left, "Halaman &P dari &N"]


def test_footer_too_long_for_excel_keeps_digest_and_nonce() -> None:
    roll = create_numbered_roll(1)
    sheet = read_sheet(
        roll, Proof(create_proof(roll).digest, f"https://{'a' * 200}.id/v1/rolls/{create_proof(roll).digest}")
    )
    left = f"Sidik (SHA-256): {create_proof(roll).digest}\nNonce: {NONCE}"
    assert get_footer(sheet) == [left, "Halaman &P dari &N"]


def test_signatures_are_staggered() -> None:
    sheet = read_sheet(create_numbered_roll(2))
    assert [sheet.cell(n, 8).value for n in (FIRST_LINE_ROW, FIRST_LINE_ROW + 1)] == ["1.", "2."]
    odd, even = (sheet.cell(n, 8).alignment.indent for n in (FIRST_LINE_ROW, FIRST_LINE_ROW + 1))
    assert even > odd


def test_metadata_has_title_and_creation_date() -> None:
    properties = load_workbook(
        io.BytesIO(render_xlsx(create_numbered_roll(1), create_proof(create_numbered_roll(1))))
    ).properties
    assert properties.title == f"Daftar hadir: {TITLE}"
    assert properties.created == MADE_AT.replace(tzinfo=None)


def test_equal_rolls_give_equal_bytes() -> None:
    roll = create_numbered_roll(50, 3)
    assert render_xlsx(roll, create_proof(roll)) == render_xlsx(create_numbered_roll(50, 3), create_proof(roll))
