"""Translation of database errors into errors of the data file that caused them."""

from collections.abc import Callable, Mapping
from typing import Any

import asyncpg

from app.reference.dataset import RowSet
from app.reference.errors import RowError, quote_value

# Errors that a row causes: a broken constraint, an impossible value, or a value that is too long for an index.
ROW_EXCEPTIONS = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, asyncpg.ProgramLimitExceededError)

Message = str | Callable[[Mapping[str, Any]], str]

CIRCULAR_REFERENCE = "is a descendant of this row"

# By constraint: the column of the table to report, and the message. Constraints that the parser has checked before are
# left out.
MESSAGES: dict[str, tuple[str, Message]] = {
    **{
        f"ck_{table}_name_length": ("name", "must be 300 characters at most")
        for table in (
            *("regions", "organizations", "divisions", "officials"),
            *("elections", "stages", "meetings", "sessions", "participants"),
        )
    },
    **{
        f"ck_{table}_code_shape": (
            "code",
            "must be lower-case letters and digits with single hyphens, 40 at most: pemilu-2024",
        )
        for table in ("elections", "stages", "meetings", "sessions")
    },
    **{
        f"ck_{table}_official_or_name": ("name", "must be empty if person is given")
        for table in ("session_speakers", "meeting_statements", "participants")
    },
    **{
        f"ck_{table}_ends_after_start": ("end_on", "must not be earlier than start_on")
        for table in ("stages", "meetings")
    },
    **{f"ck_{table}_parent_no_circle": ("parent", CIRCULAR_REFERENCE) for table in ("organizations", "stages")},
    "ck_regions_code_shape": ("code", "must be two digits, or two digits, a full stop and two digits: 31 or 31.71"),
    "ck_regions_province_has_short_code": (
        "code",
        "must be two digits for a province, and have a full stop for any other region",
    ),
    "ck_regions_province_has_no_parent": ("parent", "must be empty for a province, and given for any other region"),
    "ck_regions_parent_leads_code": ("parent", "must be the first two digits of the code"),
    "uq_regions_iso_3166_2": ("iso_3166_2", lambda row: f"another region has {quote_value(row['iso_3166_2'])}"),
    "ck_region_codes_code_shape": ("code", "must be two digits, a full stop and two digits: 91.01"),
    "ck_region_codes_parent_leads_code": ("parent", "must be the first two digits of the code"),
    "ck_region_codes_code_is_former": ("code", "is the region's present code"),
    "ck_organizations_code_shape": ("code", "must be lower-case letters and digits beginning with a letter: dkpp"),
    "uq_organizations_region_of_commission": (
        "region",
        lambda row: f"{quote_value(row['region'])} already has a commission",
    ),
    "ck_divisions_code_shape": ("code", "must be lower-case letters and digits, a hyphen and a number: p7-6"),
    "ck_appointments_term_shape": ("term", "must be two years with a hyphen: 2022-2027"),
    "ck_appointments_start_or_seen": ("start_on", "must not be empty if seen_on is empty"),
    "ck_appointments_ends_after_start": ("end_on", "must be later than start_on, or than seen_on if start_on is empty"),
    "ex_appointments_one_definitive_holder": (
        "organization",
        lambda row: f"another definitive {row['office']} of {row['organization']} is certain on the same days",
    ),
    "ex_appointments_one_office_once": (
        "official",
        lambda row: f"the same person is already {row['office']} of {row['organization']} on the same certain days",
    ),
    **{
        f"ck_{table}_parent_depth": ("parent", "makes the hierarchy deeper than 16 levels")
        for table in ("organizations", "stages")
    },
    "uq_sessions_meeting_parallel_group_track": ("track", "another session of the group is on this track"),
    **{
        f"ck_{table}_time_zone_known": ("time_zone", "must be the IANA name of a time zone: Asia/Jakarta")
        for table in ("regions", "organizations", "meetings")
    },
    "ck_meetings_erasure_nearer": (
        "end_on",
        "must not be earlier: the data of its participants would be erased earlier",
    ),
    "ck_session_speakers_parallel_sessions": ("official", "speaks in a parallel session of the same group"),
    "ck_participant_sessions_parallel_sessions": ("participant", "is in a parallel session of the same group"),
    "ck_stages_parent_is_another": ("parent", "must be another stage"),
    "ck_stages_round_range": ("round", "must be 1 to 9"),
    "fk_stages_election_parent_stages": ("parent", "is not a stage of this election"),
    "ck_sessions_track_range": ("track", "must be 1 to 99"),
    "ck_sessions_track_is_of_a_group": ("track", "must be given together with parallel_group"),
    "ck_sessions_ends_after_start": ("ends_at", "must be later than starts_at"),
    "ck_sessions_within_meeting": ("starts_at", "a session must lie within the days of its meeting"),
    "fk_session_speakers_meeting_session_sessions": ("session", "is not a session of this meeting"),
    "ck_session_speakers_somebody": ("organization", "a speaker needs a person, name, organization or division"),
    "ck_meeting_statements_somebody": ("organization", "a statement needs a person, name or organization"),
    "ck_participants_somebody": ("organization", "must be given if person and name are empty"),
    "ck_participants_name_as_printed_length": ("name_as_printed", "must be 300 characters at most"),
    "ck_participants_represents_another": ("represents", "must be another participant"),
    "ck_participants_left_after_arrived": ("left_at", "must not be earlier than arrived_at"),
    "ck_participants_day_statuses_valid": ("day_statuses", "is not an object of statuses by day"),
    "ck_meetings_day_ends_at_shape": ("day_ends_at", "is not a time HH:MM"),
    "ck_meetings_within_a_year": ("end_on", "is more than 365 days after start_on"),
    "ck_meetings_check_in_margin_minutes_range": ("check_in_margin_minutes", "is not within 0 to 720"),
    "uq_participants_meeting_official_capacity": ("official", "is already a participant in this capacity"),
    "fk_participants_meeting_represents_participants": ("represents", "is not a participant of this meeting"),
    "fk_participant_sessions_meeting_session_sessions": ("session", "is not a session of this meeting"),
    "fk_participant_sessions_meeting_participant_participants": ("participant", "is not a participant of this meeting"),
}


def build_constraint_error(error: asyncpg.PostgresError, row_set: RowSet, row: Mapping[str, Any]) -> RowError:
    """Build the error (file, line, column, message) of a row that a database constraint rejected."""
    constraint = getattr(error, "constraint_name", None)
    if constraint in MESSAGES:
        column, message = MESSAGES[constraint]
        # A row of either table can break a rule between two tables, and only one of the tables has the column.
        file_column = row_set.columns.get(column)
        return RowError(row_set.file, row["line"], file_column, message if isinstance(message, str) else message(row))
    return RowError(row_set.file, row["line"], None, f"rejected by the database: {getattr(error, 'message', error)}")


def build_circular_reference_error(error: asyncpg.PostgresError, row_set: RowSet, row: Mapping[str, Any]) -> RowError:
    """Build the error of a rejected row whose reference leads back to the row itself."""
    column, _ = MESSAGES[getattr(error, "constraint_name", None) or ""]
    return RowError(row_set.file, row["line"], row_set.columns[column], CIRCULAR_REFERENCE)


def build_missing_reference_error(
    row_set: RowSet, column: str, target_table: str, line: int, value: object
) -> RowError:
    """Build the error of a row whose reference is neither in the database nor in the data set."""
    message = f"no such {target_table.removesuffix('s')} {quote_value(value)}"
    return RowError(row_set.file, line, row_set.columns[column], message)
