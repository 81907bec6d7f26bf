"""Data sets for tests: the shipped one with something changed, or a few files of one's own."""

import csv
import shutil
from pathlib import Path

from app.reference.loader import SHIPPED


def copy_with_change(directory: Path, file: str, old: str | bytes, new: str | bytes) -> Path:
    """A copy of the shipped data set in which one passage of a file, the first like it, is another; may be repeated."""
    copy = directory / "data"
    if not copy.exists():
        shutil.copytree(SHIPPED, copy)
    before, after = (part.encode() if isinstance(part, str) else part for part in (old, new))
    content = (copy / file).read_bytes()
    assert before in content
    (copy / file).write_bytes(content.replace(before, after, 1))
    return copy


def copy_file_with_change(directory: Path, file: str, old: str, new: str) -> Path:
    """A data set of one shipped file, in which the first passage like it is another."""
    content = (SHIPPED / file).read_bytes()
    assert old.encode() in content
    (directory / file).write_bytes(content.replace(old.encode(), new.encode(), 1))
    return directory


def write_files(directory: Path, **files: str) -> Path:
    """A data set of these files, named without their ending."""
    for name, content in files.items():
        (directory / f"{name}.csv").write_text(content, encoding="utf-8", newline="")
    return directory


def read_shipped_rows(file: str) -> list[dict[str, str]]:
    """The rows of a shipped file as any reader of CSV sees them."""
    with (SHIPPED / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
