"""Rows of participants, badges, scans and rolls that violate one constraint each, as in `invalid_rows`."""

from datetime import date
from typing import Any
from uuid import UUID

from tests.models.valid_rows import HASH, HOUR, PARTICIPANT

InvalidRow = tuple[str, dict[str, Any], str]

INVALID_CHECK_IN_ROWS: list[InvalidRow] = [
    ("meetings", {"places": 0}, "ck_meetings_places_range"),
    ("meetings", {"places": 100_001}, "ck_meetings_places_range"),
    ("meetings", {"retention_days": 7}, "ck_meetings_retention_days_range"),
    ("meetings", {"retention_days": 36_501}, "ck_meetings_retention_days_range"),
    ("participants", {"letter_number": ""}, "ck_participants_letter_number_length"),
    ("participants", {"letter_number": "x" * 301}, "ck_participants_letter_number_length"),
    ("badges", {"meeting": "m-8"}, "fk_badges_meeting_meetings"),
    ("badges", {"digest": HASH[1:]}, "ck_badges_digest_length"),
    ("meetings", {"check_in_margin_minutes": -1}, "ck_meetings_check_in_margin_minutes_range"),
    ("meetings", {"check_in_margin_minutes": 721}, "ck_meetings_check_in_margin_minutes_range"),
    *(
        ("meetings", {"day_ends_at": time}, "ck_meetings_day_ends_at_shape")
        for time in ("", "3:00", "24:00", "03:60", "03:00:00", "03:00\n")
    ),
    ("meetings", {"start_on": date(2030, 1, 1), "end_on": date(2031, 1, 2)}, "ck_meetings_within_a_year"),
    ("meeting_days", {"meeting": "m-8"}, "fk_meeting_days_meeting_meetings"),
    *(
        ("participants", {"day_statuses": value}, "ck_participants_day_statuses_valid")
        for value in (
            "[]",
            '{"2030-01-01": "sick"}',
            '{"2030-01-01": {"status": "sick"}}',
            '{"2030-01-01": {"status": "expected", "reason": "R"}}',
            '{"2030-01-01": {"status": "sick", "reason": null}}',
            '{"1 Januari": {"status": "sick", "reason": "R"}}',
        )
    ),
    ("devices", {"meeting": "m-8"}, "fk_devices_meeting_meetings"),
    ("devices", {"device_id": "gate-1"}, "pk_devices"),
    ("devices", {"device_id": ""}, "ck_devices_device_id_length"),
    ("devices", {"device_id": "x" * 101}, "ck_devices_device_id_length"),
    ("device_resets", {"device_id": "gate-8"}, "fk_device_resets_meeting_device_id_devices"),
    ("device_clocks", {"device_id": "gate-8"}, "fk_device_clocks_meeting_device_id_devices"),
    ("device_clocks", {"clock_epoch": 0}, "pk_device_clocks"),
    ("device_clocks", {"period": -1}, "ck_device_clocks_period_not_negative"),
    ("device_clocks", {"first_shift": 4}, "ck_device_clocks_shift_is_least"),
    ("device_clocks", {"clock_epoch": -1}, "ck_device_clocks_clock_epoch_not_negative"),
    ("clock_readings", {"device_id": "gate-8"}, "fk_clock_readings_meeting_device_id_devices"),
    ("scans", {"period": 1}, "fk_scans_meeting_device_id_clock_epoch_period_device_clocks"),
    ("scans", {"badge_text": None}, "ck_scans_badge_or_text"),
    ("scans", {"badge": UUID(int=39)}, "ck_scans_badge_or_text"),
    ("scans", {"annulled_at": HOUR}, "ck_scans_annulled_for_a_reason"),
    ("scans", {"annulment_reason": "R"}, "ck_scans_annulled_for_a_reason"),
    ("attendance", {"participant": UUID(int=8)}, "fk_attendance_meeting_participant_participants"),
    ("attendance", {"meeting": "m-1", "participant": PARTICIPANT}, "pk_attendance"),
    ("attendance_counts", {"invited": 2}, "ck_attendance_counts_sums_up"),
    ("attendance_counts", {"meeting": "m-8"}, "fk_attendance_counts_meeting_meetings"),
    (
        "roll_corrections",
        {"meeting": "m-8", "kind": "scan", "participant": None, "status": None, "scan": UUID(int=8)},
        "fk_roll_corrections_meeting_meetings",
    ),
    ("roll_corrections", {"participant": UUID(int=8)}, "fk_roll_corrections_meeting_participant_participants"),
    ("roll_corrections", {"status": None}, "ck_roll_corrections_status_of_somebody"),
    ("roll_corrections", {"kind": "x"}, "ck_roll_corrections_kind_known"),
    ("roll_corrections", {"scan": UUID(int=8)}, "ck_roll_corrections_scan_of_its_kind"),
    ("roll_corrections", {"participant": None, "status": None}, "ck_roll_corrections_participant_of_its_kind"),
    ("roll_corrections", {"status_on": date(1899, 12, 31)}, "ck_roll_corrections_status_on_in_calendar"),
    (
        "roll_corrections",
        {"kind": "reopen", "participant": None, "status": None, "status_on": date(2030, 1, 1)},
        "ck_roll_corrections_day_of_its_kind",
    ),
    ("roll_corrections", {"end_on": date(2026, 12, 7)}, "ck_roll_corrections_dates_of_its_kind"),
    ("roll_corrections", {"retention_days": 8}, "ck_roll_corrections_retention_of_its_kind"),
    ("roll_corrections", {"confirmed_by": "d"}, "ck_roll_corrections_confirmed_once"),
    ("roll_corrections", {"reason": ""}, "ck_roll_corrections_reason_length"),
    ("roll_corrections", {"reason": "x" * 5001}, "ck_roll_corrections_reason_length"),
    ("roll_corrections", {"legal_basis": ""}, "ck_roll_corrections_legal_basis_length"),
    ("roll_corrections", {"legal_basis": "x" * 5001}, "ck_roll_corrections_legal_basis_length"),
    ("roll_digests", {"meeting": "m-8"}, "fk_roll_digests_meeting_meetings"),
    ("roll_digests", {"digest": "0" * 63}, "ck_roll_digests_digest_shape"),
    ("roll_digests", {"digest": "A" * 64}, "ck_roll_digests_digest_shape"),
    ("roll_digests", {"lines": -1}, "ck_roll_digests_lines_not_negative"),
    ("closed_rolls", {"meeting": "m-8"}, "fk_closed_rolls_meeting_meetings"),
    ("closed_roll_lines", {"meeting": "m-8"}, "fk_closed_roll_lines_meeting_meetings"),
    ("roll_secrets", {"meeting": "m-8"}, "fk_roll_secrets_meeting_meetings"),
    ("roll_secrets", {"secret": b"s" * 31}, "ck_roll_secrets_secret_length"),
]
