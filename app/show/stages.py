"""What the calendars of the elections come to on a day."""

from collections.abc import Iterator, Sequence

import orjson

from app.elections.repository import ELECTIONS
from app.elections.schemas import ElectionQuery
from app.show.record import Json, Record, unknown
from app.show.sheet import Cell, Sheet
from app.stages import repository


async def stages(record: Record, election: str | None, status: str | None, parts: bool) -> Sheet:
    """The stages of one or of all elections in the order of the regulation, with their parts or the top level alone.

    With a status, those that are in it; a part may be in it where its whole is not, and then says whose part it is.
    """
    elections = await record.walk(ELECTIONS, ElectionQuery(sort="-voting_on"))
    chosen = [one for one in elections if election in (None, one["code"])]
    if election is not None and not chosen:
        raise unknown("election", election, elections)
    sheet = Sheet()
    for one in chosen:
        tree = await repository.tree(record.reader(), one["code"], record.day)
        whole: Sequence[Json] = orjson.loads(tree)["stages"] if tree else []
        sheet.heading(f"{one['name']} ({one['code']}) on {record.day}")
        rows = [_row(sheet, *shown) for shown in _walk(whole, status, parts)]
        if rows:
            sheet.table(("code", "part of", "stage", "days", "status", "source"), rows)
        else:
            sheet.line(f"No stage{'' if parts else ' of the top level'} is {status}." if status else "No stages.")
    if not chosen:
        sheet.line("There are no elections on record.")
    return sheet


def _walk(
    stages: Sequence[Json], status: str | None, parts: bool, depth: int = 0, left_out: str = ""
) -> Iterator[tuple[int, str, Json]]:
    """The stages to show, each with how many shown ones it is a part of, and its whole's code where that is left out.

    An indentation reads as a part of what stands above, so none is made for a whole that does not stand there.
    """
    for stage in stages:
        shown = status in (None, stage["status"])
        if shown:
            yield depth, left_out, stage
        if parts:
            yield from _walk(stage["children"], status, parts, depth + shown, "" if shown else stage["code"])


def _row(sheet: Sheet, depth: int, left_out: str, stage: Json) -> Sequence[Cell]:
    return (
        "  " * depth + stage["code"],
        left_out,
        stage["name"] + (f" (round {stage['round']})" if stage["round"] > 1 else ""),
        _days(stage),
        _status(stage),
        sheet.cited(stage),
    )


def _days(stage: Json) -> str:
    """From the first day to the last one; the regulation's words where a date is missing."""
    start, end = stage["start_on"], stage["end_on"]
    if start and end:
        return str(start) if start == end else f"{start} to {end}"
    known = f"from {start}" if start else f"to {end}" if end else ""
    return "; ".join(filter(None, (known, stage["rule"])))


def _status(stage: Json) -> str:
    begins, ends = stage["days_until_start"], stage["days_until_end"]
    match stage["status"]:
        case "upcoming":
            return f"upcoming, in {_counted(begins)}"
        case "running":
            return f"running, {_counted(ends)} left" if ends else "running, last day"
        case status:
            return str(status)


def _counted(days: int) -> str:
    return f"{days} day" if days == 1 else f"{days} days"
