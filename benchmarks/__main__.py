"""`python -m benchmarks officials|memory|start|all [--quick]`; exit status 1 where a target is missed.

With `--quick` a few seconds show that everything runs: the figures mean nothing then, and no target is held.
"""

import argparse
import sys
from collections.abc import Callable

from benchmarks import memory, officials, start

BENCHMARKS: dict[str, Callable[[bool], bool]] = {"officials": officials.run, "memory": memory.run, "start": start.run}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=[*BENCHMARKS, "all"])
    parser.add_argument("--quick", action="store_true", help="only show that everything runs")
    asked = parser.parse_args()
    names = list(BENCHMARKS) if asked.name == "all" else [asked.name]
    met = [BENCHMARKS[name](asked.quick) for name in names]
    sys.exit(0 if all(met) or asked.quick else 1)


if __name__ == "__main__":
    main()
