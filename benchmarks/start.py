"""From `rakornas serve` to the first answer: on an empty data directory, and on one that is there already."""

import statistics
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import processes

COLD_TARGET, WARM_TARGET = 6.0, 2.0  # seconds
ROUNDS = 3


def run(quick: bool) -> bool:
    """Print the medians; whether both met their target."""
    cold, warm = [], []
    for _ in range(1 if quick else ROUNDS):
        with processes.scratch() as data_dir:
            cold.append(seconds_to_answer(data_dir))
            warm.append(seconds_to_answer(data_dir))
    table = Table("seconds to the first 200", "median", "all", "target")
    for name, taken, target in (("cold", cold, COLD_TARGET), ("warm", warm, WARM_TARGET)):
        all_of_them = " ".join(f"{seconds:.2f}" for seconds in taken)
        table.add_row(name, f"{statistics.median(taken):.2f}", all_of_them, f"{target:g}")
    Console().print(table)
    if sys.dont_write_bytecode:
        print("PYTHONDONTWRITEBYTECODE is set: unless the modules are compiled already, each start compiles them anew.")
    return statistics.median(cold) <= COLD_TARGET and statistics.median(warm) <= WARM_TARGET


def seconds_to_answer(data_dir: Path) -> float:
    started = time.perf_counter()
    with processes.rakornas(data_dir=data_dir):
        return time.perf_counter() - started
