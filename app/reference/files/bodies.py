"""Regions, the bodies of the commission and beside it, and who holds which office in them."""

from typing import get_args

from app.models import Appointment, Division, Official, Organization, Region, RegionCode
from app.models.vocabulary import DivisionKind, Level, Office, RegionType, Sector, Standing
from app.reference.cells import day, identifier, one_of, partial_date, several, size, text, truth
from app.reference.columns import declare
from app.reference.commissions import ROOT
from app.reference.flaws import shown


def agency_code(cell: str) -> str:
    """The codes of commissions follow from the regions, so no agency may have one."""
    if cell == ROOT or cell.startswith(f"{ROOT}-"):
        raise ValueError(f"{shown(cell)} is the code of a commission")
    return cell


REGIONS = declare(
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

REGION_CODES = declare(
    "region_codes.csv", RegionCode, "code", {"region": text, "code": text, "parent": text, "until": day}
)

SEATS = declare("seats.csv", Organization, "organization", {"organization": text, "seats": size}, organization="code")

AGENCIES = declare(
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

DIVISIONS = declare(
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

PEOPLE = declare("people.csv", Official, "id", {"id": identifier, "name": text, "other_names": several})

APPOINTMENTS = declare(
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
