"""Execute the blocks of a page in order, in one shell, against a running service.

The shell finds programs of ours in front of those of the system. `uv run` starts the program from this environment.
`curl` calls the service of the tests instead of http://127.0.0.1:8000, and records each status and body.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.docs.pages import PROJECT, Block, blocks

WRITTEN_BASE = "http://127.0.0.1:8000"
SECONDS = 60
STATUS = re.compile(r"# (\d{3})\b")
UV = """#!/bin/sh
test "$1" = run || { echo "only uv run" >&2; exit 2; }
shift
case "$1" in
    python) shift; exec "$PYTHON" "$@" ;;
    *) program="$(dirname "$PYTHON")/$1"; shift; exec "$program" "$@" ;;
esac
"""
# An event stream has no end: with -N it is read for a moment.
CURL = """#!/bin/bash
arguments=() limit=()
for argument in "$@"; do
    arguments+=("${argument//$WRITTEN_BASE/$BASE}")
    [ "$argument" != -N ] || limit=(--max-time 0.5)
done
number=$(find bodies -type f | wc -l)
"$REAL_CURL" -s "${limit[@]}" "${arguments[@]}" -w '%{stderr}%{http_code}\\n' 2>>statuses | tee "bodies/$number"
exit 0
"""


class Outcome(NamedTuple):
    statuses: list[str]
    """In the order of the requests."""
    bodies: list[bytes]
    output: str


def run_page(page: Path, base: str, database_url: str, directory: Path) -> Outcome:
    """Run all executed blocks of a page. Raises AssertionError with the output if a command fails."""
    for name, text in (("uv", UV), ("curl", CURL)):
        program = directory / "programs" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    (directory / "bodies").mkdir()
    (directory / "statuses").touch()
    script = "set -euo pipefail\n" + "\n".join(commands(block, directory, base) for block in blocks(page))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("RAKORNAS_", "PG"))}
    environment = {
        **environment,
        "PATH": f"{directory / 'programs'}:{os.environ['PATH']}",
        "PYTHONPATH": str(PROJECT),
        "DATABASE_URL": database_url,
        "PYTHON": sys.executable,
        "REAL_CURL": shutil.which("curl") or "curl",
        "WRITTEN_BASE": WRITTEN_BASE,
        "BASE": base,
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=directory, env=environment, capture_output=True, text=True, timeout=SECONDS
    )
    statuses = (directory / "statuses").read_text().split()
    assert done.returncode == 0, f"{statuses}\n{done.stdout}\n{done.stderr}"
    answered = [(directory / "bodies" / str(number)).read_bytes() for number in range(len(statuses))]
    return Outcome(statuses, answered, done.stdout)


def commands(block: Block, directory: Path, base: str) -> str:
    """Return the shell commands that execute a block."""
    if not block.is_executed:
        return ""
    if block.language == "sh":
        return block.text
    assert block.language == "python"
    program = directory / f"block_{block.line}.py"
    program.write_text(block.text.replace(WRITTEN_BASE, base))
    return shlex.join([sys.executable, "-W", "error", "-m", "tests.docs.statuses", str(program)])


def expected_statuses(page: Path) -> list[str]:
    """Return the statuses that the comments of a page's shell blocks name."""
    return [status for block in blocks(page) for status in _statuses(block)]


def _statuses(block: Block) -> list[str]:
    return STATUS.findall(block.text) if block.language == "sh" and block.is_executed else []


def expected_bodies(page: Path) -> list[tuple[int, Any]]:
    """Return the number of the request and its answer, for each block of JSON after a block of requests."""
    found: list[tuple[int, Any]] = []
    count = 0
    for block in blocks(page):
        count += len(_statuses(block))
        if block.language == "json":
            found.append((count - 1, json.loads(block.text)))
    return found
