"""What a fault of the database means in the words of the file that caused it."""

from collections.abc import Callable, Mapping
from typing import Any

import asyncpg

from app.reference.dataset import Part
from app.reference.flaws import Flaw, shown

# A rule is broken, a value is impossible, or one is longer than an index can hold: faults that a row causes.
REFUSALS = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, asyncpg.ProgramLimitExceededError)

Reason = str | Callable[[Mapping[str, Any]], str]

# By constraint: the table's column to look at, and the rule. Rules that reading has checked before are not among them.
RULES: dict[str, tuple[str, Reason]] = {
    **{
        f"ck_{table}_name_length": ("name", "must be 300 characters at most")
        for table in ("regions", "organizations", "divisions", "officials")
    },
    "ck_regions_code_shape": ("code", "must be two digits, or two, a full stop and two: 31 or 31.71"),
    "ck_regions_province_has_short_code": ("code", "a province's code is two digits, any other region's has a point"),
    "ck_regions_province_has_no_parent": ("parent", "a province has no parent, any other region has one"),
    "ck_regions_parent_leads_code": ("parent", "must be the first two digits of the code"),
    "uq_regions_iso_3166_2": ("iso_3166_2", lambda row: f"another region has {shown(row['iso_3166_2'])}"),
    "ck_region_codes_code_shape": ("code", "must be two digits, a full stop and two digits: 91.01"),
    "ck_region_codes_parent_leads_code": ("parent", "must be the first two digits of the code"),
    "ck_region_codes_code_is_former": ("code", "is the code that the region has today"),
    "ck_organizations_code_shape": ("code", "must be lower-case letters and digits beginning with a letter"),
    "uq_organizations_region_of_commission": ("region", lambda row: f"{shown(row['region'])} has a commission already"),
    "ck_divisions_code_shape": ("code", "must be lower-case letters and digits, a hyphen and a number: p7-6"),
    "ck_appointments_term_shape": ("term", "must be two years with a hyphen: 2022-2027"),
    "ck_appointments_start_or_seen": ("start_on", "must not be empty where seen_on is"),
    "ck_appointments_ends_after_start": ("end_on", "must be later than the start, or than seen_on where that is empty"),
    "ex_appointments_one_definitive_holder": (
        "organization",
        lambda row: f"another definitive {row['office']} of {row['organization']} on the same certain days",
    ),
    "ex_appointments_one_office_once": (
        "official",
        lambda row: f"the same person is {row['office']} of {row['organization']} on the same certain days already",
    ),
}


def flaw_of(error: asyncpg.PostgresError, part: Part, row: Mapping[str, Any]) -> Flaw:
    """The flaw of a staged row that the database refused."""
    constraint = getattr(error, "constraint_name", None)
    if constraint in RULES:
        column, reason = RULES[constraint]
        return Flaw(part.file, row["line"], part.columns[column], reason if isinstance(reason, str) else reason(row))
    return Flaw(part.file, row["line"], None, f"refused by the database: {getattr(error, 'message', error)}")


def dangling(part: Part, column: str, target: str, line: int, value: object) -> Flaw:
    """The flaw of a reference to a row that is nowhere."""
    return Flaw(part.file, line, part.columns[column], f"no such {target.removesuffix('s')} {shown(value)}")
