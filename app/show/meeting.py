"""Report of a meeting: its sessions, attendance and statements, and the corrections of its source."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from app.attendance.schemas import SummaryQuery
from app.attendance.summary_repository import find_summary
from app.meetings import repository, schemas, session_schemas
from app.show.record_reader import JsonObject, RecordReader, unknown_code_error
from app.show.report import Report


async def build_meeting_report(record: RecordReader, code: str) -> Report:
    """Build the report of a meeting as of the record's day from the database; OperatorError if the code is unknown."""
    query = schemas.MeetingItemQuery(**record.day_filter)
    meeting = await record.get_item(repository.MEETINGS, code, query, today=record.today)
    if meeting is None:
        meetings = await record.list_items(repository.MEETINGS, schemas.MeetingQuery(fields="code"))
        raise unknown_code_error("meeting", code, meetings)
    sessions = await record.list_items(repository.SESSIONS, session_schemas.SessionQuery(), within={"meeting": code})
    counts = await find_summary(record.open_reader(), code, SummaryQuery(by="organization"))
    report = Report()
    _add_heading(report, meeting, record)
    _add_corrections(report, meeting["source"]["corrections"])
    _add_sessions(report, sessions, _load_zone(meeting["time_zone"]))
    if counts:
        _add_attendance(report, orjson.loads(counts), meeting["roll"])
    _add_statements(report, meeting["statements"])
    return report


def _add_heading(report: Report, meeting: JsonObject, record: RecordReader) -> None:
    """Add the meeting's name and code as a heading, and a list of its known properties, to the report."""
    start, end = meeting["start_on"], meeting["end_on"]
    source = meeting["source"]
    checked = "verified" if meeting["verified"] else "not verified"
    properties = {
        "in English": meeting["name_en"],
        "kind": _humanize(meeting["kind"]),
        "days": f"{start if start == end else f'{start} to {end}'} ({meeting['time_zone']})",
        "place": meeting["place"],
        "host": _format_reference(meeting["host"]),
        "status": f"{meeting['status']}, as of {record.day}",
        "cancelled": meeting["cancelled_on"],
        "election": _format_reference(meeting["election"]),
        "audience": meeting["audience"],
        "purpose": meeting["purpose"],
        "source": ": ".join(filter(None, (source["publisher"], source["title"]))) or "none",
        "": f"{checked}{', primary' if meeting['primary'] else ''}",
    }
    report.add_heading(f"{meeting['name']} ({meeting['code']})")
    report.add_properties([(name, value) for name, value in properties.items() if value])


def _add_corrections(report: Report, corrections: list[JsonObject]) -> None:
    """Add a table of the corrections of the meeting's source to the report, if there are any."""
    if corrections:
        report.add_heading("Corrections: what the source printed, and what is served instead")
        columns = ("field", "printed", "recorded", "reason")
        report.add_table(columns, [[correction[column] for column in columns] for correction in corrections])


def _load_zone(name: str) -> tzinfo:
    """Return the time zone with this IANA name, or UTC if this machine does not have it."""
    try:
        return ZoneInfo(name)
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ):  # malformed names raise the latter two
        return UTC


def _add_sessions(report: Report, sessions: list[JsonObject], zone: tzinfo) -> None:
    """Add a table of the sessions, with times in this zone, to the report, or a line if there are none."""
    report.add_heading("Sessions")
    if not sessions:
        report.add_line("No sessions are known.")
        return
    report.add_table(
        ("code", "kind", "session", "time (UTC)" if zone is UTC else "time", "room", "topics", "speakers", "source"),
        [
            (
                session["code"],
                _format_kind(session),
                session["name"],
                _format_time(session, zone),
                session["room"] or "",
                session["topics"],
                [_format_speaker(speaker) for speaker in session["speakers"]],
                report.cite_source(session),
            )
            for session in sessions
        ],
    )


def _format_kind(session: JsonObject) -> str:
    """Return the kind of a session, with its track and the name of its parallel group if it has them."""
    track_and_group = [
        f"track {session['track']}" if session["track"] else "",
        f"of {session['parallel_group']}" if session["parallel_group"] else "",
    ]
    return ", ".join(filter(None, (session["kind"], " ".join(filter(None, track_and_group)))))


def _format_time(session: JsonObject, zone: tzinfo) -> str:
    """Return a session's start and end in this zone as text; the end's date only if it differs, "" if unknown."""
    start, end = (
        datetime.fromisoformat(session[name]).astimezone(zone) if session[name] else None
        for name in ("starts_at", "ends_at")
    )
    if end is None:
        return f"{start:%Y-%m-%d %H:%M}" if start else ""
    if start is None:
        return f"to {end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {end:{'%H:%M' if start.date() == end.date() else '%Y-%m-%d %H:%M'}}"


def _format_speaker(speaker: JsonObject) -> str:
    """Return a speaker's name with organization and role; without a name, the division or organization instead."""
    organization = speaker["organization"]
    name = speaker["official"]["name"] if speaker["official"] else speaker["name"]
    if name:
        text = f"{name} ({organization['code']})" if organization else name
    elif speaker["division"]:
        text = speaker["division"]["name"]
    elif speaker["division_kind"]:
        each = f"each {_humanize(speaker['division_kind'])}"
        text = f"{each} of {organization['name']}" if organization else each
    else:
        text = organization["name"] if organization else "somebody"
    has_other_role = speaker["role"] and not text.startswith(speaker["role"])  # the role may be "each division" again
    return f"{text}: {speaker['role']}" if has_other_role else text


def _add_attendance(report: Report, counts: JsonObject, roll: str) -> None:
    """Add a table of participant counts, a row per organization and one for all, or a line if there are none."""
    rows = [*counts["groups"], {**counts, "key": None, "name": "all"}]
    statuses = ("invited", "expected", "present", "represented", "late")
    report.add_heading(f"Attendance (the roll is {roll})")
    if not counts["invited"]:
        report.add_line("There are no participants.")
        return
    reasons = [reason for reason in counts["absent"] if counts["absent"][reason]]
    report.add_table(
        ("organization", *statuses, *(f"absent: {_humanize(reason)}" for reason in reasons)),
        [
            (
                _format_reference({"code": group["key"], "name": group["name"]}),
                *(str(group[status]) for status in statuses),
                *(str(group["absent"][reason]) for reason in reasons),
            )
            for group in rows
        ],
    )


def _add_statements(report: Report, statements: list[JsonObject]) -> None:
    """Add a table of the press statements to the report, if there are any."""
    if statements:
        report.add_heading("Statements")
        report.add_table(
            ("day", "form", "who", "summary"),
            [
                (
                    statement["made_on"] or "",
                    statement["form"],
                    _format_speaker({**statement, "division": None, "division_kind": None, "role": None}),
                    statement["summary"],
                )
                for statement in statements
            ],
        )


def _format_reference(reference: JsonObject | None) -> str:
    """Return the name of the referenced object with its code in parentheses; "" for None."""
    if not reference:
        return ""
    name = reference["name"] or "no organization"
    return f"{name} ({reference['code']})" if reference["code"] else name


def _humanize(name: str) -> str:
    """Return a name in snake case as words: `in_person` becomes `in person`."""
    return name.replace("_", " ")
