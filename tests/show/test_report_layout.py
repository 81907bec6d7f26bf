"""Layout of reports: on a terminal words are not broken, in a pipe each row is one line."""

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


def build_report() -> Report:
    made = Report()
    made.add_heading("Komisi Pemilihan Umum")
    made.add_table(
        ("name", "division", "room", "topics", "source"),
        [(name, DIVISION, "", TOPICS, made.cite_source(FACT)) for name in NAMES],
    )
    return made


def to_text(shown: Report) -> str:
    out = io.StringIO()
    shown.write(out)
    return out.getvalue()


def write_to_terminal(shown: Report, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the output of a report on a terminal of this width."""
    monkeypatch.setenv("COLUMNS", str(width))
    out = Terminal()
    shown.write(out)
    return out.getvalue()


def strip_colours(output: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", output)


@pytest.mark.parametrize("width", [30, 45, 60, 80, 100, 200])
def test_terminal_output_breaks_no_word_and_fits_the_width(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = strip_colours(write_to_terminal(build_report(), width, monkeypatch))
    assert max(map(len, shown.splitlines())) <= width
    words = {word for text in (*NAMES, DIVISION, *TOPICS) for word in text.split()}
    assert words <= set(shown.split())


def test_terminal_output_uses_the_full_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row is on one line if it fits, except for lists."""
    lines = strip_colours(write_to_terminal(build_report(), 200, monkeypatch)).splitlines()
    for name in NAMES:
        (line,) = (line for line in lines if name in line)
        assert DIVISION in line
        assert f"- {TOPICS[0]}" in line
    assert max(map(len, strip_colours(write_to_terminal(build_report(), 80, monkeypatch)).splitlines())) == 80


def test_narrow_terminal_lists_each_row_as_properties(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = strip_colours(write_to_terminal(build_report(), 40, monkeypatch)).splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines if line.startswith("name ")] == list(NAMES)


def test_indentation_counts_for_the_column_width(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Report()
    shown.add_table(("code", "stage"), [("      pu-01a", "Perencanaan program dan anggaran"), ("pu-02", "")])
    assert "      pu-01a  Perencanaan" in strip_colours(write_to_terminal(shown, 26, monkeypatch))


def test_only_terminals_get_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" in write_to_terminal(build_report(), 80, monkeypatch)
    assert "\x1b" not in to_text(build_report())


@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
def test_pipe_gets_one_line_per_row(terminal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variables for terminals and colours are ignored."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", terminal)
    monkeypatch.setenv("FORCE_COLOR", "1")
    heading, columns, *rows = strip_colours(to_text(build_report())).splitlines()
    assert heading == "Komisi Pemilihan Umum"
    assert columns.split() == ["name", "division", "topics", "source"]  # nothing is known of the room
    for name, row in zip(NAMES, rows[:3], strict=True):
        assert re.split(r" {2,}", row.rstrip()) == [name, DIVISION, "; ".join(TOPICS), "1"]
        assert len(row) < 250  # the columns are no wider than what is in them


def test_markup_in_data_is_printed_literally(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Report()
    shown.add_heading("Kelompok [bold]A[/bold]")
    shown.add_table(("name",), [("[red]B :smile: 1 [/]",)])
    for output in (to_text(shown), strip_colours(write_to_terminal(shown, 80, monkeypatch))):
        assert "Kelompok [bold]A[/bold]" in output
        assert "[red]B :smile: 1 [/]" in output


def test_sources_are_listed_once_and_numbered() -> None:
    shown = Report()
    facts = [
        FACT,
        {**FACT, "primary": False},
        {**FACT, "verified": False},
        {**FACT, "source": None, "verified": False},
    ]
    assert [shown.cite_source(fact) for fact in facts] == ["1", "2", "1, not verified", "none, not verified"]
    assert to_text(shown).split("Sources\n")[1].splitlines() == [
        "1  Keppres 33/P/2022 (primary)",
        "2  Keppres 33/P/2022",
    ]


def test_unencodable_character_is_replaced() -> None:
    shown, out = Report(), io.BytesIO()
    shown.add_line("Pemilu \N{EN DASH} Pilkada")
    with io.TextIOWrapper(out, "ascii", write_through=True) as ascii_only:
        shown.write(ascii_only)
        assert out.getvalue() == b"Pemilu ? Pilkada\n"
