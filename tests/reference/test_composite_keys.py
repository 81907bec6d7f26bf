"""Rows that only several columns tell apart are recognized, changed and counted like any other."""

from pathlib import Path

import pytest

from app.reference.loader import TableCounts, load, read_dataset
from tests.reference.copies import changed, written
from tests.reference.made import MADE, made
from tests.reference.test_loader import ALL, everything, query

ROWS = sum(map(len, MADE.values()))


async def test_a_second_load_changes_nothing(database_url: str, tmp_path: Path) -> None:
    dataset = read_dataset(made(tmp_path))
    assert (await load(database_url, dataset)).inserted == ROWS
    before = await everything(database_url)
    summary = await load(database_url, dataset)
    assert (summary.inserted, summary.updated, summary.unchanged) == (0, 0, ROWS)
    assert await everything(database_url) == before


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
async def test_a_key_that_differs_in_one_column_is_another_row(
    database_url: str, tmp_path: Path, file: str, row: dict[str, str]
) -> None:
    second = {"sessions": [{"code": "second"}]} if row.get("session") == "second" else {}
    await load(database_url, read_dataset(made(tmp_path, second)))
    summary = await load(database_url, read_dataset(made(tmp_path, {**second, file: [row]})))
    assert (summary.tables[file].inserted, summary.inserted, summary.updated) == (1, 1, 0)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("session_speakers", "secretary general", "the secretary general"),
        ("session_speakers", ",bappenas,", ",lkpp,"),
        ("meeting_corrections", "13-15 Juni 2024", "13 s.d. 15 Juni 2024"),
    ],
)
async def test_a_changed_row_counts(own_url: str, tmp_path: Path, file: str, old: str, new: str) -> None:
    summary = await load(own_url, read_dataset(changed(tmp_path, f"{file}.csv", old, new)))
    assert (summary.tables[file].updated, summary.inserted, summary.unchanged) == (1, 0, ALL - 1)


async def test_a_changed_topic_is_a_revision_of_its_session(own_url: str, tmp_path: Path) -> None:
    path = changed(tmp_path, "sessions.csv", "Perencanaan anggaran; ", "")
    summary = await load(own_url, read_dataset(path))
    assert summary.tables["sessions"] == TableCounts(updated=1, unchanged=7)
    assert await query(own_url, "SELECT code, revision, topics FROM sessions WHERE revision <> 1") == [
        ("class-1", 2, ["Tahapan Pemilu dan Pemilihan", "Laporan keuangan"])
    ]


async def test_a_header_only_leaves_what_was_there(database_url: str, tmp_path: Path) -> None:
    await load(database_url, read_dataset(made(tmp_path)))
    before = await everything(database_url)
    headers = {name: (tmp_path / f"{name}.csv").read_text(encoding="utf-8").partition("\n")[0] for name in MADE}
    summary = await load(database_url, read_dataset(written(tmp_path, **headers)))
    assert (summary.inserted, summary.updated, summary.unchanged) == (0, 0, 0)
    assert await everything(database_url) == before


async def test_what_a_row_refers_to_may_be_in_the_database(database_url: str, tmp_path: Path) -> None:
    await load(database_url, read_dataset(made(tmp_path)))
    for name in MADE:
        if name != "participant_sessions":
            (tmp_path / f"{name}.csv").unlink()
    assert (await load(database_url, read_dataset(tmp_path))).unchanged == 1
