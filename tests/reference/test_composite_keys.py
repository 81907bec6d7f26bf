"""Rows with a key of several columns are recognised, updated and counted like others."""

from pathlib import Path

import pytest

from app.reference.loader import TableCounts, load, read_dataset
from tests.reference.shipped_copies import copy_with_change, write_files
from tests.reference.synthetic_dataset import SYNTHETIC_ROWS, write_dataset
from tests.reference.test_loader import ROW_COUNT, fetch_all_tables, fetch_rows

ROWS = sum(map(len, SYNTHETIC_ROWS.values()))


async def test_second_load_changes_nothing(database_url: str, tmp_path: Path) -> None:
    dataset = read_dataset(write_dataset(tmp_path))
    assert (await load(database_url, dataset)).inserted == ROWS
    before = await fetch_all_tables(database_url)
    summary = await load(database_url, dataset)
    assert (summary.inserted, summary.updated, summary.unchanged) == (0, 0, ROWS)
    assert await fetch_all_tables(database_url) == before


@pytest.mark.parametrize(
    ("file", "row"),
    [
        ("meeting_corrections", {"position": "2"}),
        ("meeting_corrections", {"meeting": "m-2"}),
        ("sessions", {"meeting": "m-2"}),
        ("session_speakers", {"position": "2"}),
        ("session_speakers", {"meeting": "m-2", "session": "closing"}),
        ("participant_sessions", {"session": "second"}),
    ],
)
async def test_key_with_one_different_column_is_another_row(
    database_url: str, tmp_path: Path, file: str, row: dict[str, str]
) -> None:
    second = {"sessions": [{"code": "second"}]} if row.get("session") == "second" else {}
    await load(database_url, read_dataset(write_dataset(tmp_path, second)))
    summary = await load(database_url, read_dataset(write_dataset(tmp_path, {**second, file: [row]})))
    assert (summary.tables[file].inserted, summary.inserted, summary.updated) == (1, 1, 0)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("session_speakers", "secretary general", "the secretary general"),
        ("session_speakers", ",bappenas,", ",lkpp,"),
        ("meeting_corrections", "13-15 Juni 2024", "13 s.d. 15 Juni 2024"),
    ],
)
async def test_changed_row_is_counted_as_updated(own_url: str, tmp_path: Path, file: str, old: str, new: str) -> None:
    summary = await load(own_url, read_dataset(copy_with_change(tmp_path, f"{file}.csv", old, new)))
    assert (summary.tables[file].updated, summary.inserted, summary.unchanged) == (1, 0, ROW_COUNT - 1)


async def test_changed_topic_increments_the_revision_of_its_session(own_url: str, tmp_path: Path) -> None:
    path = copy_with_change(tmp_path, "sessions.csv", "Perencanaan anggaran; ", "")
    summary = await load(own_url, read_dataset(path))
    assert summary.tables["sessions"] == TableCounts(updated=1, unchanged=7)
    assert await fetch_rows(own_url, "SELECT code, revision, topics FROM sessions WHERE revision <> 1") == [
        ("class-1", 2, ["Tahapan Pemilu dan Pemilihan", "Laporan keuangan"])
    ]


async def test_file_with_only_a_header_deletes_nothing(database_url: str, tmp_path: Path) -> None:
    await load(database_url, read_dataset(write_dataset(tmp_path)))
    before = await fetch_all_tables(database_url)
    headers = {
        name: (tmp_path / f"{name}.csv").read_text(encoding="utf-8").partition("\n")[0] for name in SYNTHETIC_ROWS
    }
    summary = await load(database_url, read_dataset(write_files(tmp_path, **headers)))
    assert (summary.inserted, summary.updated, summary.unchanged) == (0, 0, 0)
    assert await fetch_all_tables(database_url) == before


async def test_reference_to_a_row_in_the_database_is_valid(database_url: str, tmp_path: Path) -> None:
    await load(database_url, read_dataset(write_dataset(tmp_path)))
    for name in SYNTHETIC_ROWS:
        if name != "participant_sessions":
            (tmp_path / f"{name}.csv").unlink()
    assert (await load(database_url, read_dataset(tmp_path))).unchanged == 1
