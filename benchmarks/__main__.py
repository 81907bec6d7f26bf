"""`python -m benchmarks NAME|all [--quick]`, NAME one of those below; exit status 1 where a target is missed.

With `--quick` a few seconds show that everything runs: the figures mean nothing then, and no target is held.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import doors, imports, latency, memory, officials, races, replays, roll, start, storms, tokens

BENCHMARKS: dict[str, Callable[[bool], bool]] = {
    "officials": officials.run,
    "latency": latency.run,
    "roll": roll.run,
    "memory": memory.run,
    "start": start.run,
    "tokens": tokens.run,
    "imports": imports.run,
    "races": races.run,
    "replays": replays.run,
    "storms": storms.run,
    "doors": doors.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=[*BENCHMARKS, "all"])
    parser.add_argument("--quick", action="store_true", help="only show that everything runs")
    parser.add_argument("--plans", type=Path, metavar="FILE", help="where roll writes the plans of pages 1 and 1,000")
    asked = parser.parse_args()
    benchmarks: dict[str, Callable[[bool], bool]] = {**BENCHMARKS, "roll": partial(roll.run, plans=asked.plans)}
    names = list(BENCHMARKS) if asked.name == "all" else [asked.name]
    met = [benchmarks[name](asked.quick) for name in names]
    sys.exit(0 if all(met) or asked.quick else 1)


if __name__ == "__main__":
    main()
