"""Messages in two languages for the database constraints that no schema expresses."""

from collections.abc import Mapping

from app.core.languages import Text

# By constraint: a JSON pointer to the member at fault, and the message.
CONSTRAINT_MESSAGES: Mapping[str, tuple[str, Text]] = {
    "ck_regions_province_has_no_parent": (
        "/parent",
        Text(
            "Provinsi tidak boleh mempunyai daerah induk; kabupaten dan kota harus mempunyai daerah induk.",
            "A province must not have a parent; a regency or city must have one.",
        ),
    ),
    "ck_regions_province_has_short_code": (
        "/type",
        Text(
            "Kode provinsi terdiri dari dua angka, misalnya 31; kode kabupaten atau kota memuat titik, misalnya 31.71.",
            "The code of a province has two digits, such as 31; the code of a regency or city has a point, "
            "such as 31.71.",
        ),
    ),
    "ck_regions_parent_leads_code": (
        "/parent",
        Text(
            "Kode daerah induk harus sama dengan dua angka pertama kode daerah, misalnya 31 untuk 31.71.",
            "The parent must be the first two digits of the code, such as 31 for 31.71.",
        ),
    ),
    "ck_region_codes_parent_leads_code": (
        "/previous_codes",
        Text(
            "Induk dari kode lama harus sama dengan dua angka pertama kode lama itu, misalnya 91 untuk 91.17.",
            "The parent of a former code must be the first two digits of that code, such as 91 for 91.17.",
        ),
    ),
    "ck_region_codes_code_is_former": (
        "/previous_codes",
        Text("Kode lama harus berbeda dari kode sekarang.", "A former code must differ from the current code."),
    ),
    "ck_organizations_commission_has_level": (
        "/level",
        Text("Komisi harus mempunyai tingkat (level).", "A commission must have a level."),
    ),
    "ck_meetings_within_a_year": (
        "/end_on",
        Text("Rapat paling lama 366 hari.", "A meeting has at most 366 days."),
    ),
    **{
        f"ck_{table}_parent_depth": (
            "/parent",
            Text(
                "Susunan induk dan anak paling banyak terdiri dari 16 tingkat.",
                "The hierarchy of parents must have at most 16 levels.",
            ),
        )
        for table in ("organizations", "stages")
    },
    "ck_appointments_start_or_seen": (
        "/start_on",
        Text("Isi start_on atau seen_on.", "Either start_on or seen_on is required."),
    ),
    **{
        f"ck_appointments_{member}_is_partial_date": (
            f"/{member}",
            Text(
                "Harus tanggal, bulan atau tahun dari 1900 sampai 2199, misalnya 2018-05-01, 2018-05 atau 2018.",
                "Must be a day, month or year from 1900 to 2199, such as 2018-05-01, 2018-05 or 2018.",
            ),
        )
        for member in ("start_on", "end_on")
    },
    **{
        f"ck_{table}_time_zone_known": (
            "/time_zone",
            Text(
                "Harus nama zona waktu IANA, misalnya Asia/Jakarta.",
                "Must be the IANA name of a time zone, such as Asia/Jakarta.",
            ),
        )
        for table in ("regions", "organizations", "meetings")
    },
    "ck_sessions_track_is_of_a_group": (
        "/track",
        Text(
            "Isi track dan parallel_group keduanya, atau tidak satu pun.",
            "Give both track and parallel_group, or neither.",
        ),
    ),
    **{
        f"ck_{table}_somebody": (
            pointer,
            Text(
                "Isi official, name atau organization.",
                "One of official, name and organization is required.",
            ),
        )
        for table, pointer in (
            ("session_speakers", "/speakers"),
            ("meeting_statements", "/organization"),
            ("participants", "/organization"),
        )
    },
    **{
        f"ck_{table}_official_or_name": (
            pointer,
            Text("Isi official atau name, tidak boleh keduanya.", "Give either official or name, not both."),
        )
        for table, pointer in (
            ("session_speakers", "/speakers"),
            ("meeting_statements", "/name"),
            ("participants", "/name"),
        )
    },
}
