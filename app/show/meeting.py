"""A meeting: what it was, its sessions, who came, what was said of it, and what its source has misprinted."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from app.attendance.schemas import SummaryQuery
from app.attendance.summary_repository import find_summary
from app.meetings import repository, schemas
from app.show.record import Json, Record, unknown
from app.show.sheet import Sheet


async def meeting(record: Record, code: str) -> Sheet:
    """The meeting with this code, its status as of the day."""
    asked = schemas.MeetingItemQuery(**record.on_day)
    found = await record.one(repository.MEETINGS, code, asked, today=record.today)
    if found is None:
        raise unknown("meeting", code, await record.walk(repository.MEETINGS, schemas.MeetingQuery(fields="code")))
    sessions = await record.walk(repository.SESSIONS, schemas.SessionQuery(), within={"meeting": code})
    numbers = await find_summary(record.reader(), code, SummaryQuery(by="organization"))
    sheet = Sheet()
    _heading(sheet, found, record)
    _corrections(sheet, found["source"]["corrections"])
    _sessions(sheet, sessions, _zone(found["time_zone"]))
    if numbers:
        _attendance(sheet, orjson.loads(numbers), found["roll"])
    _statements(sheet, found["statements"])
    return sheet


def _heading(sheet: Sheet, found: Json, record: Record) -> None:
    start, end = found["start_on"], found["end_on"]
    source = found["source"]
    checked = "verified" if found["verified"] else "not verified"
    facts = {
        "in English": found["name_en"],
        "kind": _words(found["kind"]),
        "days": f"{start if start == end else f'{start} to {end}'} ({found['time_zone']})",
        "place": found["place"],
        "host": _mention(found["host"]),
        "status": f"{found['status']}, as of {record.day}",
        "cancelled": found["cancelled_on"],
        "election": _mention(found["election"]),
        "audience": found["audience"],
        "purpose": found["purpose"],
        "source": ": ".join(filter(None, (source["publisher"], source["title"]))) or "none",
        "": f"{checked}{', primary' if found['primary'] else ''}",
    }
    sheet.heading(f"{found['name']} ({found['code']})")
    sheet.facts([(name, fact) for name, fact in facts.items() if fact])


def _corrections(sheet: Sheet, corrections: list[Json]) -> None:
    if corrections:
        sheet.heading("Corrections: what the source has printed, and what is held instead")
        columns = ("field", "printed", "held", "reason")
        sheet.table(columns, [[correction[column] for column in columns] for correction in corrections])


def _zone(name: str) -> tzinfo:
    """UTC where this machine does not know the zone: it may have fewer than the database, or none at all."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the latter two: a malformed name, a folder's
        return UTC


def _sessions(sheet: Sheet, sessions: list[Json], zone: tzinfo) -> None:
    sheet.heading("Sessions")
    if not sessions:
        sheet.line("None is known.")
        return
    sheet.table(
        ("code", "kind", "session", "time (UTC)" if zone is UTC else "time", "room", "topics", "speakers", "source"),
        [
            (
                session["code"],
                _kind(session),
                session["name"],
                _time(session, zone),
                session["room"] or "",
                session["topics"],
                [_speaker(speaker) for speaker in session["speakers"]],
                sheet.cited(session),
            )
            for session in sessions
        ],
    )


def _kind(session: Json) -> str:
    """Sessions of one group run side by side, each on a track of its own."""
    side_by_side = [
        f"track {session['track']}" if session["track"] else "",
        f"of {session['parallel_group']}" if session["parallel_group"] else "",
    ]
    return ", ".join(filter(None, (session["kind"], " ".join(filter(None, side_by_side)))))


def _time(session: Json, zone: tzinfo) -> str:
    """By the clocks of the zone; the day again only where the end is on another one."""
    start, end = (
        datetime.fromisoformat(session[name]).astimezone(zone) if session[name] else None
        for name in ("starts_at", "ends_at")
    )
    if end is None:
        return f"{start:%Y-%m-%d %H:%M}" if start else ""
    if start is None:
        return f"to {end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {end:{'%H:%M' if start.date() == end.date() else '%Y-%m-%d %H:%M'}}"


def _speaker(speaker: Json) -> str:
    body = speaker["organization"]
    named = speaker["official"]["name"] if speaker["official"] else speaker["name"]
    if named:
        who = f"{named} ({body['code']})" if body else named
    elif speaker["division"]:
        who = speaker["division"]["name"]
    elif speaker["division_kind"]:
        each = f"each {_words(speaker['division_kind'])}"
        who = f"{each} of {body['name']}" if body else each
    else:
        who = body["name"] if body else "somebody"
    says_more = speaker["role"] and not who.startswith(speaker["role"])  # "each division" does not
    return f"{who}: {speaker['role']}" if says_more else who


def _attendance(sheet: Sheet, numbers: Json, roll: str) -> None:
    rows = [*numbers["groups"], {**numbers, "key": None, "name": "all"}]
    statuses = ("invited", "expected", "present", "represented", "late")
    sheet.heading(f"Attendance (the roll is {roll})")
    if not numbers["invited"]:
        sheet.line("Nobody is on the list.")
        return
    reasons = [reason for reason in numbers["absent"] if numbers["absent"][reason]]
    sheet.table(
        ("organization", *statuses, *(f"absent: {_words(reason)}" for reason in reasons)),
        [
            (
                _mention({"code": group["key"], "name": group["name"]}),
                *(str(group[status]) for status in statuses),
                *(str(group["absent"][reason]) for reason in reasons),
            )
            for group in rows
        ],
    )


def _statements(sheet: Sheet, statements: list[Json]) -> None:
    if statements:
        sheet.heading("Statements")
        sheet.table(
            ("day", "form", "who", "summary"),
            [
                (
                    said["made_on"] or "",
                    said["form"],
                    _speaker({**said, "division": None, "division_kind": None, "role": None}),
                    said["summary"],
                )
                for said in statements
            ],
        )


def _mention(mentioned: Json | None) -> str:
    if not mentioned:
        return ""
    named = mentioned["name"] or "of none"
    return f"{named} ({mentioned['code']})" if mentioned["code"] else named


def _words(name: str) -> str:
    return name.replace("_", " ")
