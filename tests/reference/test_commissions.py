from datetime import date
from typing import Any

import pytest

from app.reference.columns import DataFile
from app.reference.commissions import derive_commissions
from app.reference.files.bodies import REGIONS, SEATS
from app.reference.loader import SHIPPED
from app.reference.parser import read_rows

REGION = {"parent": None, "name_en": None, "valid_from": None, "time_zone": "Asia/Makassar"}
PROVENANCE = {"source": "somewhere", "verified": True, "primary": False}


def read_rows_of(file: DataFile) -> list[dict[str, Any]]:
    return [dict(zip(file.table_columns, row[1:], strict=True)) for row in read_rows(SHIPPED / file.name, file, [])]


COMMISSIONS = list(derive_commissions(read_rows_of(REGIONS), {row["code"]: row for row in read_rows_of(SEATS)}))
BY_CODE = {row["code"]: row for row in COMMISSIONS}


def test_each_region_and_the_country_have_a_commission() -> None:
    levels = [row["level"] for row in COMMISSIONS]
    assert [levels.count(level) for level in ("national", "province", "regency")] == [1, 38, 514]
    assert len(BY_CODE) == 553
    assert {row["parent"] for row in COMMISSIONS} <= {*BY_CODE, None}
    assert {(row["kind"], row["sector"]) for row in COMMISSIONS} == {("commission", "election_body")}


def test_national_commission() -> None:
    assert COMMISSIONS[0] == {
        "code": "kpu",
        "name": "Komisi Pemilihan Umum",
        "name_en": "General Elections Commission",
        "short_name": "KPU",
        "kind": "commission",
        "level": "national",
        "sector": "election_body",
        "parent": None,
        "region": None,
        "time_zone": "Asia/Jakarta",
        "seats": 7,
        "established_on": None,
        "source": "jdih.kpu.go.id/jabar/pangandaran (composition of KPU)",
        "verified": True,
        "primary": True,
    }


@pytest.mark.parametrize(
    ("code", "name", "name_en"),
    [
        ("kpu-32", "KPU Provinsi Jawa Barat", "General Elections Commission of West Java"),
        ("kpu-31", "KPU Provinsi DKI Jakarta", "General Elections Commission of Jakarta Special Capital Region"),
        ("kpu-32.04", "KPU Kabupaten Bandung", "General Elections Commission of Bandung Regency"),
        ("kpu-32.73", "KPU Kota Bandung", "General Elections Commission of Bandung City"),
        ("kpu-62.02", "KPU Kabupaten Kotawaringin Timur", "General Elections Commission of Kotawaringin Timur Regency"),
        (
            "kpu-31.71",
            "KPU Kota Administrasi Jakarta Pusat",
            "General Elections Commission of Jakarta Pusat Administrative City",
        ),
        (
            "kpu-31.01",
            "KPU Kabupaten Administrasi Kepulauan Seribu",
            "General Elections Commission of Kepulauan Seribu Administrative Regency",
        ),
        ("kpu-11", "KIP Aceh", "Independent Election Commission of Aceh"),
        ("kpu-11.06", "KIP Kabupaten Aceh Besar", "Independent Election Commission of Aceh Besar Regency"),
        ("kpu-11.71", "KIP Kota Banda Aceh", "Independent Election Commission of Banda Aceh City"),
    ],
)
def test_names_are_the_official_ones(code: str, name: str, name_en: str) -> None:
    assert (
        BY_CODE[code]["name"],
        BY_CODE[code]["name_en"],
        BY_CODE[code]["short_name"],
    ) == (name, name_en, None)


def test_seats_are_known_or_five_for_regencies() -> None:
    assert {row["code"]: row["seats"] for row in COMMISSIONS if row["level"] == "province" and row["seats"]} == {
        "kpu-31": 7
    }
    assert {row["seats"] for row in COMMISSIONS if row["level"] == "regency"} == {5}


def test_commission_is_established_with_its_province() -> None:
    assert {row["code"]: row["established_on"] for row in COMMISSIONS if row["established_on"]} == {
        "kpu-93": date(2022, 7, 25),
        "kpu-94": date(2022, 7, 25),
        "kpu-95": date(2022, 7, 25),
        "kpu-96": date(2022, 12, 8),
    }


def test_time_zone_and_provenance_are_those_of_the_region() -> None:
    merauke, region = (
        BY_CODE["kpu-93.01"],
        next(row for row in read_rows_of(REGIONS) if row["code"] == "93.01"),
    )
    assert (merauke["region"], merauke["parent"], merauke["time_zone"]) == ("93.01", "kpu-93", "Asia/Jayapura")
    assert {member: merauke[member] for member in PROVENANCE} == {member: region[member] for member in PROVENANCE}


def test_unknown_english_name_stays_empty() -> None:
    province = {"code": "97", "name": "Baru", "type": "province"} | REGION | PROVENANCE
    regency = {"code": "97.01", "name": "Distrik Baru", "type": "regency"} | REGION | PROVENANCE | {"parent": "97"}
    assert [row["name_en"] for row in derive_commissions([province, regency], {})] == [None, None]


def test_national_commission_needs_a_row_in_seats() -> None:
    assert list(derive_commissions([], {})) == []
