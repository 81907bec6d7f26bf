import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg

from app.reference.files import FILES
from app.reference.files.bodies import SEATS
from app.reference.loader import SHIPPED, TableCounts, load, read_dataset
from tests.reference.shipped_copies import copy_with_change, read_shipped_rows, write_files

# As many rows as the files have; and a commission follows from each region, below that of the country.
ROW_COUNTS = {file.table.name: len(read_shipped_rows(file.name)) for file in FILES if file is not SEATS}
ROW_COUNTS["organizations"] += ROW_COUNTS["regions"] + 1
ROW_COUNT = sum(ROW_COUNTS.values())
REGIONS = (SHIPPED / "regions.csv").read_text(encoding="utf-8")
HEADER = REGIONS.partition("\n")[0]


async def fetch_rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def count_rows(url: str) -> dict[str, int]:
    return {table: (await fetch_rows(url, f"SELECT count(*) FROM {table}"))[0][0] for table in ROW_COUNTS}


async def fetch_all_tables(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of each table, with their revisions and times of change."""
    return {table: await fetch_rows(url, f"SELECT row::text FROM {table} AS row ORDER BY 1") for table in ROW_COUNTS}


async def test_shipped_data_set_loads_completely(database_url: str) -> None:
    progress: dict[str, tuple[int, int]] = {}
    summary = await load(
        database_url, read_dataset(SHIPPED), lambda table, done, total: progress.update({table: (done, total)})
    )
    assert await count_rows(database_url) == ROW_COUNTS
    assert summary.tables == {table: TableCounts(inserted=count) for table, count in ROW_COUNTS.items()}
    assert (summary.inserted, summary.updated, summary.unchanged) == (ROW_COUNT, 0, 0)
    assert set(progress) == set(ROW_COUNTS)
    assert all(done == total for done, total in progress.values())


async def test_second_load_changes_nothing(database_url: str) -> None:
    await load(database_url, read_dataset(SHIPPED))
    before = await fetch_all_tables(database_url)
    summary = await load(database_url, read_dataset(SHIPPED))
    assert (summary.inserted, summary.updated, summary.unchanged) == (0, 0, ROW_COUNT)
    assert await fetch_all_tables(database_url) == before


async def test_changed_cell_increments_one_revision(own_url: str, tmp_path: Path) -> None:
    summary = await load(own_url, read_dataset(copy_with_change(tmp_path, "agencies.csv", "Bawaslu,", "BAWASLU,")))
    assert (summary.inserted, summary.updated, summary.unchanged) == (0, 1, ROW_COUNT - 1)
    assert summary.tables["organizations"] == TableCounts(updated=1, unchanged=578)
    assert await fetch_rows(own_url, "SELECT code, short_name, revision FROM organizations WHERE revision <> 1") == [
        ("bawaslu", "BAWASLU", 2)
    ]


REVISIONS = "SELECT resource, key, revision, action, made_by, client FROM revisions WHERE revision > 1"
AUDITED = "SELECT client, operation, keys FROM audit_lines ORDER BY id"


async def test_load_is_the_author_of_revisions_and_audit_lines(database_url: str, tmp_path: Path) -> None:
    await load(database_url, read_dataset(SHIPPED))
    assert await fetch_rows(database_url, "SELECT DISTINCT made_by, action FROM revisions") == [("load", "created")]
    [first] = await fetch_rows(database_url, AUDITED)
    assert (first[:2], set(first[2])) == ((None, "load"), {table for table, count in ROW_COUNTS.items() if count})
    await load(database_url, read_dataset(SHIPPED))
    assert await fetch_rows(database_url, AUDITED) == [first]  # nothing was done
    await load(database_url, read_dataset(copy_with_change(tmp_path, "agencies.csv", "Bawaslu,", "BAWASLU,")))
    assert await fetch_rows(database_url, REVISIONS) == [("organizations", "bawaslu", 2, "updated", "load", None)]
    assert await fetch_rows(database_url, AUDITED) == [first, (None, "load", ["organizations"])]


async def test_emptied_cell_becomes_null(own_url: str, tmp_path: Path) -> None:
    summary = await load(own_url, read_dataset(copy_with_change(tmp_path, "appointments.csv", ",ri-6,2022", ",,2022")))
    assert summary.tables["appointments"].updated == 1
    assert (await fetch_rows(own_url, "SELECT count(*) FROM appointments WHERE division = 'ri-6'"))[0][0] == 1


async def test_files_replace_only_their_own_rows(own_url: str, tmp_path: Path) -> None:
    await fetch_rows(own_url, "UPDATE organizations SET name = 'x', dissolved_on = '2025-01-01' WHERE code = 'dkpp'")
    path = write_files(tmp_path, agencies=(SHIPPED / "agencies.csv").read_text(encoding="utf-8"))
    summary = await load(own_url, read_dataset(path))
    assert (summary.updated, summary.unchanged) == (1, 25)
    [row] = await fetch_rows(own_url, "SELECT name, dissolved_on::text FROM organizations WHERE code = 'dkpp'")
    assert row == ("Dewan Kehormatan Penyelenggara Pemilihan Umum", "2025-01-01")
    assert await count_rows(own_url) == ROW_COUNTS


async def test_regions_without_seats_file_preserve_known_seats(own_url: str, tmp_path: Path) -> None:
    before = await fetch_all_tables(own_url)
    path = write_files(tmp_path, regions=REGIONS)
    summary = await load(own_url, read_dataset(path))
    assert (summary.updated, summary.unchanged) == (0, 552 + 552)
    assert await fetch_all_tables(own_url) == before


async def test_region_may_precede_its_parent(own_url: str, tmp_path: Path) -> None:
    path = write_files(
        tmp_path,
        regions=f"{HEADER}\n97.01,Kabupaten Baru,,regency,97,,,Asia/Jayapura,,,91.71,true,,false,false\n"
        "97,Baru,New,province,,ID-XX,,Asia/Jayapura,2030-01-01,,91,true,,false,false\n",
    )
    assert (await load(own_url, read_dataset(path))).inserted == 4
    assert await fetch_rows(own_url, "SELECT parent FROM organizations WHERE code = 'kpu-97.01'") == [("kpu-97",)]


async def test_handover_may_move_to_another_day(own_url: str, tmp_path: Path) -> None:
    """Each of the two rows conflicts with the other until both are updated, in any order."""
    copy_with_change(tmp_path, "appointments.csv", "2022-04-12,2024-07-03", "2022-04-12,2024-08-01")
    path = tmp_path / "data" / "appointments.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",2024-07-28,,,", ",2024-08-01,,,"), encoding="utf-8")
    summary = await load(own_url, read_dataset(path.parent))
    assert (summary.updated, summary.unchanged) == (2, ROW_COUNT - 2)
    assert await fetch_rows(own_url, "SELECT revision FROM appointments WHERE '2024-08-01' IN (start_on, end_on)") == [
        (2,),
        (2,),
    ]


async def test_concurrent_loads_are_serialized(database_url: str) -> None:
    summaries = await asyncio.gather(*(load(database_url, read_dataset(SHIPPED)) for _ in range(3)))
    assert sorted(summary.inserted for summary in summaries) == [0, 0, ROW_COUNT]
    assert sorted(summary.unchanged for summary in summaries) == [0, ROW_COUNT, ROW_COUNT]


KILLED_LOAD = """
import asyncio, os, signal, sys
from app.reference.loader import SHIPPED, load, read_dataset

def progress(table, done, total):
    if table == "appointments":
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(load(sys.argv[1], read_dataset(SHIPPED), progress))
"""


async def test_killed_load_leaves_no_rows(database_url: str) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_LOAD, database_url], check=False)
    assert killed.returncode == -9
    assert set((await count_rows(database_url)).values()) == {0}
    assert await fetch_rows(database_url, AUDITED) == await fetch_rows(database_url, "SELECT 1 FROM revisions") == []
    assert (await load(database_url, read_dataset(SHIPPED))).inserted == ROW_COUNT
