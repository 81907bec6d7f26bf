"""Rows that violate one constraint each: the table, the changed columns of its valid row, and the constraint."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.models import Base
from tests.models.invalid_check_in_rows import INVALID_CHECK_IN_ROWS, InvalidRow
from tests.models.valid_rows import CLIENT, HASH, HOUR, OFFICIAL, OTHER_OFFICIAL, OTHER_PARTICIPANT, PARTICIPANT

NOON, EARLIER = HOUR, HOUR - timedelta(hours=1)
INVALID_SLUGS = ("", "A", "a--b", "-a", "a-", "a_b", "a b", "é", "a\n", "x" * 41)

ORGANIZATION_ROWS: list[InvalidRow] = [
    ("regions", {"parent": "92"}, "ck_regions_province_has_no_parent"),
    ("regions", {"code": "90.01", "type": "city"}, "ck_regions_province_has_no_parent"),
    ("regions", {"code": "90.01"}, "ck_regions_province_has_short_code"),
    ("regions", {"code": "91.01", "type": "city", "parent": "90"}, "ck_regions_parent_leads_code"),
    ("regions", {"code": "97.01", "type": "city", "parent": "97"}, "fk_regions_parent_regions"),
    ("regions", {"code": "9"}, "ck_regions_code_shape"),
    ("regions", {"code": "92.1"}, "ck_regions_code_shape"),
    ("regions", {"code": "٩٢"}, "ck_regions_code_shape"),
    ("regions", {"code": "92\n"}, "ck_regions_code_shape"),
    ("regions", {"code": "90.01", "parent": "90", "type": "village"}, "ck_regions_type_known"),
    ("regions", {"code": "90"}, "pk_regions"),
    ("regions", {"split_from": "99"}, "fk_regions_split_from_regions"),
    ("region_codes", {"code": "91"}, "ck_region_codes_code_shape"),
    ("region_codes", {"code": "90.01", "region": "90.01"}, "ck_region_codes_code_is_former"),
    ("region_codes", {"region": "99"}, "fk_region_codes_region_regions"),
    ("region_codes", {"code": "99.01", "parent": "99"}, "fk_region_codes_parent_regions"),
    ("region_codes", {"code": "91.01"}, "ck_region_codes_parent_leads_code"),
    ("organizations", {"code": "KPU"}, "ck_organizations_code_shape"),
    ("organizations", {"code": "kpu-9"}, "ck_organizations_code_shape"),
    ("organizations", {"code": "kpu"}, "pk_organizations"),
    ("organizations", {"level": None}, "ck_organizations_commission_has_level"),
    ("organizations", {"seats": 0}, "ck_organizations_seats_range"),
    ("organizations", {"seats": 100}, "ck_organizations_seats_range"),
    ("organizations", {"parent": "kpu-92"}, "ck_organizations_parent_is_another"),
    ("organizations", {"parent": "nobody"}, "fk_organizations_parent_organizations"),
    ("organizations", {"region": "99"}, "fk_organizations_region_regions"),
    (
        "organizations",
        {"established_on": date(2020, 1, 2), "dissolved_on": date(2020, 1, 2)},
        "ck_organizations_dissolved_after_established",
    ),
    ("divisions", {"code": "p7"}, "ck_divisions_code_shape"),
    ("divisions", {"code": "ri-1"}, "pk_divisions"),
    ("divisions", {"members": 0}, "ck_divisions_members_range"),
    ("officials", {"id": OFFICIAL}, "pk_officials"),
    ("appointments", {"term": "2020"}, "ck_appointments_term_shape"),
    ("appointments", {"start_on": "2020-1"}, "ck_appointments_start_on_is_partial_date"),
    ("appointments", {"start_on": "20200101"}, "ck_appointments_start_on_is_partial_date"),
    ("appointments", {"start_on": "2020-01-01T00:00"}, "ck_appointments_start_on_is_partial_date"),
    ("appointments", {"end_on": "2020-12-1"}, "ck_appointments_end_on_is_partial_date"),
    ("appointments", {"start_on": None}, "ck_appointments_start_or_seen"),
    ("appointments", {"end_on": "2019"}, "ck_appointments_ends_after_start"),
    ("appointments", {"start_on": "2020-05-05", "end_on": "2020-05-05"}, "ck_appointments_ends_after_start"),
    (
        "appointments",
        {"start_on": None, "seen_on": date(2020, 1, 1), "end_on": "2019"},
        "ck_appointments_ends_after_start",
    ),
    ("appointments", {"official": UUID(int=8)}, "fk_appointments_official_officials"),
    ("appointments", {"organization": "nobody"}, "fk_appointments_organization_organizations"),
    ("appointments", {"division": "p9-9"}, "fk_appointments_division_divisions"),
]

ELECTION_ROWS: list[InvalidRow] = [
    *(("elections", {"code": code}, "ck_elections_code_shape") for code in INVALID_SLUGS),
    ("elections", {"code": "e-1"}, "pk_elections"),
    *(("stages", {"code": code}, "ck_stages_code_shape") for code in INVALID_SLUGS),
    ("stages", {"code": "s-2"}, "pk_stages"),  # a code is unique among all elections
    ("stages", {"election": "e-8"}, "fk_stages_election_elections"),
    ("stages", {"parent": "s-8"}, "fk_stages_election_parent_stages"),
    ("stages", {"parent": "s-2"}, "fk_stages_election_parent_stages"),  # of another election
    ("stages", {"parent": "s-9"}, "ck_stages_parent_is_another"),
    ("stages", {"position": 0}, "ck_stages_position_range"),
    ("stages", {"position": 1000}, "ck_stages_position_range"),
    ("stages", {"round": 0}, "ck_stages_round_range"),
    ("stages", {"round": 10}, "ck_stages_round_range"),
    ("stages", {"start_on": date(2022, 6, 14), "end_on": date(2022, 6, 13)}, "ck_stages_ends_after_start"),
]

MEETING_ROWS: list[InvalidRow] = [
    *(("meetings", {"code": code}, "ck_meetings_code_shape") for code in INVALID_SLUGS),
    ("meetings", {"code": "m-1"}, "pk_meetings"),
    ("meetings", {"host": "nobody"}, "fk_meetings_host_organizations"),
    ("meetings", {"election": "e-8"}, "fk_meetings_election_elections"),
    ("meetings", {"end_on": date(2022, 6, 12)}, "ck_meetings_ends_after_start"),
    ("meeting_corrections", {"meeting": "m-8"}, "fk_meeting_corrections_meeting_meetings"),
    *(("sessions", {"code": code}, "ck_sessions_code_shape") for code in INVALID_SLUGS),
    ("sessions", {"code": "opening"}, "pk_sessions"),
    ("sessions", {"meeting": "m-8"}, "fk_sessions_meeting_meetings"),
    ("sessions", {"position": 0}, "ck_sessions_position_range"),
    *(
        (table, {"position": position}, f"ck_{table}_position_range")
        for table in ("meeting_corrections", "session_speakers")
        for position in (0, 1000)
    ),
    *(
        (table, {"time_zone": zone}, f"ck_{table}_time_zone_known")
        for table in ("regions", "organizations", "meetings")
        for zone in ("Mars/Olympus", "WIB", "+07:00", "asia/jakarta", "Asia/Jakart", "Asia/Jakarta ", "")
    ),
    ("sessions", {"position": 1000}, "ck_sessions_position_range"),
    ("sessions", {"track": 0, "parallel_group": "g"}, "ck_sessions_track_range"),
    ("sessions", {"track": 100, "parallel_group": "g"}, "ck_sessions_track_range"),
    ("sessions", {"track": 1}, "ck_sessions_track_is_of_a_group"),
    ("sessions", {"parallel_group": "g"}, "ck_sessions_track_is_of_a_group"),
    ("sessions", {"starts_at": NOON, "ends_at": NOON}, "ck_sessions_ends_after_start"),
    ("session_speakers", {"session": "closing"}, "fk_session_speakers_meeting_session_sessions"),
    ("session_speakers", {"organization": None}, "ck_session_speakers_somebody"),
    ("session_speakers", {"organization": None, "division_kind": "division"}, "ck_session_speakers_somebody"),
    ("session_speakers", {"official": OFFICIAL, "name": "N"}, "ck_session_speakers_official_or_name"),
    ("session_speakers", {"official": UUID(int=8)}, "fk_session_speakers_official_officials"),
    ("session_speakers", {"organization": "nobody"}, "fk_session_speakers_organization_organizations"),
    ("session_speakers", {"division": "p9-9"}, "fk_session_speakers_division_divisions"),
    ("meeting_statements", {"meeting": "m-8"}, "fk_meeting_statements_meeting_meetings"),
    ("meeting_statements", {"official": UUID(int=8)}, "fk_meeting_statements_official_officials"),
    ("meeting_statements", {"organization": "nobody"}, "fk_meeting_statements_organization_organizations"),
    ("meeting_statements", {"official": None}, "ck_meeting_statements_somebody"),
    ("meeting_statements", {"name": "N"}, "ck_meeting_statements_official_or_name"),
]

PARTICIPANT_ROWS: list[InvalidRow] = [
    ("participants", {"id": OTHER_PARTICIPANT}, "pk_participants"),
    ("participants", {"meeting": "m-8"}, "fk_participants_meeting_meetings"),
    ("participants", {"official": UUID(int=8)}, "fk_participants_official_officials"),
    ("participants", {"official": OFFICIAL}, "uq_participants_meeting_official_capacity"),
    ("participants", {"official": OTHER_OFFICIAL, "name": "N"}, "ck_participants_official_or_name"),
    ("participants", {"organization": "nobody"}, "fk_participants_organization_organizations"),
    ("participants", {"organization": None}, "ck_participants_somebody"),
    ("participants", {"name_as_printed": ""}, "ck_participants_name_as_printed_length"),
    ("participants", {"name_as_printed": "x" * 301}, "ck_participants_name_as_printed_length"),
    ("participants", {"represents": UUID(int=19)}, "ck_participants_represents_another"),
    ("participants", {"represents": UUID(int=8)}, "fk_participants_meeting_represents_participants"),
    ("participants", {"represents": OTHER_PARTICIPANT}, "fk_participants_meeting_represents_participants"),
    ("participants", {"arrived_at": NOON, "left_at": EARLIER}, "ck_participants_left_after_arrived"),
    ("participant_sessions", {"session": "closing"}, "fk_participant_sessions_meeting_session_sessions"),
    (
        "participant_sessions",
        {"participant": OTHER_PARTICIPANT},
        "fk_participant_sessions_meeting_participant_participants",
    ),
    (
        "participant_sessions",
        {"meeting": "m-2", "session": "closing", "participant": PARTICIPANT},
        "fk_participant_sessions_meeting_participant_participants",
    ),
]

CLIENT_ROWS: list[InvalidRow] = [
    ("clients", {"id": CLIENT}, "pk_clients"),
    ("clients", {"organization": "nobody"}, "fk_clients_live_organization_organizations"),
    ("clients", {"meeting": "m-8"}, "fk_clients_live_meeting_meetings"),
    ("client_secrets", {"client": UUID(int=8)}, "fk_client_secrets_client_clients"),
    ("client_secrets", {"slot": 0}, "ck_client_secrets_slot_known"),
    ("client_secrets", {"slot": 3}, "ck_client_secrets_slot_known"),
    ("client_controllers", {"client": UUID(int=8)}, "fk_client_controllers_client_clients"),
    ("used_assertions", {"client": UUID(int=8)}, "fk_used_assertions_client_clients"),
    ("used_assertions", {"jti": ""}, "ck_used_assertions_jti_length"),
    ("used_assertions", {"jti": "x" * 201}, "ck_used_assertions_jti_length"),
    ("signing_keys", {"signs_until": HOUR}, "ck_signing_keys_ends_after_start"),
    ("idempotency_keys", {"key": ""}, "ck_idempotency_keys_key_length"),
    ("idempotency_keys", {"key": "x" * 256}, "ck_idempotency_keys_key_length"),
    ("idempotency_keys", {"status": 199}, "ck_idempotency_keys_status_range"),
    ("idempotency_keys", {"status": 300}, "ck_idempotency_keys_status_range"),
]

AUDIT_ROWS: list[InvalidRow] = [
    ("audit_lines", {"id": 1}, "pk_audit_lines"),
    ("audit_lines", {"purpose_digest": "A" * 64}, "ck_audit_lines_purpose_digest_shape"),
    ("audit_texts", {"line": 8}, "fk_audit_texts_line_audit_lines"),
    ("audit_texts", {"salt": b"s" * 15}, "ck_audit_texts_salt_length"),
    ("audit_texts", {"text": "x" * 501}, "ck_audit_texts_text_length"),
    ("audit_seals", {"position": 1}, "pk_audit_seals"),
    ("audit_seals", {"position": 0}, "ck_audit_seals_position_range"),
    ("audit_seals", {"line": 1}, "uq_audit_seals_line"),
    ("audit_seals", {"line": 8}, "fk_audit_seals_line_audit_lines"),
    ("audit_roots", {"hour": HOUR - timedelta(hours=1)}, "pk_audit_roots"),
    ("audit_roots", {"position": 1}, "uq_audit_roots_position"),
    ("audit_roots", {"position": 8}, "fk_audit_roots_position_audit_seals"),
    *(
        (table, {column: value}, f"ck_{table}_{column}_length")
        for table, column in (("client_secrets", "digest"), ("audit_seals", "hash"), ("audit_roots", "hash"))
        for value in (HASH[1:], HASH + b"x")
    ),
    ("revisions", {"before": "{}"}, "ck_revisions_before_unless_created"),
    ("revisions", {"action": "updated"}, "ck_revisions_before_unless_created"),
    ("revisions", {"after": None}, "ck_revisions_after_unless_deleted"),
    ("revisions", {"action": "deleted", "before": "{}"}, "ck_revisions_after_unless_deleted"),
]

# Invalid values for constraints that many columns have, by the end of the name; and the exceptions, for which another
# constraint would be violated first.
INVALID_VALUES: dict[str, tuple[Any, ...]] = {
    "in_calendar": (date(1899, 12, 31), date(2200, 1, 1), date.max),  # the last is sent as infinity
    "known": ("", "nonsense"),
    "name_length": ("", "x" * 301),
}
EXCLUDED_VALUES = {
    "ck_regions_type_known": ("", "nonsense"),
    "ck_client_secrets_slot_known": ("", "nonsense"),  # a number
    "ck_meetings_start_on_in_calendar": (date(2200, 1, 1), date.max),
}


def rows_by_constraint_kind() -> list[InvalidRow]:
    rows: list[InvalidRow] = []
    for table in Base.metadata.sorted_tables:
        for constraint in table.constraints:
            for kind, values in INVALID_VALUES.items():
                name = str(constraint.name)
                if name.endswith(f"_{kind}") and not name.endswith("name_as_printed_length"):
                    column = "name" if kind == "name_length" else name[len(f"ck_{table.name}_") : -len(f"_{kind}")]
                    rows += [
                        (table.name, {column: value}, name)
                        for value in values
                        if value not in EXCLUDED_VALUES.get(name, ())
                    ]
    return sorted(rows, key=repr)


INVALID_ROWS: list[InvalidRow] = [
    *ORGANIZATION_ROWS,
    *ELECTION_ROWS,
    *MEETING_ROWS,
    *PARTICIPANT_ROWS,
    *INVALID_CHECK_IN_ROWS,
    *CLIENT_ROWS,
    *AUDIT_ROWS,
    *rows_by_constraint_kind(),
]
