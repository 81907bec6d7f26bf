"""Run benchmarks and compare their results with the targets; the exit status is 1 if a target is missed.

With `--quick` each benchmark runs for a few seconds, only to show that it works: its figures mean nothing and the exit
status is 0 whatever they are.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import (
    check_ins,
    crashes,
    files,
    imports,
    latency,
    memory,
    officials,
    races,
    replays,
    roll,
    start,
    tokens,
)

# A benchmark takes `quick`, prints its results and returns whether it met its targets.
Benchmark = Callable[[bool], bool]
BENCHMARKS: dict[str, Benchmark] = {
    "officials": officials.run,
    "latency": latency.run,
    "roll": roll.run,
    "files": files.run,
    "memory": memory.run,
    "start": start.run,
    "tokens": tokens.run,
    "imports": imports.run,
    "races": races.run,
    "replays": replays.run,
    "crashes": crashes.run,
    "check-ins": check_ins.run,
}


def main() -> None:
    """Run the benchmark named on the command line, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=[*BENCHMARKS, "all"], help="the benchmark to run")
    parser.add_argument("--quick", action="store_true", help="only show that the benchmark works")
    parser.add_argument(
        "--plans", type=Path, metavar="FILE", help="file to which `roll` writes the query plans of pages 1 and 1,000"
    )
    arguments = parser.parse_args()
    benchmarks: dict[str, Benchmark] = {**BENCHMARKS, "roll": partial(roll.run, plans_path=arguments.plans)}
    names = list(BENCHMARKS) if arguments.name == "all" else [arguments.name]
    targets_met = [benchmarks[name](arguments.quick) for name in names]
    sys.exit(0 if all(targets_met) or arguments.quick else 1)


if __name__ == "__main__":
    main()
