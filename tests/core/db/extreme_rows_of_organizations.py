"""Extreme rows of regions, organizations and officials: with the required columns only, or with all columns full."""

from datetime import date
from typing import Any
from uuid import UUID

ODD_TEXT = (
    "\"quoted\" 'apostrophe' \\ \\u0000 / \t\r\n\u0001\u001f\u007f\u2028 é e\u0301"
    " \u202eعربي\u202c 中文 🗳️ \U0010ffff </script> {}"
)
LONG_TEXT = ODD_TEXT * 1000
LONGEST_TIME_ZONE = "America/Argentina/ComodRivadavia"  # none is longer
MINIMAL_RECORD = {"source": None, "verified": False, "primary": False}
FULL_RECORD = {"source": LONG_TEXT, "verified": True, "primary": True}
PERSON, APPOINTMENT = UUID(int=1), UUID(int=2)
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
ROWS: dict[str, list[dict[str, Any]]] = {
    "regions": [
        {
            "code": "00",
            "name": ODD_TEXT,
            "type": "province",
            "time_zone": LONGEST_TIME_ZONE,
            "autonomous": False,
            **MINIMAL_RECORD,
        },
        {
            "code": "00.00",
            "name": ODD_TEXT,
            "name_en": ODD_TEXT,
            "type": "city",
            "parent": "00",
            "iso_3166_2": ODD_TEXT,
            "capital": ODD_TEXT,
            "time_zone": LONGEST_TIME_ZONE,
            "valid_from": FIRST_DAY,
            "formed_by": LONG_TEXT,
            "split_from": "00",
            "autonomous": True,
            **FULL_RECORD,
        },
    ],
    "region_codes": [
        {"code": "00.01", "region": "00.00", "parent": "00", "until": None, **MINIMAL_RECORD},
        {"code": "00.02", "region": "00.00", "parent": "00", "until": LAST_DAY, **MINIMAL_RECORD},
    ],
    "organizations": [
        {"code": "odd", "name": ODD_TEXT, "kind": "agency", **MINIMAL_RECORD},
        {
            "code": "odd-00",
            "name": ODD_TEXT,
            "name_en": ODD_TEXT,
            "short_name": ODD_TEXT,
            "kind": "commission",
            "level": "regency",
            "sector": "court",
            "parent": "odd",
            "region": "00.00",
            "time_zone": LONGEST_TIME_ZONE,
            "role": LONG_TEXT,
            "seats": 99,
            "established_on": FIRST_DAY,
            "dissolved_on": LAST_DAY,
            **FULL_RECORD,
        },
    ],
    "divisions": [
        {"code": "odd-1", "kind": "division", "level": "regency", "name": ODD_TEXT, **MINIMAL_RECORD},
        {
            "code": "odd-2",
            "kind": "division",
            "level": "regency",
            "members": 99,
            "name": ODD_TEXT,
            "name_en": ODD_TEXT,
            "led_by": "chair",
            "duties": LONG_TEXT,
            "legal_basis": LONG_TEXT,
            **FULL_RECORD,
        },
    ],
    "officials": [
        {"id": UUID(int=0), "name": ODD_TEXT, "other_names": [], **MINIMAL_RECORD},
        {"id": PERSON, "name": ODD_TEXT, "other_names": [ODD_TEXT, "", ODD_TEXT], **MINIMAL_RECORD},
    ],
    "appointments": [
        {
            "id": UUID(int=3),
            "official": PERSON,
            "organization": "odd",
            "office": "member",
            "standing": "acting",
            "seen_on": date(2020, 2, 29),
            **MINIMAL_RECORD,
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
            "end_reason": LONG_TEXT,
            "legal_basis": LONG_TEXT,
            **FULL_RECORD,
        },
    ],
}
