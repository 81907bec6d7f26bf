"""The expected status of stages on a day, computed in Python, and a clock that tests can set."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

MACHINE_ZONES = ("UTC", "Asia/Jayapura", "America/Los_Angeles")
"""Time zones of the machine. In each of them the date differs from that of Jakarta for a part of the day."""


@contextmanager
def freeze_clock(instant: str, zone: str = "UTC") -> Iterator[None]:
    """Stop the clock at an instant and set the time zone of the machine."""
    try:
        with pytest.MonkeyPatch.context() as environment, time_machine.travel(instant, tick=False):
            environment.setenv("TZ", zone)
            time.tzset()
            yield
    finally:
        time.tzset()


def parse_known_day(day: str | None) -> date | None:
    return date.fromisoformat(day) if day else None


def expected_status(stage: Any, day: date) -> str:
    start, end = parse_known_day(stage["start_on"]), parse_known_day(stage["end_on"])
    if end is not None and end < day:
        return "finished"
    if start is not None and start > day:
        return "upcoming"
    return "undated" if start is None or end is None else "running"


def expected_days_until(day: str | None, today: date) -> int | None:
    return (date.fromisoformat(day) - today).days if day else None


def expected_day_members(stage: Any, day: date) -> dict[str, Any]:
    """Return the members that depend on the day."""
    return {
        "status": expected_status(stage, day),
        "days_until_start": expected_days_until(stage["start_on"], day),
        "days_until_end": expected_days_until(stage["end_on"], day),
    }


def overlaps_period(stage: Any, first: date, last: date) -> bool:
    """Return whether a stage overlaps a period. With one known date it counts as that day; without any it does not."""
    days = [day for day in (parse_known_day(stage["start_on"]), parse_known_day(stage["end_on"])) if day]
    return bool(days) and min(days) <= last and first <= max(days)


def list_turning_days(stages: list[Any]) -> list[date]:
    """Return the days on which a stage starts or ends, with the days before and after."""
    dates = {date.fromisoformat(stage[name]) for stage in stages for name in ("start_on", "end_on") if stage[name]}
    return sorted({day + timedelta(beside) for day in dates for beside in (-1, 0, 1)})
