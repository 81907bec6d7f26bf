"""The PDF of a roll, read back."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime

import hypothesis
import pytest
import zxingcpp
from hypothesis import strategies
from pypdf import PageObject, PdfReader

from app.rendering import columns, fonts
from app.rendering.renderers import render_pdf
from app.rendering.roll import DayTimes, Roll
from tests.rendering.qr_images import render_qr_code
from tests.rendering.synthetic_rolls import (
    LONG_NAME,
    NONCE,
    TITLE,
    UNUSUAL_NAMES,
    create_line,
    create_numbered_roll,
    create_proof,
    create_roll,
    utc_instant,
)


def read_pdf(of: Roll) -> PdfReader:
    return PdfReader(io.BytesIO(render_pdf(of, create_proof(of))))


def extract_pages(of: Roll) -> list[str]:
    """Return the text of each page on one line."""
    return [" ".join(page.extract_text().split()) for page in read_pdf(of).pages]


def test_page_has_all_parts_of_a_daftar_hadir() -> None:
    times_of_day = DayTimes(utc_instant(0, 2, 5), utc_instant(0, 9, 59))
    roll = create_roll(
        [create_line(late=True, times=(times_of_day,)), create_line("Siti Contoh", status="expected", office=None)]
    )
    (page,) = extract_pages(roll)
    for words in (
        "DAFTAR HADIR Rapat Koordinasi Nasional",
        "Hari/Tanggal : Senin, 13 Juni 2022",
        "Waktu/Pukul : 09.00 WIB",
        "Tempat : Hotel Nusantara, Jakarta",
        "1 Hasyim Asy'ari Ketua Komisi Pemilihan Umum Hadir, terlambat 09.05 16.59 1.",
        "2 Siti Contoh Komisi Pemilihan Umum 2.",
        f"Sidik (SHA-256): {create_proof(roll).digest}",
        f"periksa di {create_proof(roll).url}",
        f"Dibuat 16 Juni 2022, 08.23 WIB \N{MIDDLE DOT} Nonce: {NONCE}",
        "Halaman 1 dari 1",
    ):
        assert words in page


def test_unknown_fields_of_a_meeting_are_left_out() -> None:
    (page,) = extract_pages(create_roll([create_line()], place=None, starts_at=None))
    assert "Hari/Tanggal" in page
    assert "Waktu" not in page
    assert "Tempat" not in page


@pytest.mark.parametrize("days", [1, 3, 14])
def test_every_page_has_header_footer_and_number(days: int) -> None:
    roll = create_numbered_roll(100, days)
    pages = extract_pages(roll)
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert TITLE in page
        assert "Tanda tangan" in page
        assert create_proof(roll).digest in page
        assert f"Halaman {number} dari {len(pages)}" in page


@pytest.mark.parametrize(("count", "days", "tables"), [(700, 1, 1), (60, 3, 1), (40, 5, 1), (40, 6, 2), (40, 14, 3)])
def test_each_table_lists_everybody_once_and_in_order(count: int, days: int, tables: int) -> None:
    names = [
        word
        for page in extract_pages(create_numbered_roll(count, days))
        for word in page.split()
        if word.startswith("Peserta")
    ]
    assert names == [f"Peserta{n:04}" for n in range(1, count + 1)] * tables


def test_every_day_has_its_columns() -> None:
    pages = extract_pages(create_numbered_roll(1, 14))
    assert [page.count("Masuk") for page in pages] == [5, 5, 4]
    for day in range(13, 27):
        assert sum(f", {day}/6" in page for page in pages) == 1
    assert "Hari ke-6 s.d. ke-10: Sabtu–Rabu, 18–22 Juni 2022" in pages[1]  # noqa: RUF001


def test_times_are_in_the_table_of_their_day() -> None:
    days = tuple(DayTimes(utc_instant(n, 2, n), None) for n in range(7))
    pages = extract_pages(create_roll([create_line(times=days)], days=7))
    assert [[time for time in page.split() if time.startswith("09.0")] for page in pages] == [
        ["09.00", "09.00", "09.01", "09.02", "09.03"],  # the first is the hour of the meeting
        ["09.04", "09.05", "09.06"],
    ]


@pytest.mark.parametrize(("days", "wide"), [(1, False), (2, False), (3, True), (14, True)])
def test_more_than_two_days_give_landscape_pages(days: int, wide: bool) -> None:
    for page in read_pdf(create_numbered_roll(1, days)).pages:
        sides = sorted((round(page.mediabox.width), round(page.mediabox.height)))
        assert sides == [595, 842]  # A4
        assert (page.mediabox.width > page.mediabox.height) is wide


def extract_positions(page: PageObject) -> dict[str, tuple[float, float]]:
    """Return the position at which each text of a page begins."""
    positions = {}

    def visit(text: str, _: object, matrix: Sequence[float], *rest: object) -> None:
        positions[text.strip()] = (matrix[4], matrix[5])

    page.extract_text(visitor_text=visit)
    return positions


def test_signatures_are_staggered() -> None:
    positions = extract_positions(read_pdf(create_numbered_roll(3)).pages[0])
    assert positions["1."][0] == positions["3."][0]
    assert positions["2."][0] - positions["1."][0] == pytest.approx(19 * columns.POINTS_PER_MM, abs=0.01)


@pytest.mark.parametrize("days", [1, 3, 6])
def test_no_row_overlaps_the_footer(days: int) -> None:
    for page in read_pdf(create_numbered_roll(100, days)).pages:
        positions = extract_positions(page)
        footer_top = max(y for text, (_, y) in positions.items() if text.startswith("Sidik"))
        lowest = min(y for text, (_, y) in positions.items() if text.startswith("Peserta"))
        assert lowest - footer_top > 4.5 * columns.POINTS_PER_MM + 7  # half a row, and the height of a letter


def test_first_page_has_the_url_of_its_proof_as_qr_code() -> None:
    roll = create_numbered_roll(1)
    (barcode,) = zxingcpp.read_barcodes(render_qr_code(read_pdf(roll).pages[0], create_proof(roll).url))
    assert barcode.text == create_proof(roll).url


def test_empty_roll_states_that_it_is_empty() -> None:
    (page,) = extract_pages(create_roll([]))
    assert "Tidak ada nama dalam daftar ini." in page


@pytest.mark.parametrize("name", UNUSUAL_NAMES)
def test_unusual_names_are_printed(name: str) -> None:
    (page,) = extract_pages(
        create_roll(
            [create_line(name, organization=name), create_line("Siti Contoh")], title=f"{TITLE} {name}", place=name
        )
    )
    assert "Siti Contoh" in page


def test_missing_glyph_is_a_box() -> None:
    (page,) = extract_pages(create_roll([create_line("Ḥusayn ʿAlī Șerban 李")]))
    assert "Ḥusayn ʿAlī Șerban ☐" in page


def test_format_characters_are_removed_and_accents_composed() -> None:
    assert fonts.regular_face().to_drawable(" Jose\u0301\n \u202eSu\u00adtarto\u202c") == "Jos\u00e9 Sutarto"


@pytest.mark.parametrize("days", [1, 2, 5])
def test_long_name_is_complete(days: int) -> None:
    (page,) = extract_pages(create_roll([create_line(LONG_NAME, days=days)], days))
    assert LONG_NAME in page


def test_columns_fill_the_page() -> None:
    for days in (1, 2, 3, 4, 5):
        widths = columns.compute_columns(500, days).widths
        assert sum(widths) == pytest.approx(500)
        assert len(widths) == 6 + 2 * days


@pytest.mark.parametrize("days", range(1, 40))
def test_days_are_split_evenly_and_completely(days: int) -> None:
    shared = columns.split_days(create_numbered_roll(0, days).days)
    assert [n for part in shared for n in part] == list(range(days))
    sizes = [len(part) for part in shared]
    assert max(sizes) <= columns.MAX_DAYS_PER_TABLE
    assert max(sizes) - min(sizes) <= 1


@hypothesis.given(strategies.text(max_size=200), strategies.floats(20, 200))
@hypothesis.settings(max_examples=40)
def test_wrapped_text_fits_and_is_complete(text: str, width: float) -> None:
    face = fonts.regular_face()
    lines = face.wrap(text, width, 9, max_lines=1000)
    assert all(face.measure(words, 9) <= width for words in lines)
    assert "".join(lines).replace(" ", "") == face.to_drawable(text).replace(" ", "")


def test_truncated_text_ends_with_an_ellipsis() -> None:
    face = fonts.regular_face()
    lines = face.wrap("satu dua tiga empat lima enam", 30, 9, max_lines=2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(face.measure(words, 9) <= 30 for words in lines)


def test_metadata_has_title_creation_date_and_language() -> None:
    reader = read_pdf(create_numbered_roll(1))
    assert reader.metadata is not None
    assert reader.metadata.title == f"Daftar hadir: {TITLE}"
    assert reader.metadata.creation_date == datetime(2022, 6, 16, 1, 23, 45, tzinfo=UTC)
    assert str(reader.root_object["/Lang"]) == "id"


def test_all_fonts_are_embedded() -> None:
    for page in read_pdf(create_numbered_roll(100)).pages:
        used = page["/Resources"]["/Font"].values()  # type: ignore[index]
        assert all("/FontFile2" in font.get_object()["/FontDescriptor"] for font in used)


def test_equal_rolls_give_equal_bytes() -> None:
    roll = create_numbered_roll(50, 3)
    assert render_pdf(roll, create_proof(roll)) == render_pdf(create_numbered_roll(50, 3), create_proof(roll))
