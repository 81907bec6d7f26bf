"""The commissions, which no file lists: they follow from the regions.

`kpu` stands at the top, `kpu-NN` below it for each province and `kpu-NN.NN` below that for each regency and city,
with the region's code, time zone and source. A province's commission is served as established with its province.

Names are the commission's own: "KPU Provinsi <province>", and "KPU <region>" where the region's name begins with
Kabupaten or Kota. Jakarta's, which prints itself "KPU Provinsi DKI Jakarta", keeps that name; in Aceh it is a Komisi
Independen Pemilihan: "KIP Aceh", "KIP Kabupaten …", "KIP Kota …" (UU 11/2006). An English name that follows from no
rule stays empty.

Seats are those of seats.csv; of a regency or city they are five (its facts say so of all of them), of another province
unknown. `kpu` itself is derived with its row in seats.csv, which tells its source: without one it says nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]

ROOT = "kpu"
ACEH = "11"
PRINTED = {"Daerah Khusus Ibukota Jakarta": "DKI Jakarta"}
REGENCY_SEATS = 5
REGENCY = re.compile(r"(Kabupaten|Kota)( Administrasi)? (.+)")
ENGLISH = {"Kabupaten": "Regency", "Kota": "City"}


def commissions(regions: Iterable[Row], seats: Mapping[str, Row]) -> Iterator[dict[str, Any]]:
    """The commission of each region, after `kpu`; `seats` are the rows of seats.csv by commission."""
    if ROOT in seats:
        yield _national(seats[ROOT])
    for region in regions:
        derive = _of_province if region["type"] == "province" else _of_regency
        yield _of_region(region, seats) | derive(region)


def code_of(region: str) -> str:
    """The code of a region's commission."""
    return f"{ROOT}-{region}"


def _national(seats: Row) -> dict[str, Any]:
    return {
        "code": ROOT,
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
    } | _origin(seats)


def _of_region(region: Row, seats: Mapping[str, Row]) -> dict[str, Any]:
    """What does not depend on the level, but for the seats that only seats.csv tells."""
    code = code_of(region["code"])
    return {
        "code": code,
        "short_name": None,
        "kind": "commission",
        "sector": "election_body",
        "region": region["code"],
        "time_zone": region["time_zone"],
        "seats": seats[code]["seats"] if code in seats else _usual_seats(region),
    } | _origin(region)


def _of_province(region: Row) -> dict[str, Any]:
    name = PRINTED.get(region["name"], region["name"])
    return {
        "name": f"KIP {name}" if _in_aceh(region) else f"KPU Provinsi {name}",
        "name_en": _english(region, region["name_en"]),
        "level": "province",
        "parent": ROOT,
        "established_on": region["valid_from"],
    }


def _of_regency(region: Row) -> dict[str, Any]:
    return {
        "name": f"{'KIP' if _in_aceh(region) else 'KPU'} {region['name']}",
        "name_en": _english(region, region["name_en"] or _regency_in_english(region["name"])),
        "level": "regency",
        "parent": code_of(region["parent"]) if region["parent"] else None,
        "established_on": None,
    }


def _usual_seats(region: Row) -> int | None:
    return None if region["type"] == "province" else REGENCY_SEATS


def _in_aceh(region: Row) -> bool:
    return ACEH in (region["code"], region["parent"])


def _english(region: Row, name: str | None) -> str | None:
    if name is None:
        return None
    return f"{'Independent Election' if _in_aceh(region) else 'General Elections'} Commission of {name}"


def _regency_in_english(name: str) -> str | None:
    """`Kota Administrasi Jakarta Pusat` is Jakarta Pusat Administrative City."""
    if not (parts := REGENCY.fullmatch(name)):
        return None
    kind, administrative, proper = parts.groups()
    return f"{proper}{' Administrative' if administrative else ''} {ENGLISH[kind]}"


def _origin(row: Row) -> dict[str, Any]:
    return {member: row[member] for member in ("source", "verified", "primary")}
