"""A data set: a directory with some of the known files, parsed without errors.

Only constraints that need a database are left to check. Rows are not kept in memory: the same strict parser reads them
again when they are loaded, so a data set may be larger than the memory.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from app.reference.columns import DataFile
from app.reference.commissions import derive_commissions
from app.reference.errors import MAX_REPORTED_ERRORS, DatasetError, RowError, quote_value
from app.reference.files import AFTER_COMMISSIONS, BEFORE_COMMISSIONS, FILES
from app.reference.files.bodies import AGENCIES, REGIONS, SEATS
from app.reference.parser import read_rows

SHIPPED = Path(__file__).parent / "data"

Row = tuple[Any, ...]

# The columns of a derived commission, each with the column of regions.csv that it comes from.
COMMISSION_COLUMNS = {
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
class RowSet:
    """Rows for some columns of one table, all from one file.

    `columns` maps each column of the table to the column of the file that it comes from. `read_rows` yields each row as
    its line number followed by its values, in ascending order of lines. In `preserved_columns` an empty value does not
    replace a known one.
    """

    name: str
    table: Table
    file: str
    columns: Mapping[str, str | None]
    read_rows: Callable[[], Iterable[Row]]
    row_count: int
    preserved_columns: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Dataset:
    """The rows to load, in an order in which each reference leads to an earlier row set."""

    row_sets: tuple[RowSet, ...]


def read_dataset(directory: Path) -> Dataset:
    """Validate the CSV files in a directory; return row sets that read them again, or raise DatasetError with errors.

    Raises:
        DatasetError: Files have errors. It lists the first ones of all files together.
    """
    errors: list[RowError] = []
    # exists() is false, and raises nothing, if we may not read the directory.
    present = {file for file in FILES if os.path.exists(directory / file.name)}
    if not present:
        names = ", ".join(file.name for file in FILES)
        raise DatasetError([RowError(str(directory), None, None, f"is not a readable directory with any of {names}")])
    row_sets: list[RowSet] = []
    for file in BEFORE_COMMISSIONS:
        if file in present:
            row_sets.append(_read_row_set(directory, file, errors))
    if REGIONS in present or SEATS in present:
        row_sets.append(_derive_commission_rows(directory, present, errors))
    for file in AFTER_COMMISSIONS:
        if file in present and len(errors) < MAX_REPORTED_ERRORS:
            row_sets.append(_read_row_set(directory, file, errors))
    if errors:
        raise DatasetError(errors)
    return Dataset(tuple(row_sets))


def _read_row_set(directory: Path, file: DataFile, errors: list[RowError]) -> RowSet:
    """Validate a data file, add its errors to `errors`, and return a RowSet that reads its rows again on demand."""
    constants = {"kind": "agency"} if file is AGENCIES else {}
    columns: dict[str, str | None] = {column.table_column: column.name for column in file.columns}
    return RowSet(
        name=file.name.removesuffix(".csv"),
        table=file.table,
        file=file.name,
        columns=columns | dict.fromkeys(constants),
        read_rows=lambda: ((*row, *constants.values()) for row in _reread_rows(directory / file.name, file)),
        row_count=sum(1 for _ in read_rows(directory / file.name, file, errors)),
    )


def _derive_commission_rows(directory: Path, present: set[DataFile], errors: list[RowError]) -> RowSet:
    """Derive the rows of the commissions from regions.csv and seats.csv; append the errors of seats.csv to `errors`.

    Regions are few, as their codes have four digits, so they and their commissions fit into memory.
    """
    seats = _read_present_file(SEATS in present, directory, SEATS, errors)
    seats_by_code = {row["code"]: row for _, row in seats}
    region_errors: list[RowError] = []  # not added to `errors`: the row set of the regions has reported them
    regions = _read_present_file(REGIONS in present, directory, REGIONS, region_errors)
    commissions = list(derive_commissions((row for _, row in regions), seats_by_code)) if regions else []
    codes = {commission["code"] for commission in commissions}
    errors.extend(
        RowError(SEATS.name, line, "organization", f"{quote_value(row['code'])} has no region in {REGIONS.name}")
        for line, row in seats
        if row["code"] not in codes and not region_errors
    )
    # The national commission belongs to no region. It takes the line of the header, before those of the regions.
    header_line = [1] if len(commissions) > len(regions) else []
    lines = header_line + [line for line, _ in regions]
    rows = [
        (line, *(commission[column] for column in COMMISSION_COLUMNS))
        for line, commission in zip(lines, commissions, strict=True)
    ]
    return RowSet(
        name="commissions",
        table=AGENCIES.table,
        file=REGIONS.name,
        columns=COMMISSION_COLUMNS,
        read_rows=lambda: rows,
        row_count=len(rows),
        preserved_columns=frozenset({"seats"}),
    )


def _read_present_file(
    is_present: bool, directory: Path, file: DataFile, errors: list[RowError]
) -> list[tuple[int, dict[str, Any]]]:
    """Return a file's valid rows as (line, values by table column), and append its errors; [] if it is not present."""
    if not is_present:
        return []
    rows = read_rows(directory / file.name, file, errors)
    return [(row[0], dict(zip(file.table_columns, row[1:], strict=True))) for row in rows]


def _reread_rows(path: Path, file: DataFile) -> Iterator[Row]:
    """Yield the rows of a validated file; DatasetError if it was changed since and has an error now."""
    errors: list[RowError] = []
    yield from read_rows(path, file, errors)
    if errors:
        raise DatasetError(errors)
