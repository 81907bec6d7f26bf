"""`rakornas show` says what the service answers, and says it legibly on a terminal and in a pipe."""

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


def on(app: FastAPI, day: str | None, today: LocalDay = TODAY) -> RecordReader:
    return RecordReader(state_of(app).database, day, today)


def piped(sheet: Report) -> str:
    out = io.StringIO()
    sheet.write(out)
    return out.getvalue()


def rows(output: str, first: str) -> list[dict[str, str]]:
    """The rows of all tables whose first heading this is, up to the empty line: what stands under each heading."""
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
async def test_a_roster_is_the_one_that_is_served(
    app: FastAPI, client: httpx.AsyncClient, body: str, day: str | None
) -> None:
    served = await list_items(client, f"/v1/organizations/{body}/officials", {"as_of": day or str(TODAY.day)})
    shown = rows(piped(await build_roster_report(on(app, day), body)), "name")
    assert [(row["name"], row["office"].split(" (")[0], row["certain"]) for row in shown] == [
        (entry["official"]["name"], entry["office"].replace("_", " "), "yes" if entry["certain"] else "no")
        for entry in served
    ]


async def test_a_roster_of_many_pages_is_shown_whole(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = piped(await build_roster_report(on(app, "2023-06-01"), "kpu-31"))
    monkeypatch.setattr(record_reader, "MAX_PAGE_SIZE", 3)
    assert piped(await build_roster_report(on(app, "2023-06-01"), "kpu-31")) == whole
    assert len(rows(whole, "name")) == 13


async def test_today_is_looked_at_where_no_day_is_asked_for(app: FastAPI) -> None:
    then = LocalDay(date(2024, 7, 10), 60)
    today, asked = on(app, None, then), on(app, "2024-07-10")
    assert piped(await build_roster_report(today, "kpu")) == piped(await build_roster_report(asked, "kpu"))
    assert piped(await build_stages_report(today, None, "running", True)) == piped(
        await build_stages_report(asked, None, "running", True)
    )
    assert piped(await build_meeting_report(today, RAKORNAS)) == piped(await build_meeting_report(asked, RAKORNAS))


async def test_a_roster_tells_the_days_and_what_is_not_plain_about_an_office(app: FastAPI) -> None:
    chair = rows(piped(await build_roster_report(on(app, "2024-07-10"), "kpu")), "name")[0]
    assert (chair["name"], chair["office"]) == ("Mochammad Afifuddin", "chair (acting)")
    shown = rows(piped(await build_roster_report(on(app, "2022-06-14"), "kpu-31")), "name")
    assert {row["name"]: row["in office"] for row in shown}.items() >= {
        ("Nurdin", "from 2018 until 2023"),
        ("Sunardi", "seen 2022-06-14 until 2023"),
    }


async def test_a_former_code_leads_to_todays(app: FastAPI) -> None:
    heading, note, *_ = piped(await build_roster_report(on(app, "2022-06-14"), "kpu-91.01")).splitlines()
    assert heading == "KPU Kabupaten Merauke (kpu-93.01) on 2022-06-14"
    assert note.startswith("kpu-91.01 is its former code")


async def test_a_body_of_which_nobody_is_known(app: FastAPI) -> None:
    assert "No official is on record" in piped(await build_roster_report(on(app, None), "bawaslu"))


async def test_a_meeting_is_shown_with_its_source_corrected(app: FastAPI) -> None:
    shown = piped(await build_meeting_report(on(app, "2022-06-14"), RAKORNAS))
    facts = dict(re.split(r" {2,}", line, maxsplit=1) for line in shown.splitlines()[1:11])
    assert facts["days"] == "2022-06-13 to 2022-06-15 (Asia/Jakarta)"
    assert (facts["place"], facts["host"]) == ("Jakarta", "Komisi Pemilihan Umum (kpu)")
    assert facts["status"] == "running, as of 2022-06-14"
    (correction,) = rows(shown, "field")
    assert (correction["printed"], correction["recorded"]) == ("13-15 Juni 2024", "2022-06-13..2022-06-15")
    assert "Selasa 14 Juni 2022" in correction["reason"]


async def test_a_meetings_sessions_come_with_topics_and_speakers(app: FastAPI) -> None:
    sessions = rows(piped(await build_meeting_report(on(app, None), RAKORNAS)), "code")
    assert len(sessions) == 8
    classes = [row for row in sessions if row["kind"].startswith("class, track ")]
    assert [row["kind"] for row in classes] == [f"class, track {n} of classes" for n in range(1, 6)]
    assert sum(len(row["topics"].split("; ")) for row in classes) == 23
    opening, directions, panel = (row["speakers"] for row in sessions[:3])
    assert opening == "Hasyim Asy'ari (kpu): opens the meeting and gives the chair's directions"
    assert directions.split("; ")[0] == "each division of Komisi Pemilihan Umum"
    assert panel.split("; ")[0] == "Kementerian Dalam Negeri"


async def test_a_meetings_attendance_and_statements(app: FastAPI) -> None:
    shown = piped(await build_meeting_report(on(app, None), RAKORNAS))
    numbers = [(row["organization"], row["invited"], row["present"]) for row in rows(shown, "organization")]
    assert numbers == [
        ("Komisi Pemilihan Umum (kpu)", "8", "8"),
        ("KPU Provinsi DKI Jakarta (kpu-31)", "8", "8"),
        ("all", "16", "16"),
    ]
    (said,) = rows(shown, "day")
    assert (said["day"], said["form"], said["who"]) == ("2022-06-14", "written", "Sunardi (kpu-31)")


async def test_hours_are_those_of_the_place_or_of_utc_where_its_zone_is_unknown(
    own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = "starts_at = '2022-06-13 23:00+07', ends_at = '2022-06-14 08:30+07'"
    await fetch_value(own_url, f"UPDATE sessions SET {hours} WHERE code = 'opening'")

    def unheard_of(name: str) -> None:
        raise ZoneInfoNotFoundError(name)

    async with run_application(Settings(DATABASE_URL=own_url)) as app:
        assert rows(piped(await build_meeting_report(on(app, None), RAKORNAS)), "code")[0]["time"] == (
            "2022-06-13 23:00 to 2022-06-14 08:30"
        )
        monkeypatch.setattr("app.show.meeting.ZoneInfo", unheard_of)
        assert rows(piped(await build_meeting_report(on(app, None), RAKORNAS)), "code")[0]["time (UTC)"] == (
            "2022-06-13 16:00 to 2022-06-14 01:30"
        )


async def test_a_speaker_of_whom_little_is_known_is_shown_so(own_url: str) -> None:
    nobody = "official = NULL, name = '', organization = NULL, division_kind = 'division', role = NULL"
    await fetch_value(own_url, f"UPDATE session_speakers SET {nobody} WHERE session = 'opening'")
    async with run_application(Settings(DATABASE_URL=own_url)) as app:
        assert (
            rows(piped(await build_meeting_report(on(app, None), RAKORNAS)), "code")[0]["speakers"] == "each division"
        )


@pytest.mark.parametrize("code", ["kpu-xx", "", "k\udcff", "K" * 5000])
async def test_a_code_of_nothing_is_refused(app: FastAPI, code: str) -> None:
    at = on(app, None)
    questions: list[tuple[str, Awaitable[Report]]] = [
        ("There is no organization with the code", build_roster_report(at, code)),
        ("There is no meeting with the code .*; known: rakornas-2022-06", build_meeting_report(at, code)),
        ("There is no election with the code .*; known: .*pemilu-2024", build_stages_report(at, code, None, False)),
    ]
    for saying, question in questions:
        with pytest.raises(OperatorError, match=saying):
            await question


@pytest.mark.parametrize("day", ["2022-02-30", "1899-12-31", "2200-01-01", "14-06-2022", "2022-6-14", "today", ""])
def test_a_day_is_what_the_service_takes_for_one(day: str) -> None:
    with pytest.raises(OperatorError, match="--as-of"):
        record_reader.require_valid_day(day)


def test_a_database_that_cannot_be_read_is_told_of(server: str) -> None:
    """Not there at all, and there but not ours."""
    for url, saying in (
        (UNREACHABLE, "did not answer in time"),
        (replace_database(server, "postgres"), "rejected a query"),
    ):
        with pytest.raises(OperatorError, match=saying):
            record_reader.read_record(Settings(DATABASE_URL=url), None, lambda at: build_roster_report(at, "kpu"))
