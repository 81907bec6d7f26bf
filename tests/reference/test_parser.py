from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.reference import columns
from app.reference.files import bodies
from app.reference.loader import SHIPPED, DatasetError, RowError, read_dataset
from app.reference.parser import read_rows
from tests.reference.shipped_copies import copy_with_change, write_files

PEOPLE = "id,name,other_names,source,verified,primary\n"
HASYIM = "01a20c10-0ad9-7584-8953-0eb59d6a8d90"
AFIF = "01a20c10-0adc-737f-a439-793312cd7c55"


def read_valid_rows(path: Path, file: columns.DataFile) -> list[tuple[Any, ...]]:
    flaws: list[RowError] = []
    found = list(read_rows(path / file.name, file, flaws))
    assert flaws == []
    return found


def read_errors(path: Path) -> list[RowError]:
    with pytest.raises(DatasetError) as caught:
        read_dataset(path)
    return caught.value.errors


def test_cells_are_parsed_to_values() -> None:
    by_line = {
        row[0]: dict(zip(bodies.APPOINTMENTS.table_columns, row[1:], strict=True))
        for row in read_valid_rows(SHIPPED, bodies.APPOINTMENTS)
    }
    fifteenth = by_line[15]
    assert fifteenth["id"] == UUID("01a20c10-0b47-7048-a214-40c279057874")
    assert fifteenth["official"] == UUID("01a20c10-0af8-7149-8d8d-5489b1e37ec7")
    assert (fifteenth["start_on"], fifteenth["end_on"], fifteenth["seen_on"]) == (None, "2023", date(2022, 6, 14))
    assert (fifteenth["verified"], fifteenth["primary"]) == (True, False)
    others = {row[2]: row[3] for row in read_valid_rows(SHIPPED, bodies.PEOPLE)}
    assert others["Muhammad Tarmizi"] == ("Muhamad Tarmizi", "Tarmidzi")
    assert others["Sunardi"] == ()


def test_line_is_that_of_the_start_of_the_row(tmp_path: Path) -> None:
    path = write_files(
        tmp_path,
        people=f'{PEOPLE}{HASYIM},"Hasyim\nAsy\'ari",,"a\r\nb",true,false\r\n{AFIF},"Afif ""Udin""",,,true,no\n',
    )
    assert read_errors(path) == [RowError("people.csv", 5, "primary", "'no' is neither true nor false")]


def test_byte_order_mark_and_other_column_order_are_valid(tmp_path: Path) -> None:
    path = write_files(
        tmp_path, people=f'\ufeffname,id,other_names,verified,primary,source\n"Afif ""Udin""",{AFIF},,true,false,a'
    )
    assert read_valid_rows(path, bodies.PEOPLE) == [(2, UUID(AFIF), 'Afif "Udin"', (), "a", True, False)]


@pytest.mark.parametrize("good", ["1900", "2199-12-31", "2024-02-29", "2018-05"])
def test_valid_partial_dates(tmp_path: Path, good: str) -> None:
    read_dataset(copy_with_change(tmp_path, "appointments.csv", "2022-04-12,2024-07-03", f"{good},"))


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "column", "reason"),
    [
        ("regions.csv", "name_en,type", "name_eng,type", 1, "name_eng", "unknown column"),
        ("regions.csv", "code,name,", "code,name,name,", 1, "name", "the column appears twice"),
        ("divisions.csv", "legal_basis,", "", 1, "legal_basis", "the column is missing"),
        ("regions.csv", b"Sumatera Utara", b"Sumatera \xe9tara", 3, "name", "is not UTF-8"),
        ("regions.csv", "Sumatera Utara", "Sumatera\0Utara", 3, "name", "contains a NUL character"),
        ("regions.csv", "Riau", "Ria\u0301u", 5, "name", "is not in Unicode normalization form C"),
        ("regions.csv", "Riau", "Riau ", 5, "name", "begins or ends with a blank"),
        ("regions.csv", "Riau", "\u00a0Riau", 5, "name", "begins or ends with a blank"),
        ("regions.csv", "14,Riau", "14,", 5, "name", "must not be empty"),
        ("regions.csv", "Riau,Riau", "Riau", 5, None, "has 14 cells, not 15"),
        ("regions.csv", "14,Riau", "\n14,Riau", 5, None, "has 0 cells, not 15"),
        ("regions.csv", "14,Riau,Riau,province", "14,Riau,Riau,Province", 5, "type",
         "'Province' is not one of province, regency, city"),
        ("regions.csv", ",true,", ",yes,", 2, "autonomous", "'yes' is neither true nor false"),
        ("regions.csv", "2022-07-25", "2022-7-25", 36, "valid_from", "'2022-7-25' is not a date YYYY-MM-DD"),
        ("regions.csv", "2022-07-25", "20220725", 36, "valid_from", "'20220725' is not a date YYYY-MM-DD"),
        ("regions.csv", "2022-07-25", "2022-02-29", 36, "valid_from", "'2022-02-29' is not a calendar date"),
        ("regions.csv", "2022-07-25", "2200-01-01", 36, "valid_from", "'2200-01-01' is not within 1900 to 2199"),
        ("regions.csv", "15,Jambi", "14,Jambi", 6, "code", "'14' is already on line 5"),
        ("appointments.csv", "2024-07-03", "2023-02-30", 2, "end_on", "'2023-02-30' is not a calendar date"),
        ("appointments.csv", "2024-07-03", "2023-13", 2, "end_on", "'2023-13' is not a calendar date"),
        ("appointments.csv", "2024-07-03", "1899", 2, "end_on", "'1899' is not within 1900 to 2199"),
        ("appointments.csv", "2024-07-03", "2023-5", 2, "end_on", "'2023-5' is not a date YYYY, YYYY-MM or YYYY-MM-DD"),
        ("appointments.csv", "kpu,chair", "kpu,ketua", 2, "office",
         "'ketua' is not one of chair, member, secretary, secretary_general"),
        ("people.csv", HASYIM, HASYIM.upper(), 2, "id", f"'{HASYIM.upper()}' is not a UUID in lower case"),
        ("people.csv", AFIF, HASYIM, 3, "id", f"'{HASYIM}' is already on line 2"),
        ("people.csv", "Tarmizi; T", "Tarmizi;T", 18, "other_names",
         "'Muhamad Tarmizi;Tarmidzi' is not a list separated by '; '"),
        ("seats.csv", "kpu,7", "kpu,100", 2, "seats", "'100' is not a whole number from 1 to 99"),
        ("seats.csv", "kpu,7", "kpu,\u0667", 2, "seats", "'\u0667' is not a whole number from 1 to 99"),
        ("seats.csv", "kpu-31", "kpu-30", 3, "organization", "'kpu-30' has no region in regions.csv"),
        ("agencies.csv", "dkpp,", "kpu-31,", 3, "code", "'kpu-31' is the code of a commission"),
    ],
)  # fmt: skip
def test_error_names_line_column_and_reason(
    tmp_path: Path, file: str, old: str | bytes, new: str | bytes, line: int, column: str | None, reason: str
) -> None:
    assert RowError(file, line, column, reason) in read_errors(copy_with_change(tmp_path, file, old, new))


@pytest.mark.parametrize("name", ['Moch"ammad Afifuddin', '"Mochammad" Afifuddin', '"Mochammad Afifuddin'])
def test_stray_quote_stops_the_parser(tmp_path: Path, name: str) -> None:
    [error] = read_errors(copy_with_change(tmp_path, "people.csv", "Mochammad Afifuddin", name))
    assert (error.file, error.line, error.column) == ("people.csv", 3, None)
    assert "quote" in error.reason


def test_errors_of_all_files_are_reported_together(tmp_path: Path) -> None:
    copy_with_change(tmp_path, "regions.csv", "2022-07-25", "soon")
    (tmp_path / "data" / "people.csv").write_text(PEOPLE + "1,,a;b,,,\n")
    assert [(error.file, error.line, error.column) for error in read_errors(tmp_path / "data")] == [
        ("regions.csv", 36, "valid_from"),
        *(("people.csv", 2, column) for column in ("id", "name", "other_names", "verified", "primary")),
    ]


def test_at_most_20_errors_are_reported(tmp_path: Path) -> None:
    path = write_files(tmp_path, people=PEOPLE + f"{HASYIM},,,,true,false\n" * 500)
    assert len(read_errors(path)) == 20
    found: list[RowError] = []
    assert list(read_rows(path / "people.csv", bodies.PEOPLE, found)) == []
    assert len(found) == 20  # nobody waits for the end of a file that is wrong throughout


def test_errors_of_regions_do_not_cause_errors_of_seats(tmp_path: Path) -> None:
    path = copy_with_change(tmp_path, "regions.csv", "Daerah Khusus Ibukota Jakarta", "")
    assert read_errors(path) == [RowError("regions.csv", 12, "name", "must not be empty")]
    (path / "regions.csv").unlink()
    assert [(error.file, error.line) for error in read_errors(path)] == [("seats.csv", 2), ("seats.csv", 3)]


def test_message_escapes_control_characters_and_stray_bytes(tmp_path: Path) -> None:
    [error] = read_errors(copy_with_change(tmp_path, "regions.csv", "2022-07-25", "\x1b[31m"))
    assert "\x1b" not in str(error)
    (tmp_path / "data" / "regions.csv").write_bytes(b"\xff\xfec\x1bde\n")
    for error in read_errors(tmp_path / "data"):
        assert str(error).encode().isascii()
        assert str(error).isprintable()


@pytest.mark.parametrize("name", ["nowhere", "a file", "unrelated"])
def test_path_without_data_files_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "unrelated").mkdir()
    (tmp_path / "unrelated" / "quorums.csv").touch()
    [error] = read_errors(tmp_path / name)
    assert error.file == str(tmp_path / name)


def test_unreadable_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "people.csv").mkdir()
    assert read_errors(tmp_path) == [RowError("people.csv", None, None, "cannot be read: Is a directory")]
