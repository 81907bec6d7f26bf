"""Files of regions, commissions, agencies, divisions, people and appointments."""

from typing import get_args

from app.models import Appointment, Division, Official, Organization, Region, RegionCode
from app.models.vocabulary import DivisionKind, Level, Office, RegionType, Sector, Standing
from app.reference.cells import (
    make_choice_parser,
    parse_boolean,
    parse_date,
    parse_list,
    parse_member_count,
    parse_partial_date,
    parse_text,
    parse_uuid,
)
from app.reference.columns import declare_file
from app.reference.commissions import NATIONAL_CODE
from app.reference.errors import quote_value


def parse_agency_code(cell: str) -> str:
    """Return the code of an agency; ValueError for that of a commission, which is derived from the regions."""
    if cell == NATIONAL_CODE or cell.startswith(f"{NATIONAL_CODE}-"):
        raise ValueError(f"{quote_value(cell)} is the code of a commission")
    return cell


REGIONS = declare_file(
    "regions.csv",
    Region,
    "code",
    {
        "code": parse_text,
        "name": parse_text,
        "name_en": parse_text,
        "type": make_choice_parser(*get_args(RegionType)),
        "parent": parse_text,
        "iso_3166_2": parse_text,
        "capital": parse_text,
        "time_zone": parse_text,
        "valid_from": parse_date,
        "formed_by": parse_text,
        "split_from": parse_text,
        "autonomous": parse_boolean,
    },
)

REGION_CODES = declare_file(
    "region_codes.csv",
    RegionCode,
    "code",
    {"region": parse_text, "code": parse_text, "parent": parse_text, "until": parse_date},
)

SEATS = declare_file(
    "seats.csv",
    Organization,
    "organization",
    {"organization": parse_text, "seats": parse_member_count},
    organization="code",
)

AGENCIES = declare_file(
    "agencies.csv",
    Organization,
    "code",
    {
        "code": parse_agency_code,
        "name": parse_text,
        "name_en": parse_text,
        "short_name": parse_text,
        "sector": make_choice_parser(*get_args(Sector)),
        "level": make_choice_parser(*get_args(Level)),
        "role": parse_text,
    },
)

DIVISIONS = declare_file(
    "divisions.csv",
    Division,
    "code",
    {
        "code": parse_text,
        "kind": make_choice_parser(*get_args(DivisionKind)),
        "level": make_choice_parser(*get_args(Level)),
        "members": parse_member_count,
        "name": parse_text,
        "name_en": parse_text,
        "led_by": make_choice_parser(*get_args(Office)),
        "duties": parse_text,
        "legal_basis": parse_text,
    },
)

PEOPLE = declare_file("people.csv", Official, "id", {"id": parse_uuid, "name": parse_text, "other_names": parse_list})

APPOINTMENTS = declare_file(
    "appointments.csv",
    Appointment,
    "id",
    {
        "id": parse_uuid,
        "person": parse_uuid,
        "organization": parse_text,
        "office": make_choice_parser(*get_args(Office)),
        "standing": make_choice_parser(*get_args(Standing)),
        "division": parse_text,
        "term": parse_text,
        "start_on": parse_partial_date,
        "end_on": parse_partial_date,
        "seen_on": parse_date,
        "end_reason": parse_text,
        "legal_basis": parse_text,
    },
    person="official",
)
