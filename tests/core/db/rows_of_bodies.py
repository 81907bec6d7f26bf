"""Rows of bodies and people, as odd and as extreme as their tables admit: only what must be there, or all of it."""

from datetime import date
from typing import Any
from uuid import UUID

ODD = (
    "\"quoted\" 'apostrophe' \\ \\u0000 / \t\r\n\u0001\u001f\u007f\u2028 é e\u0301"
    " \u202eعربي\u202c 中文 🗳️ \U0010ffff </script> {}"
)
LONG = ODD * 1000
ZONE = "America/Argentina/ComodRivadavia"  # none is longer
FACT = {"source": None, "verified": False, "primary": False}
FULL = {"source": LONG, "verified": True, "primary": True}
PERSON, APPOINTMENT = UUID(int=1), UUID(int=2)
FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)
BODIES: dict[str, list[dict[str, Any]]] = {
    "regions": [
        {"code": "00", "name": ODD, "type": "province", "time_zone": ZONE, "autonomous": False, **FACT},
        {
            "code": "00.00",
            "name": ODD,
            "name_en": ODD,
            "type": "city",
            "parent": "00",
            "iso_3166_2": ODD,
            "capital": ODD,
            "time_zone": ZONE,
            "valid_from": FIRST,
            "formed_by": LONG,
            "split_from": "00",
            "autonomous": True,
            **FULL,
        },
    ],
    "region_codes": [
        {"code": "00.01", "region": "00.00", "parent": "00", "until": None, **FACT},
        {"code": "00.02", "region": "00.00", "parent": "00", "until": LAST, **FACT},
    ],
    "organizations": [
        {"code": "odd", "name": ODD, "kind": "agency", **FACT},
        {
            "code": "odd-00",
            "name": ODD,
            "name_en": ODD,
            "short_name": ODD,
            "kind": "commission",
            "level": "regency",
            "sector": "court",
            "parent": "odd",
            "region": "00.00",
            "time_zone": ZONE,
            "role": LONG,
            "seats": 99,
            "established_on": FIRST,
            "dissolved_on": LAST,
            **FULL,
        },
    ],
    "divisions": [
        {"code": "odd-1", "kind": "division", "level": "regency", "name": ODD, **FACT},
        {
            "code": "odd-2",
            "kind": "division",
            "level": "regency",
            "members": 99,
            "name": ODD,
            "name_en": ODD,
            "led_by": "chair",
            "duties": LONG,
            "legal_basis": LONG,
            **FULL,
        },
    ],
    "officials": [
        {"id": UUID(int=0), "name": ODD, "other_names": [], **FACT},
        {"id": PERSON, "name": ODD, "other_names": [ODD, "", ODD], **FACT},
    ],
    "appointments": [
        {
            "id": UUID(int=3),
            "official": PERSON,
            "organization": "odd",
            "office": "member",
            "standing": "acting",
            "seen_on": date(2020, 2, 29),
            **FACT,
        },
        {
            "id": APPOINTMENT,
            "official": PERSON,
            "organization": "odd-00",
            "office": "chair",
            "standing": "definitive",
            "division": "odd-2",
            "term": "2020-2025",
            "start_on": "2020-02",
            "end_on": "2199",
            "seen_on": date(2020, 2, 29),
            "end_reason": LONG,
            "legal_basis": LONG,
            **FULL,
        },
    ],
}
