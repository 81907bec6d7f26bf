"""A file of 50,000 people brought in by the command, all good and with one in a hundred refused."""

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

ROWS, QUICK = 50_000, 1_000
TARGET = 30.0  # seconds
FLAT = 0.15  # of the memory for a tenth of the rows: how much more all of them may take
SEED = 2024


class Taken(NamedTuple):
    rows: int
    refused: int
    seconds: float
    megabytes: float


def run(quick: bool) -> bool:
    """Print seconds and peak memory; whether both are as they should be."""
    rows = QUICK if quick else ROWS
    with dataset.filled() as url, tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "people.csv")
        small, whole, flawed = (
            measure(url, path, count, one_in) for count, one_in in ((rows // 10, None), (rows, None), (rows, 100))
        )
    table = Table("rows", "refused", "seconds", "rows/s", "peak MB")
    for item in (small, whole, flawed):
        table.add_row(
            f"{item.rows:,}",
            f"{item.refused:,}",
            f"{item.seconds:.1f}",
            f"{item.rows / item.seconds:,.0f}",
            f"{item.megabytes:.0f}",
        )
    Console().print(table)
    is_flat = max(whole.megabytes, flawed.megabytes) <= small.megabytes * (1 + FLAT)
    return max(whole.seconds, flawed.seconds) <= TARGET and is_flat


def measure(url: str, path: Path, rows: int, one_in: int | None) -> Taken:
    """Import people or, where one row in so many is to be refused by a rule of the database, stages."""
    resource = "officials" if one_in is None else "stages"
    refused = write_people(path, rows) if one_in is None else write_stages(path, rows, one_in)
    command = [sys.executable, "-m", "app", "import", str(path), "--resource", resource, "--partial", "--json"]
    started, peak = time.perf_counter(), 0
    answer = path.with_suffix(".json")  # a pipe would be full before anybody reads it
    with answer.open("wb") as out, subprocess.Popen([*command, "--database-url", url], stdout=out) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            with suppress(psutil.NoSuchProcess):
                peak = max(peak, watched.memory_info().rss)
            time.sleep(0.02)
    seconds = time.perf_counter() - started
    said = orjson.loads(answer.read_bytes())
    if (said["created"], said["refused"]) != (rows - refused, refused):
        raise RuntimeError(f"{said['created']} rows were created, {said['refused']} refused")
    return Taken(rows, refused, seconds, peak / 2**20)


def write_people(path: Path, rows: int) -> int:
    chance = random.Random(SEED)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "other_names", "source", "verified"])
        for _ in range(rows):
            name = f"{chance.choice(dataset.FORENAMES.split())} {chance.getrandbits(40):x}"
            writer.writerow([name, f'["{name} S."]', "https://example.org/daftar", "true"])
    return 0


def write_stages(path: Path, rows: int, one_in: int) -> int:
    """Those that are refused name a parent that is not there, which shows only when a statement has done all else."""
    chance = random.Random(SEED)
    bad = set(chance.sample(range(rows), rows // one_in))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "election", "parent", "position", "kind", "name"])
        for n in range(rows):
            writer.writerow(
                [f"x-{n}", "pemilu-2024", "nobody" if n in bad else "", n % 999 + 1, "stage", f"Tahapan {n}"]
            )
    return len(bad)
