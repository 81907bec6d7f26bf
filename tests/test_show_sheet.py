"""A sheet on a terminal wraps without breaking a name; in a pipe it is one line a row."""

import io
import re

import pytest

from app.show.report import Report

NAMES = ("Parsadaan Harahap", "Bernad Dermawan Sutrisno", "Hasyim Asy'ari")
DIVISION = "Divisi Sumber Daya Manusia, Organisasi, Pendidikan dan Pelatihan, dan Penelitian dan Pengembangan"
TOPICS = ["Verifikasi partai politik", "Dana kampanye"]
FACT = {"source": "Keppres 33/P/2022", "primary": True, "verified": True}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


def sheet() -> Report:
    made = Report()
    made.add_heading("Komisi Pemilihan Umum")
    made.add_table(
        ("name", "division", "room", "topics", "source"),
        [(name, DIVISION, "", TOPICS, made.cite_source(FACT)) for name in NAMES],
    )
    return made


def piped(shown: Report) -> str:
    out = io.StringIO()
    shown.write(out)
    return out.getvalue()


def typed(shown: Report, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """As on a terminal of this width."""
    monkeypatch.setenv("COLUMNS", str(width))
    out = Terminal()
    shown.write(out)
    return out.getvalue()


def bare(output: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", output)


@pytest.mark.parametrize("width", [30, 45, 60, 80, 100, 200])
def test_no_name_is_broken_and_no_line_too_long(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = bare(typed(sheet(), width, monkeypatch))
    assert max(map(len, shown.splitlines())) <= width
    words = {word for text in (*NAMES, DIVISION, *TOPICS) for word in text.split()}
    assert words <= set(shown.split())


def test_a_terminal_gets_all_the_room_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """On one line for each row where that fits, but for what is a list."""
    lines = bare(typed(sheet(), 200, monkeypatch)).splitlines()
    for name in NAMES:
        (line,) = (line for line in lines if name in line)
        assert DIVISION in line
        assert f"- {TOPICS[0]}" in line
    assert max(map(len, bare(typed(sheet(), 80, monkeypatch)).splitlines())) == 80


def test_a_narrow_terminal_gets_the_headings_beside_the_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = bare(typed(sheet(), 40, monkeypatch)).splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines if line.startswith("name ")] == list(NAMES)


def test_an_indentation_counts_as_part_of_the_word(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Report()
    shown.add_table(("code", "stage"), [("      pu-01a", "Perencanaan program dan anggaran"), ("pu-02", "")])
    assert "      pu-01a  Perencanaan" in bare(typed(shown, 26, monkeypatch))


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" in typed(sheet(), 80, monkeypatch)
    assert "\x1b" not in piped(sheet())


@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
def test_a_pipe_gets_one_line_a_row(terminal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says of a terminal that is elsewhere, or of colours."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", terminal)
    monkeypatch.setenv("FORCE_COLOR", "1")
    heading, columns, *rows = bare(piped(sheet())).splitlines()
    assert heading == "Komisi Pemilihan Umum"
    assert columns.split() == ["name", "division", "topics", "source"]  # nothing is known of the room
    for name, row in zip(NAMES, rows[:3], strict=True):
        assert re.split(r" {2,}", row.rstrip()) == [name, DIVISION, "; ".join(TOPICS), "1"]
        assert len(row) < 250  # the columns are no wider than what is in them


def test_words_of_the_record_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Report()
    shown.add_heading("Kelompok [bold]A[/bold]")
    shown.add_table(("name",), [("[red]B :smile: 1 [/]",)])
    for output in (piped(shown), bare(typed(shown, 80, monkeypatch))):
        assert "Kelompok [bold]A[/bold]" in output
        assert "[red]B :smile: 1 [/]" in output


def test_sources_are_told_once_each_and_what_was_not_seen_in_them() -> None:
    shown = Report()
    facts = [FACT, {**FACT, "primary": False}, {**FACT, "verified": False}, {**FACT, "source": None, "verified": False}]
    assert [shown.cite_source(fact) for fact in facts] == ["1", "2", "1, not verified", "none, not verified"]
    assert piped(shown).split("Sources\n")[1].splitlines() == [
        "1  Keppres 33/P/2022 (primary)",
        "2  Keppres 33/P/2022",
    ]


def test_a_letter_that_a_terminal_does_not_have_is_replaced() -> None:
    shown, out = Report(), io.BytesIO()
    shown.add_line("Pemilu \N{EN DASH} Pilkada")
    with io.TextIOWrapper(out, "ascii", write_through=True) as ascii_only:
        shown.write(ascii_only)
        assert out.getvalue() == b"Pemilu ? Pilkada\n"
