"""Data sets for tests: copies of the shipped one with a change, or given files."""

import csv
import shutil
from pathlib import Path

from app.reference.loader import SHIPPED


def copy_with_change(directory: Path, file: str, old: str | bytes, new: str | bytes) -> Path:
    """Copy the shipped data set, if not yet copied, and replace the first occurrence of `old` in a file."""
    copy = directory / "data"
    if not copy.exists():
        shutil.copytree(SHIPPED, copy)
    before, after = (part.encode() if isinstance(part, str) else part for part in (old, new))
    content = (copy / file).read_bytes()
    assert before in content
    (copy / file).write_bytes(content.replace(before, after, 1))
    return copy


def copy_file_with_change(directory: Path, file: str, old: str, new: str) -> Path:
    """Copy one shipped file, and replace the first occurrence of `old` in it."""
    content = (SHIPPED / file).read_bytes()
    assert old.encode() in content
    (directory / file).write_bytes(content.replace(old.encode(), new.encode(), 1))
    return directory


def write_files(directory: Path, **files: str) -> Path:
    """Write files with this content, named without the suffix .csv."""
    for name, content in files.items():
        (directory / f"{name}.csv").write_text(content, encoding="utf-8", newline="")
    return directory


def read_shipped_rows(file: str) -> list[dict[str, str]]:
    """Return the rows of a shipped file, parsed by the csv module."""
    with (SHIPPED / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
