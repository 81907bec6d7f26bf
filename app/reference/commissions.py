"""Derivation of the commissions, which no data file lists, from the regions.

`kpu` is at the top, `kpu-NN` below it for each province, and `kpu-NN.NN` below that for each regency and city, with the
region's code, time zone and source. A province's commission counts as established on the day of its province.

Names are the official ones: "KPU Provinsi <province>", and "KPU <region>" if the region's name begins with Kabupaten or
Kota. The commission of Jakarta prints its name as "KPU Provinsi DKI Jakarta" and keeps it. In Aceh it is a Komisi
Independen Pemilihan: "KIP Aceh", "KIP Kabupaten …", "KIP Kota …" (UU 11/2006). An English name that no rule gives stays
empty.

Seats are those of seats.csv; otherwise five for a regency or city (the sources say so of all of them) and unknown for
a province. `kpu` itself is derived from its row in seats.csv, which names its source; without that row it is left out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]

NATIONAL_CODE = "kpu"
ACEH_CODE = "11"
PRINTED_PROVINCE_NAMES = {"Daerah Khusus Ibukota Jakarta": "DKI Jakarta"}
REGENCY_SEATS = 5
REGENCY_NAME = re.compile(r"(Kabupaten|Kota)( Administrasi)? (.+)")
ENGLISH_TYPES = {"Kabupaten": "Regency", "Kota": "City"}


def derive_commissions(regions: Iterable[Row], seats: Mapping[str, Row]) -> Iterator[dict[str, Any]]:
    """Yield the row of the national commission if seats.csv has it, then that of each region's commission.

    `seats` are the rows of seats.csv by the code of the commission.
    """
    if NATIONAL_CODE in seats:
        yield _build_national_commission(seats[NATIONAL_CODE])
    for region in regions:
        derive_level_members = _derive_province_members if region["type"] == "province" else _derive_regency_members
        yield _derive_common_members(region, seats) | derive_level_members(region)


def format_commission_code(region: str) -> str:
    """Return the code of a province's or regency's commission, given the code of the region: kpu-31 for 31."""
    return f"{NATIONAL_CODE}-{region}"


def _build_national_commission(seats: Row) -> dict[str, Any]:
    """Build the row of the national commission, with seats and provenance from its row in seats.csv."""
    return {
        "code": NATIONAL_CODE,
        "name": "Komisi Pemilihan Umum",
        "name_en": "General Elections Commission",
        "short_name": "KPU",
        "kind": "commission",
        "level": "national",
        "sector": "election_body",
        "parent": None,
        "region": None,
        "time_zone": "Asia/Jakarta",
        "seats": seats["seats"],
        "established_on": None,
    } | _copy_provenance(seats)


def _derive_common_members(region: Row, seats: Mapping[str, Row]) -> dict[str, Any]:
    """Return the columns of a region's commission that are derived in the same way at each level."""
    code = format_commission_code(region["code"])
    return {
        "code": code,
        "short_name": None,
        "kind": "commission",
        "sector": "election_body",
        "region": region["code"],
        "time_zone": region["time_zone"],
        "seats": seats[code]["seats"] if code in seats else _get_default_seats(region),
    } | _copy_provenance(region)


def _derive_province_members(region: Row) -> dict[str, Any]:
    """Return the columns of a province's commission that follow rules for provinces: names, level, parent, start."""
    name = PRINTED_PROVINCE_NAMES.get(region["name"], region["name"])
    return {
        "name": f"KIP {name}" if _is_in_aceh(region) else f"KPU Provinsi {name}",
        "name_en": _translate_commission_name(region, region["name_en"]),
        "level": "province",
        "parent": NATIONAL_CODE,
        "established_on": region["valid_from"],
    }


def _derive_regency_members(region: Row) -> dict[str, Any]:
    """Return the columns of a regency's or city's commission that follow rules for these: names, level, parent."""
    return {
        "name": f"{'KIP' if _is_in_aceh(region) else 'KPU'} {region['name']}",
        "name_en": _translate_commission_name(region, region["name_en"] or _translate_regency_name(region["name"])),
        "level": "regency",
        "parent": format_commission_code(region["parent"]) if region["parent"] else None,
        "established_on": None,
    }


def _get_default_seats(region: Row) -> int | None:
    """Return the seats of a commission that seats.csv does not list: 5, or None (unknown) for a province."""
    return None if region["type"] == "province" else REGENCY_SEATS


def _is_in_aceh(region: Row) -> bool:
    """Return whether a region is the province Aceh or in it."""
    return ACEH_CODE in (region["code"], region["parent"])


def _translate_commission_name(region: Row, name: str | None) -> str | None:
    """Return a commission's English name, given its region and the region's English name; None if that is None."""
    if name is None:
        return None
    return f"{'Independent Election' if _is_in_aceh(region) else 'General Elections'} Commission of {name}"


def _translate_regency_name(name: str) -> str | None:
    """Translate `Kota Administrasi Jakarta Pusat` to Jakarta Pusat Administrative City; None for another form."""
    if not (parts := REGENCY_NAME.fullmatch(name)):
        return None
    kind, administrative, proper = parts.groups()
    return f"{proper}{' Administrative' if administrative else ''} {ENGLISH_TYPES[kind]}"


def _copy_provenance(row: Row) -> dict[str, Any]:
    """Return the columns source, verified and primary of a row."""
    return {member: row[member] for member in ("source", "verified", "primary")}
