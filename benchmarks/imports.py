"""Measure `rakornas import` of 50,000 officials, and of 50,000 stages of which one in a hundred is refused."""

import csv
import random
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import orjson
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks import dataset

ROW_COUNT, QUICK_ROW_COUNT = 50_000, 1_000
ROWS_PER_REFUSAL = 100
TARGET_SECONDS = 30.0
MAX_MEMORY_GROWTH = 0.15  # from a tenth of the rows to all of them, as a share
SEED = 2024


class ImportResult(NamedTuple):
    """The duration and the peak resident memory of one import."""

    rows: int
    refused: int
    seconds: float
    megabytes: float


def run(quick: bool) -> bool:
    """Print the durations and the peak memory; return whether the duration met the target and memory did not grow."""
    row_count = QUICK_ROW_COUNT if quick else ROW_COUNT
    with dataset.run_temporary_database() as url, tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "rows.csv")
        tenth = measure_officials(url, path, row_count // 10)
        complete = measure_officials(url, path, row_count)
        with_refusals = measure_stages(url, path, row_count)
    table = Table("rows", "refused", "seconds", "rows/s", "peak MB")
    for result in (tenth, complete, with_refusals):
        table.add_row(
            f"{result.rows:,}",
            f"{result.refused:,}",
            f"{result.seconds:.1f}",
            f"{result.rows / result.seconds:,.0f}",
            f"{result.megabytes:.0f}",
        )
    Console().print(table)
    is_flat = max(complete.megabytes, with_refusals.megabytes) <= tenth.megabytes * (1 + MAX_MEMORY_GROWTH)
    return max(complete.seconds, with_refusals.seconds) <= TARGET_SECONDS and is_flat


def measure_officials(url: str, path: Path, row_count: int) -> ImportResult:
    """Write a file of officials and import it."""
    write_officials(path, row_count)
    return measure_import(url, path, "officials", row_count, refused=0)


def measure_stages(url: str, path: Path, row_count: int) -> ImportResult:
    """Write a file of stages, of which one in a hundred violates a rule of the database, and import it."""
    refused = write_stages(path, row_count)
    return measure_import(url, path, "stages", row_count, refused=refused)


def measure_import(url: str, path: Path, resource: str, row_count: int, *, refused: int) -> ImportResult:
    """Import a file with the command line, and check that the expected number of rows is refused."""
    command = [sys.executable, "-m", "app", "import", str(path), "--resource", resource, "--partial", "--json"]
    started_at, peak_bytes = time.perf_counter(), 0
    report_path = path.with_suffix(".json")  # a pipe that nobody reads would fill up and block the process
    with (
        report_path.open("wb") as output,
        subprocess.Popen([*command, "--database-url", url], stdout=output) as process,
    ):
        watched_process = psutil.Process(process.pid)
        while process.poll() is None:
            with suppress(psutil.NoSuchProcess):
                peak_bytes = max(peak_bytes, watched_process.memory_info().rss)
            time.sleep(0.02)
    seconds = time.perf_counter() - started_at
    report = orjson.loads(report_path.read_bytes())
    if (report["created"], report["refused"]) != (row_count - refused, refused):
        raise RuntimeError(f"{report['created']} rows were created, {report['refused']} refused")
    return ImportResult(row_count, refused, seconds, peak_bytes / 2**20)


def write_officials(path: Path, row_count: int) -> None:
    """Write a CSV file of officials with random names."""
    rng = random.Random(SEED)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "other_names", "source", "verified"])
        for _ in range(row_count):
            name = f"{rng.choice(dataset.FORENAMES.split())} {rng.getrandbits(40):x}"
            writer.writerow([name, f'["{name} S."]', "https://example.org/daftar", "true"])


def write_stages(path: Path, row_count: int) -> int:
    """Write a CSV file of stages and return the number of invalid rows.

    An invalid row refers to a parent that does not exist: Postgres detects that only at the end of the statement.
    """
    rng = random.Random(SEED)
    invalid_rows = set(rng.sample(range(row_count), row_count // ROWS_PER_REFUSAL))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "election", "parent", "position", "kind", "name"])
        for number in range(row_count):
            parent = "missing" if number in invalid_rows else ""
            writer.writerow([f"x-{number}", "pemilu-2024", parent, number % 999 + 1, "stage", f"Tahapan {number}"])
    return len(invalid_rows)
