"""The reports of `rakornas show` contain what the service serves."""

import io
import re
from collections.abc import Awaitable
from datetime import date
from zoneinfo import ZoneInfoNotFoundError

import httpx
import pytest
from fastapi import FastAPI

from app.core.clock import LocalDay
from app.operations import OperatorError
from app.settings import Settings
from app.show import record_reader
from app.show.meeting import build_meeting_report
from app.show.record_reader import RecordReader
from app.show.report import Report
from app.show.roster import build_roster_report
from app.show.stages import build_stages_report
from app.state import state_of
from tests.conftest import fetch_value, replace_database, run_application
from tests.scenarios import list_items

TODAY = LocalDay(date(2026, 11, 24), 3600)
RAKORNAS = "rakornas-2022-06"
UNREACHABLE = "postgresql://rakornas@127.0.0.1:1/rakornas"


def read_on(app: FastAPI, day: str | None, today: LocalDay = TODAY) -> RecordReader:
    return RecordReader(state_of(app).database, day, today)


def to_text(sheet: Report) -> str:
    out = io.StringIO()
    sheet.write(out)
    return out.getvalue()


def parse_rows(output: str, first: str) -> list[dict[str, str]]:
    """Return the rows of all tables with this first heading, each as cells by heading."""
    found: list[dict[str, str]] = []
    headings: list[tuple[str, int, int | None]] = []
    for line in output.splitlines():
        if line.startswith(f"{first}  "):
            places = [(place[0], place.start()) for place in re.finditer(r"\S+( \S+)*", line)]
            ends = [start for _, start in places[1:]]
            headings = [(name, start, end) for (name, start), end in zip(places, [*ends, None], strict=True)]
        elif not line:
            headings = []
        elif headings:
            found.append({name: line[start:end].strip() for name, start, end in headings})
    return found


@pytest.mark.parametrize(("body", "day"), [("kpu", "2022-06-14"), ("kpu-31", "2023-06-01"), ("kpu", None)])
async def test_roster_report_equals_the_served_roster(
    app: FastAPI, client: httpx.AsyncClient, body: str, day: str | None
) -> None:
    served = await list_items(client, f"/v1/organizations/{body}/officials", {"as_of": day or str(TODAY.day)})
    shown = parse_rows(to_text(await build_roster_report(read_on(app, day), body)), "name")
    assert [(row["name"], row["office"].split(" (")[0], row["certain"]) for row in shown] == [
        (entry["official"]["name"], entry["office"].replace("_", " "), "yes" if entry["certain"] else "no")
        for entry in served
    ]


async def test_roster_report_includes_all_pages(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = to_text(await build_roster_report(read_on(app, "2023-06-01"), "kpu-31"))
    monkeypatch.setattr(record_reader, "MAX_PAGE_SIZE", 3)
    assert to_text(await build_roster_report(read_on(app, "2023-06-01"), "kpu-31")) == whole
    assert len(parse_rows(whole, "name")) == 13


async def test_default_day_of_reports_is_today(app: FastAPI) -> None:
    then = LocalDay(date(2024, 7, 10), 60)
    today, asked = read_on(app, None, then), read_on(app, "2024-07-10")
    assert to_text(await build_roster_report(today, "kpu")) == to_text(await build_roster_report(asked, "kpu"))
    assert to_text(await build_stages_report(today, None, "running", True)) == to_text(
        await build_stages_report(asked, None, "running", True)
    )
    assert to_text(await build_meeting_report(today, RAKORNAS)) == to_text(await build_meeting_report(asked, RAKORNAS))


async def test_roster_report_shows_days_and_standing(app: FastAPI) -> None:
    chair = parse_rows(to_text(await build_roster_report(read_on(app, "2024-07-10"), "kpu")), "name")[0]
    assert (chair["name"], chair["office"]) == ("Mochammad Afifuddin", "chair (acting)")
    shown = parse_rows(to_text(await build_roster_report(read_on(app, "2022-06-14"), "kpu-31")), "name")
    assert {row["name"]: row["in office"] for row in shown}.items() >= {
        ("Nurdin", "from 2018 until 2023"),
        ("Sunardi", "seen 2022-06-14 until 2023"),
    }


async def test_roster_report_accepts_a_former_code(app: FastAPI) -> None:
    heading, note, *_ = to_text(await build_roster_report(read_on(app, "2022-06-14"), "kpu-91.01")).splitlines()
    assert heading == "KPU Kabupaten Merauke (kpu-93.01) on 2022-06-14"
    assert note.startswith("kpu-91.01 is its former code")


async def test_roster_report_without_officials(app: FastAPI) -> None:
    assert "No official is on record" in to_text(await build_roster_report(read_on(app, None), "bawaslu"))


async def test_meeting_report_shows_corrections(app: FastAPI) -> None:
    shown = to_text(await build_meeting_report(read_on(app, "2022-06-14"), RAKORNAS))
    facts = dict(re.split(r" {2,}", line, maxsplit=1) for line in shown.splitlines()[1:11])
    assert facts["days"] == "2022-06-13 to 2022-06-15 (Asia/Jakarta)"
    assert (facts["place"], facts["host"]) == ("Jakarta", "Komisi Pemilihan Umum (kpu)")
    assert facts["status"] == "running, as of 2022-06-14"
    (correction,) = parse_rows(shown, "field")
    assert (correction["printed"], correction["recorded"]) == ("13-15 Juni 2024", "2022-06-13..2022-06-15")
    assert "Selasa 14 Juni 2022" in correction["reason"]


async def test_meeting_report_shows_sessions_with_topics_and_speakers(app: FastAPI) -> None:
    sessions = parse_rows(to_text(await build_meeting_report(read_on(app, None), RAKORNAS)), "code")
    assert len(sessions) == 8
    classes = [row for row in sessions if row["kind"].startswith("class, track ")]
    assert [row["kind"] for row in classes] == [f"class, track {n} of classes" for n in range(1, 6)]
    assert sum(len(row["topics"].split("; ")) for row in classes) == 23
    opening, directions, panel = (row["speakers"] for row in sessions[:3])
    assert opening == "Hasyim Asy'ari (kpu): opens the meeting and gives the chair's directions"
    assert directions.split("; ")[0] == "each division of Komisi Pemilihan Umum"
    assert panel.split("; ")[0] == "Kementerian Dalam Negeri"


async def test_meeting_report_shows_attendance_and_statements(app: FastAPI) -> None:
    shown = to_text(await build_meeting_report(read_on(app, None), RAKORNAS))
    numbers = [(row["organization"], row["invited"], row["present"]) for row in parse_rows(shown, "organization")]
    assert numbers == [
        ("Komisi Pemilihan Umum (kpu)", "8", "8"),
        ("KPU Provinsi DKI Jakarta (kpu-31)", "8", "8"),
        ("all", "16", "16"),
    ]
    (said,) = parse_rows(shown, "day")
    assert (said["day"], said["form"], said["who"]) == ("2022-06-14", "written", "Sunardi (kpu-31)")


async def test_meeting_report_shows_local_times_or_utc(own_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = "starts_at = '2022-06-13 23:00+07', ends_at = '2022-06-14 08:30+07'"
    await fetch_value(own_url, f"UPDATE sessions SET {hours} WHERE code = 'opening'")

    def raise_not_found(name: str) -> None:
        raise ZoneInfoNotFoundError(name)

    async with run_application(Settings(DATABASE_URL=own_url)) as app:
        assert parse_rows(to_text(await build_meeting_report(read_on(app, None), RAKORNAS)), "code")[0]["time"] == (
            "2022-06-13 23:00 to 2022-06-14 08:30"
        )
        monkeypatch.setattr("app.show.meeting.ZoneInfo", raise_not_found)
        assert parse_rows(to_text(await build_meeting_report(read_on(app, None), RAKORNAS)), "code")[0][
            "time (UTC)"
        ] == ("2022-06-13 16:00 to 2022-06-14 01:30")


async def test_meeting_report_shows_a_speaker_without_name(own_url: str) -> None:
    nobody = "official = NULL, name = '', organization = NULL, division_kind = 'division', role = NULL"
    await fetch_value(own_url, f"UPDATE session_speakers SET {nobody} WHERE session = 'opening'")
    async with run_application(Settings(DATABASE_URL=own_url)) as app:
        assert (
            parse_rows(to_text(await build_meeting_report(read_on(app, None), RAKORNAS)), "code")[0]["speakers"]
            == "each division"
        )


@pytest.mark.parametrize("code", ["kpu-xx", "", "k\udcff", "K" * 5000])
async def test_unknown_code_is_an_error(app: FastAPI, code: str) -> None:
    at = read_on(app, None)
    queries: list[tuple[str, Awaitable[Report]]] = [
        ("There is no organization with the code", build_roster_report(at, code)),
        ("There is no meeting with the code .*. The codes are: rakornas-2022-06", build_meeting_report(at, code)),
        (
            "no election with the code .*. The codes are: .*pemilu-2024",
            build_stages_report(at, code, None, False),
        ),
    ]
    for message, query in queries:
        with pytest.raises(OperatorError, match=message):
            await query


@pytest.mark.parametrize("day", ["2022-02-30", "1899-12-31", "2200-01-01", "14-06-2022", "2022-6-14", "today", ""])
def test_invalid_day_is_an_error(day: str) -> None:
    with pytest.raises(OperatorError, match="--as-of"):
        record_reader.require_valid_day(day)


def test_unreadable_database_is_an_error(server: str) -> None:
    """A server that cannot be reached, and a database without the schema."""
    for url, message in (
        (UNREACHABLE, "did not answer in time"),
        (replace_database(server, "postgres"), "rejected a query"),
    ):
        with pytest.raises(OperatorError, match=message):
            record_reader.read_record(Settings(DATABASE_URL=url), None, lambda at: build_roster_report(at, "kpu"))
