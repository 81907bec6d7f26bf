"""The rules of the database that no schema can say, in words: the member at which each shows."""

from collections.abc import Mapping

from app.core.languages import Text

CONSTRAINT_MESSAGES: Mapping[str, tuple[str, Text]] = {
    "ck_regions_province_has_no_parent": (
        "/parent",
        Text("Provinsi tidak berinduk; daerah lain berinduk.", "A province has no parent, any other region has one."),
    ),
    "ck_regions_province_has_short_code": (
        "/type",
        Text(
            "Kode provinsi dua angka; kode daerah lain bertitik.", "A province's code has two digits, others a point."
        ),
    ),
    "ck_regions_parent_leads_code": (
        "/parent",
        Text("Harus dua angka pertama kode.", "Must be the first two digits of the code."),
    ),
    "ck_region_codes_parent_leads_code": (
        "/previous_codes",
        Text("Induk harus dua angka pertama kode.", "A parent must be the first two digits of its code."),
    ),
    "ck_region_codes_code_is_former": (
        "/previous_codes",
        Text("Kode lama harus lain dari kode sekarang.", "A former code must differ from today's."),
    ),
    "ck_organizations_commission_has_level": (
        "/level",
        Text("Komisi mempunyai tingkat.", "A commission has a level."),
    ),
    **{
        f"ck_{table}_parent_depth": ("/parent", Text("Paling banyak 16 tingkat.", "At most 16 levels."))
        for table in ("organizations", "stages")
    },
    "ck_appointments_start_or_seen": (
        "/start_on",
        Text("start_on atau seen_on harus ada.", "Either start_on or seen_on is needed."),
    ),
    **{
        f"ck_appointments_{member}_is_partial_date": (
            f"/{member}",
            Text(
                "Hari, bulan atau tahun yang ada, 1900 sampai 2199.",
                "A day, month or year of 1900 to 2199.",
            ),
        )
        for member in ("start_on", "end_on")
    },
    **{
        f"ck_{table}_time_zone_known": (
            "/time_zone",
            Text("Nama zona IANA, misalnya Asia/Jakarta.", "The IANA name of a zone, as Asia/Jakarta."),
        )
        for table in ("regions", "organizations", "meetings")
    },
    "ck_sessions_track_is_of_a_group": (
        "/track",
        Text("track dan parallel_group selalu bersama.", "track and parallel_group go together."),
    ),
    **{
        f"ck_{table}_somebody": (
            pointer,
            Text("Harus ada orang, nama atau lembaga.", "There must be a person, a name or an organization."),
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
            Text("official atau name, tidak keduanya.", "official or name, not both."),
        )
        for table, pointer in (
            ("session_speakers", "/speakers"),
            ("meeting_statements", "/name"),
            ("participants", "/name"),
        )
    },
}
