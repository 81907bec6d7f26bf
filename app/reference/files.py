"""The files of a data set, and what their columns are: the value of each cell, and the table's column it goes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from sqlalchemy import Table

from app.models import Appointment, Base, Division, Official, Organization, Region, RegionCode
from app.models.vocabulary import DivisionKind, Level, Office, RegionType, Sector, Standing
from app.reference.cells import Convert, day, identifier, one_of, partial_date, several, size, text, truth
from app.reference.commissions import ROOT
from app.reference.flaws import shown


@dataclass(frozen=True)
class Column:
    """A column of a file. `target` is its name in the table, `empty` what an empty cell means where it may be empty."""

    name: str
    target: str
    convert: Convert
    empty: Any
    required: bool


@dataclass(frozen=True)
class File:
    """A file and the table that its rows belong to. `key` names the column that tells the rows apart."""

    name: str
    table: Table
    key: str
    columns: tuple[Column, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(column.target for column in self.columns)


def agency_code(cell: str) -> str:
    """The codes of commissions follow from the regions, so no agency may have one."""
    if cell == ROOT or cell.startswith(f"{ROOT}-"):
        raise ValueError(f"{shown(cell)} is the code of a commission")
    return cell


def _file(name: str, model: type[Base], key: str, columns: Mapping[str, Convert], **targets: str) -> File:
    table = cast(Table, model.__table__)
    every = {**columns, "source": text, "verified": truth, "primary": truth}
    return File(
        name,
        table,
        key,
        tuple(
            Column(
                column,
                target := targets.get(column, column),
                convert,
                empty=() if convert is several else None,
                required=not table.c[target].nullable and convert is not several,
            )
            for column, convert in every.items()
        ),
    )


REGIONS = _file(
    "regions.csv",
    Region,
    "code",
    {
        "code": text,
        "name": text,
        "name_en": text,
        "type": one_of(*get_args(RegionType)),
        "parent": text,
        "iso_3166_2": text,
        "capital": text,
        "time_zone": text,
        "valid_from": day,
        "formed_by": text,
        "split_from": text,
        "autonomous": truth,
    },
)

REGION_CODES = _file(
    "region_codes.csv", RegionCode, "code", {"region": text, "code": text, "parent": text, "until": day}
)

SEATS = _file("seats.csv", Organization, "organization", {"organization": text, "seats": size}, organization="code")

AGENCIES = _file(
    "agencies.csv",
    Organization,
    "code",
    {
        "code": agency_code,
        "name": text,
        "name_en": text,
        "short_name": text,
        "sector": one_of(*get_args(Sector)),
        "level": one_of(*get_args(Level)),
        "role": text,
    },
)

DIVISIONS = _file(
    "divisions.csv",
    Division,
    "code",
    {
        "code": text,
        "kind": one_of(*get_args(DivisionKind)),
        "level": one_of(*get_args(Level)),
        "members": size,
        "name": text,
        "name_en": text,
        "led_by": one_of(*get_args(Office)),
        "duties": text,
        "legal_basis": text,
    },
)

PEOPLE = _file("people.csv", Official, "id", {"id": identifier, "name": text, "other_names": several})

APPOINTMENTS = _file(
    "appointments.csv",
    Appointment,
    "id",
    {
        "id": identifier,
        "person": identifier,
        "organization": text,
        "office": one_of(*get_args(Office)),
        "standing": one_of(*get_args(Standing)),
        "division": text,
        "term": text,
        "start_on": partial_date,
        "end_on": partial_date,
        "seen_on": day,
        "end_reason": text,
        "legal_basis": text,
    },
    person="official",
)

FILES = (REGIONS, REGION_CODES, SEATS, AGENCIES, DIVISIONS, PEOPLE, APPOINTMENTS)
