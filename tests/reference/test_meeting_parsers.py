"""The strict parser of the files of elections, stages and meetings."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.reference.cells import parse_instant
from app.reference.files import FILES
from app.reference.loader import SHIPPED, RowError, read_dataset
from tests.reference.shipped_copies import write_files
from tests.reference.synthetic_dataset import HEADERS, NEW_ID, PARTICIPANT_1, SYNTHETIC_ROWS, next_line, write_dataset
from tests.reference.test_parser import read_errors

KINDS = "not one of opening, direction, panel, discussion, class, plenary, closing"
STATUSES = "expected, present, represented, excused, sick, on_duty_elsewhere, on_leave, absent"


@pytest.mark.parametrize(
    ("file", "changed", "column", "reason"),
    [
        ("elections", {"code": "e-3", "kind": "local"}, "kind", "'local' is not one of general, regional_head"),
        ("elections", {"code": "e-3", "voting_on": "2024"}, "voting_on", "'2024' is not a date YYYY-MM-DD"),
        ("elections", {"code": "e-3", "name": ""}, "name", "must not be empty"),
        ("elections", {}, "code", "'e-1' is already on line 2"),
        ("stages", {"code": "s-3", "kind": "phase"}, "kind",
         "'phase' is not one of stage, substage, activity, support"),
        ("stages", {"code": "s-3", "position": "0"}, "position", "'0' is not a whole number from 1 to 999"),
        ("stages", {"code": "s-3", "position": "1000"}, "position", "'1000' is not a whole number from 1 to 999"),
        ("stages", {"code": "s-3", "position": "01"}, "position", "'01' is not a whole number from 1 to 999"),
        ("stages", {"code": "s-3", "position": "\u0663"}, "position", "'\u0663' is not a whole number from 1 to 999"),
        ("stages", {"code": "s-3", "position": ""}, "position", "must not be empty"),
        ("stages", {"code": "s-3", "round": "1.0"}, "round", "'1.0' is not a whole number from 1 to 999"),
        ("stages", {"code": "s-3", "start_on": "2023-02-29"}, "start_on", "'2023-02-29' is not a calendar date"),
        ("stages", {"election": "e-2"}, "code", "'s-1' is already on line 2"),
        ("meetings", {"code": "m-3", "roll": "closed"}, "roll", "'closed' is not one of open, restricted"),
        ("meetings", {"code": "m-3", "roll": ""}, "roll", "must not be empty"),
        ("meetings", {"code": "m-3", "kind": "party"}, "kind",
         "'party' is not one of national_coordination, coordination, plenary, training, induction, other"),
        ("meetings", {"code": "m-3", "end_on": ""}, "end_on", "must not be empty"),
        ("meetings", {"code": "m-3", "cancelled_on": "13 Juni"}, "cancelled_on", "'13 Juni' is not a date YYYY-MM-DD"),
        ("meeting_corrections", {"position": "2", "recorded": ""}, "recorded", "must not be empty"),
        ("meeting_corrections", {}, "position", "'m-1 1' is already on line 2"),
        ("sessions", {"code": "c-3", "kind": "break"}, "kind", f"'break' is {KINDS}"),
        ("sessions", {"code": "c-3", "track": "A"}, "track", "'A' is not a whole number from 1 to 999"),
        ("sessions", {"code": "c-3", "topics": "a;b"}, "topics", "'a;b' is not a list separated by '; '"),
        ("sessions", {"code": "c-3", "starts_at": "9.00"}, "starts_at",
         "'9.00' is not an instant YYYY-MM-DDThh:mm:ss+hh:mm"),
        ("sessions", {}, "code", "'m-1 opening' is already on line 2"),
        ("session_speakers", {"position": "2", "person": "Sunardi"}, "person", "'Sunardi' is not a UUID in lower case"),
        ("session_speakers", {"position": "2", "division_kind": "unit"}, "division_kind",
         "'unit' is not one of division, secretariat_unit"),
        ("session_speakers", {}, "position", "'m-1 opening 1' is already on line 2"),
        ("meeting_statements", {"id": NEW_ID, "form": "sung"}, "form", "'sung' is not one of spoken, written"),
        ("meeting_statements", {"id": NEW_ID, "summary": ""}, "summary", "must not be empty"),
        ("participants", {"id": NEW_ID, "status": "hadir"}, "status", f"'hadir' is not one of {STATUSES}"),
        ("participants", {"id": NEW_ID, "capacity": "staff"}, "capacity",
         "'staff' is not one of delegate, speaker, committee, observer, guest"),
        ("participants", {"id": NEW_ID, "office": "ketua"}, "office",
         "'ketua' is not one of chair, member, secretary, secretary_general"),
        ("participants", {"id": NEW_ID, "late": "no"}, "late", "'no' is neither true nor false"),
        ("participants", {"id": NEW_ID, "represents": "x"}, "represents", "'x' is not a UUID in lower case"),
        ("participants", {"id": NEW_ID, "arrived_at": "2022-06-13"}, "arrived_at",
         "'2022-06-13' is not an instant YYYY-MM-DDThh:mm:ss+hh:mm"),
        ("participants", {}, "id", f"'{PARTICIPANT_1}' is already on line 2"),
        ("participant_sessions", {}, "participant", f"'m-1 opening {PARTICIPANT_1}' is already on line 2"),
    ],
)  # fmt: skip
def test_error_names_line_column_and_reason(
    tmp_path: Path, file: str, changed: dict[str, str], column: str, reason: str
) -> None:
    assert read_errors(write_dataset(tmp_path, {file: [changed]})) == [
        RowError(f"{file}.csv", next_line(file), column, reason)
    ]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("2022-06-13T23:30:00+09:00", datetime(2022, 6, 13, 23, 30, tzinfo=timezone(timedelta(hours=9)))),
        ("2022-06-13T23:30Z", datetime(2022, 6, 13, 23, 30, tzinfo=UTC)),
        ("2022-06-13T00:00:59-00:00", datetime(2022, 6, 13, 0, 0, 59, tzinfo=UTC)),
    ],
)
def test_valid_instants(cell: str, found: datetime) -> None:
    assert parse_instant(cell) == found
    assert parse_instant(cell).utcoffset() == found.utcoffset()


@pytest.mark.parametrize(
    "cell",
    [
        *("2022-06-13T23:30:00", "2022-06-13 23:30:00Z", "2022-06-13T23:30:00.5Z", "2022-06-13T23:30:00z"),
        *("2022-06-13T23Z", "20220613T233000Z", "2022-06-13T23:30:00+0900", "2022-06-13T23:30:00+09:00:00"),
        *("2022-02-30T00:00Z", "1899-12-31T23:00Z", "2200-01-01T00:00Z", "2022-06-13T25:00Z", "2022-06-13T23:60Z"),
        *("2022-06-13T23:30:60Z", "2022-06-13T23:30+24:00", "2022-06-13T23:30+0\u0669:00", "2022-W24-1T23:30Z", ""),
    ],
)
def test_invalid_instants(cell: str) -> None:
    with pytest.raises(ValueError, match=r"^'.*' is not "):
        parse_instant(cell)


@pytest.mark.parametrize("name", HEADERS)
def test_file_may_have_only_a_header(tmp_path: Path, name: str) -> None:
    header = (SHIPPED / f"{name}.csv").read_text(encoding="utf-8").partition("\n")[0]
    assert [part.row_count for part in read_dataset(write_files(tmp_path, **{name: header})).row_sets][-1:] in (
        [0],
        [],
    )


def test_each_shipped_file_has_the_declared_columns() -> None:
    for file in FILES:
        header = (SHIPPED / file.name).read_text(encoding="utf-8").partition("\n")[0]
        assert sorted(header.split(",")) == sorted(column.name for column in file.columns)


def test_synthetic_data_set_has_no_errors(tmp_path: Path) -> None:
    assert {part.name: part.row_count for part in read_dataset(write_dataset(tmp_path)).row_sets} == {
        name: len(rows) for name, rows in SYNTHETIC_ROWS.items()
    }
