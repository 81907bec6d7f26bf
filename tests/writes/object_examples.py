"""An example object of every resource that can be written."""

from typing import Any, NamedTuple

OFFICIAL_ID = "01a20c10-0ad9-7584-8953-0eb59d6a8d90"
MEETING_PATH = "/v1/meetings/rakornas-2022-06"


class ObjectExample(NamedTuple):
    """Requests that create and change an object."""

    list_path: str
    """Path of the POST that creates it."""
    payload: dict[str, Any]
    patch: dict[str, Any]
    """A merge patch."""
    patched: dict[str, Any]
    """Members of the document after the patch."""


OBJECT_EXAMPLES = {
    "regions": ObjectExample(
        "/v1/regions",
        {"code": "31.99", "name": "Kota Contoh", "type": "city", "parent": "31", "time_zone": "Asia/Jakarta"},
        {"capital": "Contoh", "previous_codes": [{"code": "31.98", "parent": "31", "until": "2020-01-01"}]},
        {"capital": "Contoh"},
    ),
    "organizations": ObjectExample(
        "/v1/organizations",
        {"code": "bawaslu-31", "name": "Bawaslu DKI Jakarta", "kind": "agency", "parent": "kpu-31", "region": "31"},
        {"seats": 5, "name_en": None},
        {"seats": 5, "name_en": None},
    ),
    "divisions": ObjectExample(
        "/v1/divisions",
        {"code": "p7-99", "kind": "division", "level": "province", "members": 7, "name": "Divisi Contoh"},
        {"duties": "Contoh", "members": None},
        {"duties": "Contoh", "members": None},
    ),
    "officials": ObjectExample(
        "/v1/officials",
        {"name": "Siti Contoh", "other_names": ["Sitti Contoh"]},
        {"other_names": []},
        {"other_names": [], "name": "Siti Contoh"},
    ),
    "appointments": ObjectExample(
        "/v1/appointments",
        {
            "official": OFFICIAL_ID,
            "organization": "kpu-31",
            "office": "member",
            "standing": "definitive",
            "start_on": "2031-01",
            "term": "2031-2036",
            "division": "p7-4",
        },
        {"end_on": "2036", "end_reason": "contoh"},
        {"end_on": "2036", "start_on": "2031-01"},
    ),
    "elections": ObjectExample(
        "/v1/elections",
        {"code": "pemilu-2029", "name": "Pemilu 2029", "kind": "general", "voting_on": "2029-02-14"},
        {"voting_on": None, "name_en": "General Election 2029"},
        {"voting_on": None, "name_en": "General Election 2029"},
    ),
    "stages": ObjectExample(
        "/v1/stages",
        {
            "code": "pu-99",
            "election": "pemilu-2024",
            "parent": "pu-08",
            "position": 99,
            "kind": "activity",
            "name": "Contoh",
            "start_on": "2024-02-11",
            "end_on": "2024-02-12",
        },
        {"end_on": "2024-02-14", "legal_basis": "PKPU 99/2023"},
        {"end_on": "2024-02-14", "legal_basis": "PKPU 99/2023"},
    ),
    "meetings": ObjectExample(
        "/v1/meetings",
        {
            "code": "rakor-2026",
            "name": "Rakor",
            "kind": "coordination",
            "host": "kpu-31",
            "roll": "open",
            "time_zone": "Asia/Jakarta",
            "start_on": "2026-12-07",
            "end_on": "2026-12-08",
            "source": {
                "publisher": "KPU",
                "corrections": [{"field": "name", "printed": "Rakoor", "recorded": "Rakor", "reason": "contoh"}],
            },
        },
        {"cancelled_on": "2026-12-01", "source": {"title": "Contoh"}},
        {"cancelled_on": "2026-12-01"},
    ),
    "sessions": ObjectExample(
        f"{MEETING_PATH}/sessions",
        {
            "code": "class-6",
            "kind": "class",
            "position": 9,
            "name": "Contoh",
            "topics": ["Satu", "Dua"],
            "starts_at": "2022-06-14T09:00:00+07:00",
            "ends_at": "2022-06-14T10:30:00+07:00",
            "speakers": [{"official": OFFICIAL_ID, "role": "memandu"}, {"organization": "kemendagri"}],
        },
        {"room": "A", "topics": ["Tiga"], "speakers": [{"name": "Budi Contoh"}]},
        {"room": "A", "topics": ["Tiga"]},
    ),
    "statements": ObjectExample(
        f"{MEETING_PATH}/statements",
        {"organization": "kpu-31", "form": "spoken", "made_on": "2022-06-14", "summary": "Siap."},
        {"made_on": None, "summary": "Siap!"},
        {"made_on": None, "summary": "Siap!"},
    ),
}
