"""Report of the officials of an organization on a day."""

from app.operations import OperatorError
from app.organizations import repository, schemas
from app.show.record_reader import JsonObject, RecordReader
from app.show.report import Report


async def build_roster_report(record: RecordReader, code: str) -> Report:
    """Build the report of an organization's officials on the record's day; the code may be a former one.

    The former code of a commission is accepted too.
    """
    organization = await _get_organization(record, code)
    query = schemas.RosterQuery(**record.day_filter)
    within = {"organization": organization["code"]}
    entries = await record.list_items(repository.ROSTER, query, within=within, today=record.today)
    report = Report()
    report.add_heading(f"{organization['name']} ({organization['code']}) on {record.day}")
    if organization["code"] != code:
        report.add_line(f"{code} is its former code.")
    if not entries:
        report.add_line("No official is on record for this day.")
        return report
    certain = sum(entry["certain"] for entry in entries)
    report.add_line(f"{len(entries)} possibly in office, {certain} of them certainly.")
    report.add_table(
        ("name", "office", "division", "in office", "certain", "source"),
        [
            (
                entry["official"]["name"],
                _format_office(entry),
                entry["division"]["name"] if entry["division"] else "",
                _format_days(entry),
                "yes" if entry["certain"] else "no",
                report.cite_source(entry),
            )
            for entry in entries
        ],
    )
    return report


async def _get_organization(record: RecordReader, code: str) -> JsonObject:
    """Query the organization whose present or, failing that, former code this is; OperatorError if neither."""
    query = schemas.OrganizationItemQuery()
    if organization := await record.get_item(repository.ORGANIZATIONS, code, query):
        return organization
    current = await repository.find_current_code(record.open_reader(), code) if code.isascii() else None
    if current and (organization := await record.get_item(repository.ORGANIZATIONS, current, query)):
        return organization
    raise OperatorError(
        f"There is no organization with the code {code!a}. The code of a commission is kpu, or kpu- and the code of "
        "its region: kpu-31."
    )


def _format_office(entry: JsonObject) -> str:
    """Return the office in words, with the standing in parentheses unless it is definitive."""
    office = str(entry["office"]).replace("_", " ")
    return office if entry["standing"] == "definitive" else f"{office} ({entry['standing'].replace('_', ' ')})"


def _format_days(entry: JsonObject) -> str:
    """Return an appointment's known days as text: `until` is followed by the first day no longer in office."""
    days = [
        f"from {entry['start_on']}" if entry["start_on"] else "",
        f"seen {entry['seen_on']}" if entry["seen_on"] else "",
        f"until {entry['end_on']}" if entry["end_on"] else "",
    ]
    return " ".join(filter(None, days))
