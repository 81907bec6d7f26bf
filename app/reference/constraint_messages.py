"""What a fault of the database means in the words of the file that caused it."""

from collections.abc import Callable, Mapping
from typing import Any

import asyncpg

from app.reference.dataset import Part
from app.reference.flaws import Flaw, shown

# A rule is broken, a value is impossible, or one is longer than an index can hold: faults that a row causes.
REFUSALS = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, asyncpg.ProgramLimitExceededError)

Reason = str | Callable[[Mapping[str, Any]], str]

IS_BELOW = "is itself below this one"

# By constraint: the table's column to look at, and the rule. Rules that reading has checked before are not among them.
RULES: dict[str, tuple[str, Reason]] = {
    **{
        f"ck_{table}_name_length": ("name", "must be 300 characters at most")
        for table in (
            *("regions", "organizations", "divisions", "officials"),
            *("elections", "stages", "meetings", "sessions", "participants"),
        )
    },
    **{
        f"ck_{table}_code_shape": ("code", "must be lower-case letters and digits with single hyphens, 40 at most")
        for table in ("elections", "stages", "meetings", "sessions")
    },
    **{
        f"ck_{table}_official_or_name": ("name", "must be empty where person is not")
        for table in ("session_speakers", "meeting_statements", "participants")
    },
    **{
        f"ck_{table}_ends_after_start": ("end_on", "must not be earlier than start_on")
        for table in ("stages", "meetings")
    },
    **{f"ck_{table}_parent_no_circle": ("parent", IS_BELOW) for table in ("organizations", "stages")},
    "ck_regions_code_shape": ("code", "must be two digits, or two, a full stop and two: 31 or 31.71"),
    "ck_regions_province_has_short_code": ("code", "a province's code is two digits, any other region's has a point"),
    "ck_regions_province_has_no_parent": ("parent", "a province has no parent, any other region has one"),
    "ck_regions_parent_leads_code": ("parent", "must be the first two digits of the code"),
    "uq_regions_iso_3166_2": ("iso_3166_2", lambda row: f"another region has {shown(row['iso_3166_2'])}"),
    "ck_region_codes_code_shape": ("code", "must be two digits, a full stop and two digits: 91.01"),
    "ck_region_codes_parent_leads_code": ("parent", "must be the first two digits of the code"),
    "ck_region_codes_code_is_former": ("code", "is the code that the region has today"),
    "ck_organizations_code_shape": ("code", "must be lower-case letters and digits beginning with a letter"),
    "uq_organizations_region_of_commission": ("region", lambda row: f"{shown(row['region'])} has a commission already"),
    "ck_divisions_code_shape": ("code", "must be lower-case letters and digits, a hyphen and a number: p7-6"),
    "ck_appointments_term_shape": ("term", "must be two years with a hyphen: 2022-2027"),
    "ck_appointments_start_or_seen": ("start_on", "must not be empty where seen_on is"),
    "ck_appointments_ends_after_start": ("end_on", "must be later than the start, or than seen_on where that is empty"),
    "ex_appointments_one_definitive_holder": (
        "organization",
        lambda row: f"another definitive {row['office']} of {row['organization']} on the same certain days",
    ),
    "ex_appointments_one_office_once": (
        "official",
        lambda row: f"the same person is {row['office']} of {row['organization']} on the same certain days already",
    ),
    **{f"ck_{table}_parent_depth": ("parent", "makes more than 16 levels") for table in ("organizations", "stages")},
    "uq_sessions_meeting_parallel_group_track": ("track", "another session of the group is on this track"),
    **{
        f"ck_{table}_time_zone_known": ("time_zone", "must be the IANA name of a zone: Asia/Jakarta")
        for table in ("regions", "organizations", "meetings")
    },
    "ck_session_speakers_parallel_sessions": ("official", "speaks in another session of the same group"),
    "ck_participant_sessions_parallel_sessions": ("participant", "is in another session of the same group"),
    "ck_stages_parent_is_another": ("parent", "must be another stage"),
    "ck_stages_round_range": ("round", "must be 1 to 9"),
    "fk_stages_election_parent_stages": ("parent", "is no stage of this election"),
    "ck_sessions_track_range": ("track", "must be 1 to 99"),
    "ck_sessions_track_is_of_a_group": ("track", "goes with a parallel_group, and a group with a track"),
    "ck_sessions_ends_after_start": ("ends_at", "must be later than starts_at"),
    "ck_sessions_within_meeting": ("starts_at", "a session must lie within the days of its meeting"),
    "fk_session_speakers_meeting_session_sessions": ("session", "is no session of this meeting"),
    "ck_session_speakers_somebody": ("organization", "somebody must speak: a person, name, organization or division"),
    "ck_meeting_statements_somebody": ("organization", "somebody must have said it: a person, name or organization"),
    "ck_participants_somebody": ("organization", "without person and name, an organization is needed"),
    "ck_participants_name_as_printed_length": ("name_as_printed", "must be 300 characters at most"),
    "ck_participants_represents_another": ("represents", "must be another participant"),
    "ck_participants_left_after_arrived": ("left_at", "must not be earlier than arrived_at"),
    "uq_participants_meeting_official": ("official", "the same person is on the meeting's list already"),
    "fk_participants_meeting_represents_participants": ("represents", "is not on this meeting's list"),
    "fk_participant_sessions_meeting_session_sessions": ("session", "is no session of this meeting"),
    "fk_participant_sessions_meeting_participant_participants": ("participant", "is not on this meeting's list"),
}


def flaw_of(error: asyncpg.PostgresError, part: Part, row: Mapping[str, Any]) -> Flaw:
    """The flaw of a staged row that the database refused."""
    constraint = getattr(error, "constraint_name", None)
    if constraint in RULES:
        column, reason = RULES[constraint]
        # A rule between two tables is broken by a row of either, and only one of them has the column.
        place = part.columns.get(column)
        return Flaw(part.file, row["line"], place, reason if isinstance(reason, str) else reason(row))
    return Flaw(part.file, row["line"], None, f"refused by the database: {getattr(error, 'message', error)}")


def circle(error: asyncpg.PostgresError, part: Part, row: Mapping[str, Any]) -> Flaw:
    """The flaw of a row whose reference, which the database refused, leads back to it."""
    column, _ = RULES[getattr(error, "constraint_name", None) or ""]
    return Flaw(part.file, row["line"], part.columns[column], IS_BELOW)


def dangling(part: Part, column: str, target: str, line: int, value: object) -> Flaw:
    """The flaw of a reference to a row that is nowhere."""
    return Flaw(part.file, line, part.columns[column], f"no such {target.removesuffix('s')} {shown(value)}")
