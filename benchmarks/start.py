"""Measure the time from `rakornas serve` to its first response, with an empty and with an existing data directory."""

import statistics
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import processes

COLD_TARGET_SECONDS, WARM_TARGET_SECONDS = 6.0, 2.0
ROUNDS = 3


def run(quick: bool) -> bool:
    """Print the medians; return whether both met their target."""
    cold, warm = [], []
    for _ in range(1 if quick else ROUNDS):
        with processes.reserve_data_dir() as data_dir:
            cold.append(measure_start_seconds(data_dir))
            warm.append(measure_start_seconds(data_dir))
    table = Table("seconds to the first 200", "median", "all", "target")
    for name, durations, target in (("cold", cold, COLD_TARGET_SECONDS), ("warm", warm, WARM_TARGET_SECONDS)):
        formatted_durations = " ".join(f"{seconds:.2f}" for seconds in durations)
        table.add_row(name, f"{statistics.median(durations):.2f}", formatted_durations, f"{target:g}")
    Console().print(table)
    if sys.dont_write_bytecode:
        print("PYTHONDONTWRITEBYTECODE is set: modules that are not compiled yet are compiled at each start.")
    return statistics.median(cold) <= COLD_TARGET_SECONDS and statistics.median(warm) <= WARM_TARGET_SECONDS


def measure_start_seconds(data_dir: Path) -> float:
    """Return the seconds from the start of the service to its first response."""
    started_at = time.perf_counter()
    with processes.run_rakornas(data_dir=data_dir):
        return time.perf_counter() - started_at
