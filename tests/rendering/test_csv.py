"""The CSV of a roll: its content, escaped formulas, and its digest."""

import csv
import hashlib
import io
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rendering import labels
from app.rendering.roll import DayTimes, Roll, add_nonce, compute_digest, render_csv
from tests.rendering.synthetic_rolls import (
    LONG_NAME,
    NONCE,
    UNUSUAL_NAMES,
    create_line,
    create_numbered_roll,
    create_roll,
    utc_instant,
)

HEADINGS = ["No.", "Nama", "Jabatan", "Instansi", "Kehadiran", "Terlambat", "Acara"]
SECRET = bytes(range(32))


def parse_csv(of: Roll) -> list[list[str]]:
    return list(csv.reader(io.StringIO(render_csv(of).decode("utf-8-sig"), newline="")))


def test_row_has_all_columns_of_a_participant() -> None:
    times_of_day = DayTimes(utc_instant(0, 17, 5), utc_instant(0, 18, 59))  # after midnight in Jakarta
    roll = create_roll([create_line(late=True, times=(times_of_day, DayTimes(None, utc_instant(1, 10, 0))))], days=2)
    times = [f"{word} 2022-06-{day}" for day in (13, 14) for word in ("Masuk", "Keluar")]
    assert parse_csv(roll) == [
        [*HEADINGS, *times, "Nonce"],
        [
            *("1", "Hasyim Asy'ari", "Ketua", "Komisi Pemilihan Umum", "Hadir", "Ya", "Rapat Koordinasi Nasional"),
            *("24:05", "25:59", "", "17:00", NONCE),
        ],
    ]


@pytest.mark.parametrize("name", [*UNUSUAL_NAMES, LONG_NAME, 'two "quoted", words', "line\r\nbreak"])
def test_name_survives_the_round_trip(name: str) -> None:
    read_back = parse_csv(create_roll([create_line(name)]))[1][1].removeprefix("'")
    assert read_back == name.encode(errors="replace").decode()


def test_rows_end_with_crlf_after_one_byte_order_mark() -> None:
    """Excel reads a CSV without the mark in the code page of Windows, and garbles names."""
    content = render_csv(create_numbered_roll(2))
    assert content.startswith(b"\xef\xbb\xbfNo.,Nama,")
    assert content.count(b"\xef\xbb\xbf") == 1
    assert content.count(b"\r\n") == content.count(b"\n") == 3


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "\u00a0@"])
def test_formulas_are_escaped(start: str) -> None:
    bad = f"{start}1+1"
    _, row = parse_csv(create_roll([create_line(bad, organization=bad)]))
    assert row[1] == row[3] == f"'{bad}"


BEGINNINGS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
@given(cell=st.text(st.sampled_from([*"=+-@,;|\t\r\n \"'a1", "\uff1d"]), max_size=12))
def test_no_separator_makes_a_formula_of_a_cell(separator: str, cell: str) -> None:
    """A spreadsheet divides lines at the separator of its user's language, in some cases within quotes as well."""
    line = render_csv(create_roll([create_line(cell, organization=f"Dinas{separator}{cell}")])).decode("utf-8-sig")
    for read in (
        [value for row in csv.reader(io.StringIO(line, newline=""), delimiter=separator) for value in row],
        re.split(f"[{re.escape(separator)}\r\n]", line),
    ):
        found = [value for value in read if value.strip('" \t\r\n').startswith(BEGINNINGS)]
        assert found == []


def test_cell_with_a_separator_is_in_quotes() -> None:
    line = render_csv(create_roll([create_line('A;B|"C"', organization="D\tE")])).decode().splitlines()[1]
    assert line.startswith('1,"A;B|""C""",Ketua,"D\tE",Hadir,')


def test_ordinary_text_is_unchanged() -> None:
    for text in ("Asy'ari", "A - B", "KPU (pusat)", "a@b.id", "1+1", "R=S", "'kutip'"):
        assert parse_csv(create_roll([create_line(text)]))[1][1] == text


def test_digest_is_the_sha256_of_the_csv() -> None:
    assert compute_digest(create_numbered_roll(3)) == hashlib.sha256(render_csv(create_numbered_roll(3))).hexdigest()


def test_digest_does_not_depend_on_the_creation_time() -> None:
    later = replace(create_numbered_roll(3), made_at=datetime(2030, 1, 1, tzinfo=UTC))
    assert compute_digest(later) == compute_digest(create_numbered_roll(3))
    changed = replace(create_numbered_roll(3), lines=[*create_numbered_roll(3).lines[:2], create_line("Lain")])
    assert compute_digest(changed) != compute_digest(create_numbered_roll(3))


def test_nonce_is_the_same_for_the_same_content_only() -> None:
    roll = create_roll([create_line()], nonce="")
    with_nonce = add_nonce(roll, SECRET, in_full=True)
    assert len(with_nonce.nonce) == 32
    assert add_nonce(replace(roll, made_at=datetime(2030, 1, 1, tzinfo=UTC)), SECRET, in_full=True).nonce == (
        with_nonce.nonce
    )
    others = (
        add_nonce(roll, SECRET, in_full=False),
        add_nonce(roll, SECRET[::-1], in_full=True),
        add_nonce(replace(roll, title="Lain"), SECRET, in_full=True),
        add_nonce(replace(roll, lines=[create_line(status="sick")]), SECRET, in_full=True),
    )
    assert len({with_nonce.nonce, *(other.nonce for other in others)}) == 5


def test_empty_rolls_with_the_same_headings_have_different_digests() -> None:
    digests = {compute_digest(create_roll([], nonce=nonce)) for nonce in (NONCE, NONCE[::-1])}
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("office", "capacity", "position"),
    [
        ("chair", "delegate", "Ketua"),
        ("member", "speaker", "Anggota (Narasumber)"),
        ("secretary", "committee", "Sekretaris (Panitia)"),
        ("secretary_general", "observer", "Sekretaris Jenderal (Pengamat)"),
        (None, "guest", "Tamu"),
        (None, "delegate", ""),
    ],
)
def test_position_is_office_and_capacity_other_than_delegate(office: str | None, capacity: str, position: str) -> None:
    assert parse_csv(create_roll([create_line(office=office, capacity=capacity)]))[1][2] == position


@pytest.mark.parametrize(
    ("status", "late", "remark"),
    [
        ("expected", False, ""),
        ("expected", True, "Terlambat"),
        ("present", False, "Hadir"),
        ("present", True, "Hadir, terlambat"),
        ("represented", False, "Diwakili"),
        ("excused", False, "Izin"),
        ("sick", False, "Sakit"),
        ("on_duty_elsewhere", False, "Dinas luar"),
        ("on_leave", False, "Cuti"),
        ("absent", False, "Alpa"),
    ],
)
def test_remark_is_status_and_lateness(status: str, late: bool, remark: str) -> None:
    assert labels.format_remark(status, late) == remark


def test_rendering_libraries_are_not_imported_before_use() -> None:
    script = "import sys, app.rendering.renderers, app.rendering.qr; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout.split()
    assert not {"reportlab", "xlsxwriter", "segno", "PIL", "font_source_sans_pro"} & set(loaded)


def test_digest_depends_on_the_meeting() -> None:
    roll = create_roll([create_line()])
    assert compute_digest(replace(roll, title="Rapat Pleno")) != compute_digest(replace(roll, title="Rapat Kerja"))
