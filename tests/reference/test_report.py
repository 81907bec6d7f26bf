import pytest

from app.reference import report
from app.reference.loader import DatasetError, LoadSummary, RowError, TableCounts


def test_summary_lists_each_table_and_the_total(capsys: pytest.CaptureFixture[str]) -> None:
    summary = LoadSummary()
    summary.tables["regions"] = TableCounts(552, 3, 1)
    summary.tables["officials"] = TableCounts(1, 0, 20)
    report.print_summary(summary)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["table", "inserted", "updated", "unchanged"]
    assert ["regions", "552", "3", "1"] in lines
    assert ["appointments", "0", "0", "0"] in lines
    assert lines[-1] == ["all", "553", "3", "21"]


def test_errors_are_printed_one_per_line_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    long = "[red]" + "x" * 200
    report.print_errors(DatasetError([RowError("people.csv", 3, "id", long), RowError("seats.csv", None, None, "why")]))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == ["Nothing was loaded.", f"people.csv: 3: id: {long}", "seats.csv: why"]


def test_truncated_list_of_errors_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    report.print_errors(DatasetError([RowError("people.csv", line, None, "why") for line in range(30)]))
    assert len(capsys.readouterr().err.splitlines()) == 22


def test_progress_prints_nothing_without_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "BAR_DELAY_SECONDS", -1.0)
    with report.show_progress() as note:
        note("regions", 1, 2)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("patience", "shown"), [(-1.0, True), (60.0, False)], ids=["long", "short"])
def test_progress_is_drawn_only_for_a_long_load(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, patience: float, shown: bool
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes the stream for a terminal
    monkeypatch.setattr(report, "BAR_DELAY_SECONDS", patience)
    with report.show_progress() as note:
        note("regions", 1, 2)
    assert ("regions" in capsys.readouterr().err) is shown
