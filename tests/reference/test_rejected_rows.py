"""Errors that only the database can detect are reported like others, and nothing is loaded."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.reference.loader import SHIPPED, Dataset, DatasetError, RowError, load, read_dataset
from tests.reference.shipped_copies import copy_file_with_change, copy_with_change, write_files
from tests.reference.test_loader import ROW_COUNTS, count_rows, fetch_all_tables, fetch_rows

UNKNOWN_ID = "01a20c10-0000-7000-8000-000000000000"
SUNARDI = "01a20c10-0af8-7149-8d8d-5489b1e37ec7"
ACTING = ",kpu,chair,acting,ri-6,2022-2027,2024-07-04,2024-07-28"


async def load_errors(url: str, path: Path) -> list[RowError]:
    dataset = read_dataset(path)
    with pytest.raises(DatasetError) as caught:
        await load(url, dataset)
    return caught.value.errors


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "column", "reason"),
    [
        ("regions.csv", "regency,11,", "regency,10,", 40, "parent", "no such region '10'"),
        ("regions.csv", "UU 14/2022,91", "UU 14/2022,90", 36, "split_from", "no such region '90'"),
        ("region_codes.csv", "93.01,91.01,91", "93.99,91.01,91", 2, "region", "no such region '93.99'"),
        ("appointments.csv", ACTING, ACTING.replace("kpu", "kpu-99"), 4, "organization",
         "no such organization 'kpu-99'"),
        ("appointments.csv", ACTING, ACTING.replace("ri-6", "ri-60"), 4, "division", "no such division 'ri-60'"),
        ("appointments.csv", f"{SUNARDI},kpu-31", f"{UNKNOWN_ID},kpu-31", 15, "person",
         f"no such official '{UNKNOWN_ID}'"),
        ("regions.csv", "\n11.01,", "\n11.1,", 40, "code",
         "must be two digits, or two digits, a full stop and two digits: 31 or 31.71"),
        ("regions.csv", "province,,ID-RI", "province,14,ID-RI", 5, "parent",
         "must be empty for a province, and given for any other region"),
        ("regions.csv", "regency,11,", "regency,12,", 40, "parent", "must be the first two digits of the code"),
        ("regions.csv", "ID-RI", "ID-SB", 5, "iso_3166_2", "another region has 'ID-SB'"),
        ("region_codes.csv", "93.01,91.01,91", "93.01,9101,91", 2, "code",
         "must be two digits, a full stop and two digits: 91.01"),
        ("region_codes.csv", "93.01,91.01,91", "93.01,93.01,91", 2, "code", "is the region's present code"),
        ("agencies.csv", "dkpp,", "DKPP,", 3, "code",
         "must be lower-case letters and digits beginning with a letter: dkpp"),
        ("divisions.csv", "\np7-1,", "\np7_1,", 8, "code",
         "must be lower-case letters and digits, a hyphen and a number: p7-6"),
        ("appointments.csv", ",2022-2027,2022-04-12,2024-07-03", ",2022-27,2022-04-12,2024-07-03", 2, "term",
         "must be two years with a hyphen: 2022-2027"),
        ("appointments.csv", ",,2023,2022-06-14", ",,2023,", 15, "start_on", "must not be empty if seen_on is empty"),
        ("appointments.csv", "2022-04-12,2024-07-03", "2022-04-12,2022-04-11", 2, "end_on",
         "must be later than start_on, or than seen_on if start_on is empty"),
    ],
)  # fmt: skip
async def test_rejected_row_is_reported_and_nothing_is_loaded(
    loaded_url: str, tmp_path: Path, file: str, old: str, new: str, line: int, column: str, reason: str
) -> None:
    flaws = await load_errors(loaded_url, copy_file_with_change(tmp_path, file, old, new))
    assert flaws == [RowError(file, line, column, reason)]
    assert await count_rows(loaded_url) == ROW_COUNTS


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "column", "reason"),
    [
        ("appointments.csv", "2022-04-12,2024-07-03", "2022-04-12,2024-07-29", 5, "organization",
         "another definitive chair of kpu is certain on the same days"),
        ("appointments.csv", "chair,acting,ri-6,2022-2027,2024-07-04,2024-07-28",
         "chair,acting,ri-6,2022-2027,2024-07-04,2024-07-29", 5, "person",
         "the same person is already chair of kpu on the same certain days"),
    ],
)  # fmt: skip
async def test_conflicting_rows_are_reported_and_nothing_is_loaded(
    empty_url: str, tmp_path: Path, file: str, old: str, new: str, line: int, column: str, reason: str
) -> None:
    flaws = await load_errors(empty_url, copy_with_change(tmp_path, file, old, new))
    assert flaws == [RowError(file, line, column, reason)]
    assert set((await count_rows(empty_url)).values()) == {0}


async def test_name_over_300_characters_is_rejected(empty_url: str, tmp_path: Path) -> None:
    [error] = await load_errors(empty_url, copy_with_change(tmp_path, "people.csv", "Sunardi", "x" * 301))
    assert (error.file, error.line, error.column) == ("people.csv", 12, "name")
    assert "300" in error.reason


async def test_several_rejected_rows_are_reported_together(empty_url: str, tmp_path: Path) -> None:
    copy_with_change(tmp_path, "regions.csv", "\n11.01,", "\n11.1,")
    copy_with_change(tmp_path, "regions.csv", "ID-PS", "ID-AC")
    flaws = await load_errors(empty_url, copy_with_change(tmp_path, "regions.csv", "\n11.75,", "\n1175,"))
    assert [(error.line, error.column) for error in flaws] == [(36, "iso_3166_2"), (40, "code"), (62, "code")]


async def test_at_most_20_errors_are_reported(empty_url: str, tmp_path: Path) -> None:
    content = (SHIPPED / "regions.csv").read_text(encoding="utf-8").replace("\n32.", "\n32")
    assert len(await load_errors(empty_url, write_files(tmp_path, regions=content))) == 20


async def test_rejected_load_changes_nothing(own_url: str, tmp_path: Path) -> None:
    before = await fetch_all_tables(own_url)
    copy_with_change(tmp_path, "agencies.csv", "Bawaslu,", "BAWASLU,")
    await load_errors(own_url, copy_with_change(tmp_path, "appointments.csv", "2024-07-28,,,", "2024-07-01,,,"))
    assert await fetch_all_tables(own_url) == before


async def test_reference_to_a_row_in_the_database_is_valid(database_url: str, tmp_path: Path) -> None:
    path = write_files(tmp_path, appointments=(SHIPPED / "appointments.csv").read_text(encoding="utf-8"))
    assert {(error.line, error.column) for error in await load_errors(database_url, path)} >= {(2, "person")}
    await load(database_url, read_dataset(SHIPPED))
    assert (await load(database_url, read_dataset(path))).unchanged == 27


async def test_reference_deleted_during_the_load_is_reported(own_url: str, tmp_path: Path) -> None:
    dataset = read_dataset(copy_with_change(tmp_path, "appointments.csv", ",ri-6,", ",ri-1,"))
    dataset = Dataset(tuple(part for part in dataset.row_sets if part.table.name in ("officials", "appointments")))

    def delete(table: str, done: int, total: int) -> None:
        if table == "officials":
            with ThreadPoolExecutor() as elsewhere:
                elsewhere.submit(asyncio.run, fetch_rows(own_url, "DELETE FROM divisions WHERE code = 'ri-1'")).result()

    with pytest.raises(DatasetError) as caught:
        await load(own_url, dataset, delete)
    [error] = caught.value.errors
    assert (error.file, error.line) == ("appointments.csv", 3)
    assert "fk_appointments_division_divisions" in error.reason


async def test_file_changed_after_parsing_is_reported(empty_url: str, tmp_path: Path) -> None:
    path = copy_with_change(tmp_path, "agencies.csv", "Bawaslu,", "BAWASLU,")
    dataset = read_dataset(path)
    copy_with_change(tmp_path, "appointments.csv", "2024-07-03", "2023-02-30")
    with pytest.raises(DatasetError) as caught:
        await load(empty_url, dataset)
    assert caught.value.errors == [RowError("appointments.csv", 2, "end_on", "'2023-02-30' is not a calendar date")]
    assert set((await count_rows(empty_url)).values()) == {0}
