"""A data set: a directory with some of the known files, read and found free of flaws.

Only what a database is needed for is left to check. Rows are not kept but read again when they are loaded, by the same
strict reader, so that a data set may be larger than what one likes to hold in memory.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from app.reference.columns import File
from app.reference.commissions import commissions
from app.reference.files import AFTER_COMMISSIONS, BEFORE_COMMISSIONS, FILES
from app.reference.files.bodies import AGENCIES, REGIONS, SEATS
from app.reference.flaws import MOST, DatasetError, Flaw, shown
from app.reference.parser import read

SHIPPED = Path(__file__).parent / "data"

Row = tuple[Any, ...]

# Where the column of a derived commission stands in regions.csv.
DERIVED_FROM = {
    "name": "name",
    "name_en": "name_en",
    "short_name": None,
    "code": "code",
    "kind": None,
    "level": "type",
    "sector": None,
    "parent": "parent",
    "region": "code",
    "time_zone": "time_zone",
    "seats": None,
    "established_on": "valid_from",
    "source": "source",
    "verified": "verified",
    "primary": "primary",
}


@dataclass(frozen=True)
class Part:
    """Rows for some columns of one table, all told by one file.

    `columns` are the table's, each with the file's column it is from. In those of `kept` an empty value does not
    replace a known one. A row is its line followed by its values; the lines increase.
    """

    name: str
    table: Table
    file: str
    columns: Mapping[str, str | None]
    rows: Callable[[], Iterable[Row]]
    count: int
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Dataset:
    """What there is to load, in the order in which its references allow it."""

    parts: tuple[Part, ...]


def read_dataset(path: Path) -> Dataset:
    """The data set of a directory. A file that is not there means: nothing of that kind; other files are not looked at.

    DatasetError tells the first flaws of all files together.
    """
    flaws: list[Flaw] = []
    present = {file for file in FILES if os.path.exists(path / file.name)}  # false, not an error, where we may not look
    if not present:
        names = ", ".join(file.name for file in FILES)
        raise DatasetError([Flaw(str(path), None, None, f"is no readable directory with any of {names}")])
    parts: list[Part] = []
    for file in BEFORE_COMMISSIONS:
        if file in present:
            parts.append(_part(path, file, flaws))
    if REGIONS in present or SEATS in present:
        parts.append(_commissions(path, present, flaws))
    for file in AFTER_COMMISSIONS:
        if file in present and len(flaws) < MOST:
            parts.append(_part(path, file, flaws))
    if flaws:
        raise DatasetError(flaws)
    return Dataset(tuple(parts))


def _part(path: Path, file: File, flaws: list[Flaw]) -> Part:
    constant = {"kind": "agency"} if file is AGENCIES else {}
    columns: dict[str, str | None] = {column.target: column.name for column in file.columns}
    return Part(
        name=file.name.removesuffix(".csv"),
        table=file.table,
        file=file.name,
        columns=columns | dict.fromkeys(constant),
        rows=lambda: ((*row, *constant.values()) for row in _again(path / file.name, file)),
        count=sum(1 for _ in read(path / file.name, file, flaws)),
    )


def _commissions(path: Path, present: set[File], flaws: list[Flaw]) -> Part:
    """Regions are few (their codes have four digits), so they and what is derived from them fit into memory."""
    seats = _read_if(SEATS in present, path, SEATS, flaws)
    sizes = {row["code"]: row for _, row in seats}
    told: list[Flaw] = []  # by the part of the regions already
    regions = _read_if(REGIONS in present, path, REGIONS, told)
    derived = list(commissions((row for _, row in regions), sizes)) if regions else []
    known = {row["code"] for row in derived}
    flaws.extend(
        Flaw(SEATS.name, line, "organization", f"{shown(row['code'])} follows from no region in {REGIONS.name}")
        for line, row in seats
        if row["code"] not in known and not told
    )
    # The commission of the country is of no region; it takes the line of the header, before those of the regions.
    header = [1] if len(derived) > len(regions) else []
    lines = header + [line for line, _ in regions]
    rows = [(line, *(row[column] for column in DERIVED_FROM)) for line, row in zip(lines, derived, strict=True)]
    return Part(
        name="commissions",
        table=AGENCIES.table,
        file=REGIONS.name,
        columns=DERIVED_FROM,
        rows=lambda: rows,
        count=len(rows),
        kept=frozenset({"seats"}),
    )


def _read_if(present: bool, path: Path, file: File, flaws: list[Flaw]) -> list[tuple[int, dict[str, Any]]]:
    """The rows by column of the table, each with its line."""
    if not present:
        return []
    return [(row[0], dict(zip(file.targets, row[1:], strict=True))) for row in read(path / file.name, file, flaws)]


def _again(path: Path, file: File) -> Iterator[Row]:
    """The rows of a file that had no flaw. If it has one now, somebody has written to it meanwhile."""
    flaws: list[Flaw] = []
    yield from read(path, file, flaws)
    if flaws:
        raise DatasetError(flaws)
