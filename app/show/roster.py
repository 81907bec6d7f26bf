"""Who was in office at a body on a day."""

from app.operations import OperatorError
from app.organizations import repository, schemas
from app.show.record import Json, Record
from app.show.sheet import Sheet


async def roster(record: Record, code: str) -> Sheet:
    """The roster as a table, the chair first; a commission's former code leads to today's."""
    body = await _body(record, code)
    asked = schemas.RosterQuery(**record.on_day)
    within = {"organization": body["code"]}
    entries = await record.walk(repository.ROSTER, asked, within=within, today=record.today)
    sheet = Sheet()
    sheet.heading(f"{body['name']} ({body['code']}) on {record.day}")
    if body["code"] != code:
        sheet.line(f"{code} is its former code.")
    if not entries:
        sheet.line("Nobody is on record as in office on this day.")
        return sheet
    certain = sum(entry["certain"] for entry in entries)
    sheet.line(f"{len(entries)} possibly in office, {certain} of them certainly.")
    sheet.table(
        ("name", "office", "division", "in office", "certain", "source"),
        [
            (
                entry["official"]["name"],
                _office(entry),
                entry["division"]["name"] if entry["division"] else "",
                _days(entry),
                "yes" if entry["certain"] else "no",
                sheet.cited(entry),
            )
            for entry in entries
        ],
    )
    return sheet


async def _body(record: Record, code: str) -> Json:
    asked = schemas.OrganizationItemQuery()
    if body := await record.one(repository.ORGANIZATIONS, code, asked):
        return body
    current = await repository.find_current_code(record.reader(), code) if code.isascii() else None
    if current and (body := await record.one(repository.ORGANIZATIONS, current, asked)):
        return body
    raise OperatorError(
        f"There is no body with the code {code!a}; a commission's is kpu, or kpu- and its region's code: kpu-31."
    )


def _office(entry: Json) -> str:
    office = str(entry["office"]).replace("_", " ")
    return office if entry["standing"] == "definitive" else f"{office} ({entry['standing'].replace('_', ' ')})"


def _days(entry: Json) -> str:
    """As far as the sources tell; `until` is the first day no longer in office."""
    days = [
        f"from {entry['start_on']}" if entry["start_on"] else "",
        f"seen {entry['seen_on']}" if entry["seen_on"] else "",
        f"until {entry['end_on']}" if entry["end_on"] else "",
    ]
    return " ".join(filter(None, days))
