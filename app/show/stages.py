"""Report of the stages of elections on a day."""

from collections.abc import Iterator, Sequence

import orjson

from app.elections.repository import ELECTIONS
from app.elections.schemas import ElectionQuery
from app.show.record_reader import JsonObject, RecordReader, unknown_code_error
from app.show.report import Cell, Report
from app.stages import repository


async def build_stages_report(
    record: RecordReader, election: str | None, status: str | None, include_parts: bool
) -> Report:
    """Build the report of the stages of one election (None: all) on the day, filtered by status and level.

    Args:
        record: The reader of the day.
        election: The code of the election; None: all elections.
        status: Select the stages that are in this status on the day. A part may be in it although its parent is not.
        include_parts: Whether the parts of stages are shown too, not only the top level.
    """
    elections = await record.list_items(ELECTIONS, ElectionQuery(sort="-voting_on"))
    selected = [item for item in elections if election in (None, item["code"])]
    if election is not None and not selected:
        raise unknown_code_error("election", election, elections)
    report = Report()
    for item in selected:
        tree = await repository.fetch_stage_tree(record.open_reader(), item["code"], record.day)
        stages: Sequence[JsonObject] = orjson.loads(tree)["stages"] if tree else []
        report.add_heading(f"{item['name']} ({item['code']}) on {record.day}")
        rows = [_format_row(report, *row) for row in _select_stages(stages, status, include_parts)]
        if rows:
            report.add_table(("code", "part of", "stage", "days", "status", "source"), rows)
        elif status:
            report.add_line(f"No stage{'' if include_parts else ' of the top level'} is {status}.")
        else:
            report.add_line("No stages.")
    if not selected:
        report.add_line("There are no elections on record.")
    return report


def _select_stages(
    stages: Sequence[JsonObject], status: str | None, include_parts: bool, depth: int = 0, hidden_parent: str = ""
) -> Iterator[tuple[int, str, JsonObject]]:
    """Yield each stage to show as (depth of indentation, code of its parent if that is not shown, stage).

    A reader takes an indented row for a part of the row above it, so a stage is not indented below a hidden parent.
    """
    for stage in stages:
        is_shown = status in (None, stage["status"])
        if is_shown:
            yield depth, hidden_parent, stage
        if include_parts:
            parent = "" if is_shown else stage["code"]
            yield from _select_stages(stage["children"], status, include_parts, depth + is_shown, parent)


def _format_row(report: Report, depth: int, hidden_parent: str, stage: JsonObject) -> Sequence[Cell]:
    """Return the cells of a stage's row, its code indented by its depth, and list its source in the report."""
    return (
        "  " * depth + stage["code"],
        hidden_parent,
        stage["name"] + (f" (round {stage['round']})" if stage["round"] > 1 else ""),
        _format_days(stage),
        _format_status(stage),
        report.cite_source(stage),
    )


def _format_days(stage: JsonObject) -> str:
    """Return the first and last day of a stage; if one is unknown, also the wording of the regulation."""
    start, end = stage["start_on"], stage["end_on"]
    if start and end:
        return str(start) if start == end else f"{start} to {end}"
    known = f"from {start}" if start else f"to {end}" if end else ""
    return "; ".join(filter(None, (known, stage["rule"])))


def _format_status(stage: JsonObject) -> str:
    """Return the status of a stage, with the days until its start if upcoming, or its end if running."""
    until_start, until_end = stage["days_until_start"], stage["days_until_end"]
    match stage["status"]:
        case "upcoming":
            return f"upcoming, in {_format_day_count(until_start)}"
        case "running":
            return f"running, {_format_day_count(until_end)} left" if until_end else "running, last day"
        case status:
            return str(status)


def _format_day_count(days: int) -> str:
    """Return a number of days as text: "1 day", "2 days"."""
    return f"{days} day" if days == 1 else f"{days} days"
