"""Errors in elections, stages and meetings that only the database can detect are reported in terms of the files."""

from pathlib import Path

import pytest

from app.reference.loader import RowError, load, read_dataset
from tests.reference.synthetic_dataset import (
    NEW_ID,
    PARTICIPANT_1,
    PARTICIPANT_2,
    PERSON_1,
    PERSON_2,
    UNKNOWN_ID,
    next_line,
    write_dataset,
)
from tests.reference.test_loader import count_rows
from tests.reference.test_rejected_rows import load_errors

SLUG = "must be lower-case letters and digits with single hyphens, 40 at most: pemilu-2024"
LONG = "must be 300 characters at most"
EARLY, NIGHT = "2022-06-12T23:59:00+09:00", "2022-06-15T23:30:00+09:00"
OUTSIDE = "a session must lie within the days of its meeting"


@pytest.mark.parametrize(
    ("file", "changed", "column", "reason"),
    [
        # A reference that leads nowhere.
        ("stages", {"code": "s-3", "election": "e-9"}, "election", "no such election 'e-9'"),
        ("stages", {"code": "s-3", "parent": "s-9"}, "parent", "no such stage 's-9'"),
        ("meetings", {"code": "m-3", "host": "kpu"}, "host", "no such organization 'kpu'"),
        ("meetings", {"code": "m-3", "election": "e-9"}, "election", "no such election 'e-9'"),
        ("meeting_corrections", {"meeting": "m-9"}, "meeting", "no such meeting 'm-9'"),
        ("sessions", {"meeting": "m-9"}, "meeting", "no such meeting 'm-9'"),
        ("session_speakers", {"session": "c-9"}, "session", "no such session 'c-9'"),
        ("session_speakers", {"position": "2", "person": UNKNOWN_ID}, "person", f"no such official '{UNKNOWN_ID}'"),
        ("session_speakers", {"position": "2", "division": "ri-9"}, "division", "no such division 'ri-9'"),
        ("meeting_statements", {"id": NEW_ID, "meeting": "m-9"}, "meeting", "no such meeting 'm-9'"),
        ("participants", {"id": NEW_ID, "meeting": "m-9"}, "meeting", "no such meeting 'm-9'"),
        ("participants", {"id": NEW_ID, "person": PERSON_2, "represents": UNKNOWN_ID}, "represents",
         f"no such participant '{UNKNOWN_ID}'"),
        ("participant_sessions", {"session": "c-9"}, "session", "no such session 'c-9'"),
        ("participant_sessions", {"participant": UNKNOWN_ID}, "participant", f"no such participant '{UNKNOWN_ID}'"),
        # A reference to a row of another meeting or election.
        ("stages", {"code": "s-3", "parent": "s-2"}, "parent", "is not a stage of this election"),
        ("session_speakers", {"session": "closing"}, "session", "is not a session of this meeting"),
        ("session_speakers", {"meeting": "m-2"}, "session", "is not a session of this meeting"),
        ("session_speakers", {"meeting": "m-9"}, "session", "is not a session of this meeting"),
        ("participants", {"id": NEW_ID, "person": PERSON_2, "represents": PARTICIPANT_2}, "represents",
         "is not a participant of this meeting"),
        ("participant_sessions", {"session": "closing"}, "session", "is not a session of this meeting"),
        ("participant_sessions", {"participant": PARTICIPANT_2}, "participant", "is not a participant of this meeting"),
        # Rules of one row.
        ("elections", {"code": "E-3"}, "code", SLUG),
        ("elections", {"code": "e-3", "name": "x" * 301}, "name", LONG),
        ("stages", {"code": "s--3"}, "code", SLUG),
        ("stages", {"code": "s-3", "name": "x" * 301}, "name", LONG),
        ("stages", {"code": "s-3", "parent": "s-3"}, "parent", "must be another stage"),
        ("stages", {"code": "s-3", "round": "10"}, "round", "must be 1 to 9"),
        ("stages", {"code": "s-3", "start_on": "2022-06-14", "end_on": "2022-06-13"}, "end_on",
         "must not be earlier than start_on"),
        ("meetings", {"code": "m 3"}, "code", SLUG),
        ("meetings", {"code": "m-3", "name": "x" * 301}, "name", LONG),
        ("meetings", {"code": "m-3", "end_on": "2022-06-12"}, "end_on", "must not be earlier than start_on"),
        ("sessions", {"code": "x" * 41}, "code", SLUG),
        ("sessions", {"code": "c-3", "name": "x" * 301}, "name", LONG),
        ("sessions", {"code": "c-3", "track": "100", "parallel_group": "g"}, "track", "must be 1 to 99"),
        ("sessions", {"code": "c-3", "track": "1"}, "track", "must be given together with parallel_group"),
        ("sessions", {"code": "c-3", "starts_at": NIGHT, "ends_at": NIGHT}, "ends_at", "must be later than starts_at"),
        ("session_speakers", {"position": "2", "organization": ""}, "organization",
         "a speaker needs a person, name, organization or division"),
        ("session_speakers", {"position": "2", "person": PERSON_1, "name": "N"}, "name",
         "must be empty if person is given"),
        ("meeting_statements", {"id": NEW_ID, "person": ""}, "organization",
         "a statement needs a person, name or organization"),
        ("meeting_statements", {"id": NEW_ID, "name": "N"}, "name", "must be empty if person is given"),
        ("participants", {"id": NEW_ID, "person": PERSON_2, "name": "N"}, "name", "must be empty if person is given"),
        ("participants", {"id": NEW_ID, "person": "", "name": "x" * 301}, "name", LONG),
        ("participants", {"id": NEW_ID, "person": PERSON_2, "name_as_printed": "x" * 301}, "name_as_printed", LONG),
        ("participants", {"id": NEW_ID, "person": "", "organization": ""}, "organization",
         "must be given if person and name are empty"),
        ("participants", {"id": NEW_ID, "person": PERSON_2, "represents": NEW_ID}, "represents",
         "must be another participant"),
        ("participants", {"id": NEW_ID, "person": PERSON_2, "arrived_at": NIGHT, "left_at": EARLY}, "left_at",
         "must not be earlier than arrived_at"),
        ("participants", {"id": NEW_ID}, "person", "is already a participant in this capacity"),
        # Rules between a session and its meeting, in the meeting's zone.
        ("sessions", {"code": "c-3", "starts_at": EARLY}, "starts_at", OUTSIDE),
        ("sessions", {"code": "c-3", "ends_at": "2022-06-15T15:30:00Z"}, "starts_at", OUTSIDE),
    ],
)  # fmt: skip
async def test_rejected_row_is_reported_and_nothing_is_loaded(
    empty_url: str, tmp_path: Path, file: str, changed: dict[str, str], column: str, reason: str
) -> None:
    errors = await load_errors(empty_url, write_dataset(tmp_path, {file: [changed]}))
    assert errors == [RowError(f"{file}.csv", next_line(file), column, reason)]
    assert set((await count_rows(empty_url)).values()) == {0}


async def test_session_near_midnight_is_within_its_meeting(database_url: str, tmp_path: Path) -> None:
    """The days of a meeting are local days: in UTC its first hours are on the day before."""
    session = {"code": "c-3", "starts_at": "2022-06-13T00:30:00+09:00", "ends_at": NIGHT}
    assert (await load(database_url, read_dataset(write_dataset(tmp_path, {"sessions": [session]})))).updated == 0


@pytest.mark.parametrize(
    ("stages", "lines"),
    [
        ([("a", "b"), ("b", "a")], [4, 5]),
        ([("a", "c"), ("b", "a"), ("c", "b")], [4, 5, 6]),
        # Who hangs below a circle is in none, and who is beside it neither.
        ([("d", "a"), ("a", "b"), ("b", "a"), ("e", "d"), ("f", "s-1")], [5, 6]),
    ],
)
async def test_circular_parents_are_reported(
    empty_url: str, tmp_path: Path, stages: list[tuple[str, str]], lines: list[int]
) -> None:
    path = write_dataset(tmp_path, {"stages": [{"code": code, "parent": parent} for code, parent in stages]})
    errors = await load_errors(empty_url, path)
    assert errors == [RowError("stages.csv", line, "parent", "is a descendant of this row") for line in lines]


async def test_update_that_closes_a_circle_is_reported(database_url: str, tmp_path: Path) -> None:
    await load(
        database_url,
        read_dataset(write_dataset(tmp_path, {"stages": [{"code": "a"}, {"code": "b", "parent": "a"}]})),
    )
    path = write_dataset(tmp_path, {"stages": [{"code": "a", "parent": "b"}, {"code": "b", "parent": "a"}]})
    assert await load_errors(database_url, path) == [RowError("stages.csv", 4, "parent", "is a descendant of this row")]


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        # Only the first is at fault: with it the others would come in.
        ([("c", "b", "1"), ("b", "a", "1"), ("a", "", "10")], [(6, "round")]),
        ([("b", "a", "1"), ("a", "s-2", "1")], [(5, "parent")]),
        ([("b", "a", "1"), ("a", "s-2", "1"), ("z", "", "10")], [(5, "parent"), (6, "round")]),
        ([("a", "b", "1"), ("b", "a", "1"), ("z", "", "10")], [(6, "round")]),  # and the circle once that is mended
    ],
)
async def test_only_rows_at_fault_are_reported(
    empty_url: str, tmp_path: Path, stages: list[tuple[str, str, str]], expected: list[tuple[int, str]]
) -> None:
    rows = [{"code": code, "parent": parent, "round": round_} for code, parent, round_ in stages]
    errors = await load_errors(empty_url, write_dataset(tmp_path, {"stages": rows}))
    assert [(error.line, error.column) for error in errors] == expected


async def test_meeting_moved_without_its_sessions_is_reported(database_url: str, tmp_path: Path) -> None:
    await load(
        database_url,
        read_dataset(write_dataset(tmp_path, {"sessions": [{"code": "c-3", "starts_at": NIGHT}]})),
    )
    meetings = tmp_path / "meetings.csv"
    shorter = meetings.read_text(encoding="utf-8").replace("2022-06-15", "2022-06-14", 1)
    meetings.write_text(shorter, encoding="utf-8")
    reason = "session c-3 of m-1 lies outside the days of its meeting"
    assert await load_errors(database_url, tmp_path) == [RowError("meetings.csv", None, None, reason)]


async def test_postponed_meeting_loads_with_its_sessions(database_url: str, tmp_path: Path) -> None:
    await load(
        database_url,
        read_dataset(write_dataset(tmp_path, {"sessions": [{"code": "c-3", "starts_at": NIGHT}]})),
    )
    for name in ("meetings", "sessions"):
        path = tmp_path / f"{name}.csv"
        path.write_text(path.read_text(encoding="utf-8").replace("2022-06-", "2022-07-"), encoding="utf-8")
    summary = await load(database_url, read_dataset(tmp_path))
    assert (summary.tables["meetings"].updated, summary.tables["sessions"].updated) == (2, 1)


async def test_participant_may_precede_the_represented_one(database_url: str, tmp_path: Path) -> None:
    rows = [
        {"id": NEW_ID, "person": PERSON_2, "represents": UNKNOWN_ID},
        {"id": UNKNOWN_ID, "person": "", "represents": PARTICIPANT_1},
    ]
    await load(database_url, read_dataset(write_dataset(tmp_path, {"participants": rows})))
