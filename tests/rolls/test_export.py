"""A roll as a file, and the digest that proves it."""

import csv
import io
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.auth import Scope
from app.core.db import database
from app.rolls import export_repository
from app.rolls.export_router import CSV, PDF, XLSX
from tests.callers import bearer_headers
from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import database_url_of, fetch

RAKORNAS = "/v1/meetings/rakornas-2022-06/attendance"
HOUR = 3600


@pytest_asyncio.fixture
async def meeting(app: FastAPI, client: httpx.AsyncClient) -> MeetingClient:
    meeting = await MeetingClient.create(app, client, participant_count=3)
    assert (await meeting.admin.patch(meeting.path, {"roll": "open"})).status_code == 200
    renamed = await meeting.admin.patch(meeting.participant_path(2), {"name": meeting.code})
    assert renamed.status_code == 200  # else the rolls of all tests had one digest
    return meeting


async def asked(client: httpx.AsyncClient, address: str, accept: str = CSV, **headers: str) -> httpx.Response:
    return await client.get(address, headers={"Accept": accept, **headers})


async def table(client: httpx.AsyncClient, address: str, **headers: str) -> list[dict[str, str]]:
    answer = await asked(client, address, **headers)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def digest_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.links["describedby"]["url"].removeprefix("/v1/rolls/")


async def test_the_rakornas_is_known_by_its_digest(client: httpx.AsyncClient) -> None:
    answer = await asked(client, RAKORNAS)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="daftar-hadir-rakornas-2022-06.csv"'
    assert digest_of(answer) == sha256(answer.content).hexdigest()
    listed = (await client.get(f"{RAKORNAS}?page_size=200")).json()["items"]
    known = (await client.get(f"/v1/rolls/{digest_of(answer)}")).json()
    assert (known["digest"], known["meeting"]["code"]) == (digest_of(answer), "rakornas-2022-06")
    assert known["lines"] == len(listed) == len(list(csv.reader(io.StringIO(answer.text)))) - 1


@pytest.mark.parametrize(("media_type", "begins", "ending"), [(PDF, b"%PDF-", "pdf"), (XLSX, b"PK", "xlsx")])
async def test_each_form_names_the_digest_of_the_csv(
    client: httpx.AsyncClient, media_type: str, begins: bytes, ending: str
) -> None:
    answer = await asked(client, RAKORNAS, media_type)
    assert answer.headers["content-type"] == media_type
    assert answer.content.startswith(begins)
    assert answer.headers["content-disposition"].endswith(f'.{ending}"')
    assert digest_of(answer) == digest_of(await asked(client, RAKORNAS))


async def test_a_digest_of_nothing_given_out_is_404(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/v1/rolls/{'0' * 64}")).status_code == 404
    assert (await client.get("/v1/rolls/0")).status_code == 422


async def test_every_change_is_another_digest_and_the_former_stays_known(meeting: MeetingClient) -> None:
    roll = f"{meeting.path}/attendance"
    person = meeting.participant_path(0)
    digests = [digest_of(await asked(meeting.client, roll))]
    for patch in ({"name": "Lain"}, {"organization": "kpu-33"}, {"office": "chair"}, {"capacity": "guest"}):
        assert (await meeting.admin.patch(person, patch)).status_code == 200
        digests.append(digest_of(await asked(meeting.client, roll)))
    await meeting.admin.patch(f"{roll}/{meeting.participants[1]}", {"status": "absent", "reason": "x"})
    digests.append(digest_of(await asked(meeting.client, roll)))
    await meeting.send_batch([meeting.new_scan(2, 60)], 60)
    digests.append(digest_of(await asked(meeting.client, roll)))
    assert len(set(digests)) == len(digests) == 7
    assert digest_of(await asked(meeting.client, roll)) == digests[-1]
    for one in digests:
        assert (await meeting.client.get(f"/v1/rolls/{one}")).status_code == 200


async def test_that_the_roll_is_closed_is_told_with_the_proof(meeting: MeetingClient) -> None:
    digest = digest_of(await asked(meeting.client, f"{meeting.path}/attendance"))
    assert (await meeting.client.get(f"/v1/rolls/{digest}")).json()["roll_closed_at"] is None
    closed = (await meeting.admin.post(f"{meeting.path}:close-roll", {})).json()["roll_closed_at"]
    assert (await meeting.client.get(f"/v1/rolls/{digest}")).json()["roll_closed_at"] == closed


async def test_times_are_of_the_day_at_the_place(meeting: MeetingClient) -> None:
    """Half past eleven at night in UTC is half past eight of the next morning in Jayapura."""
    assert (await meeting.admin.patch(meeting.path, {"time_zone": "Asia/Jayapura"})).status_code == 200
    scans = [
        meeting.new_scan(0, 0),
        meeting.new_scan(0, 6 * HOUR, direction="out"),
        meeting.new_scan(0, 21.5 * HOUR),
        meeting.new_scan(1, 21.5 * HOUR),
        meeting.new_scan(1, 20 * HOUR, direction="out"),
    ]
    await meeting.send_batch(scans, 22 * HOUR)
    first, second, third = await table(meeting.client, f"{meeting.path}/attendance")
    columns = [f"{way} 2026-12-0{day}" for day in (7, 8) for way in ("Masuk", "Keluar")]
    assert [first[one] for one in columns] == ["11:00", "17:00", "08:30", ""]
    assert [second[one] for one in columns] == ["", "", "08:30", ""]  # gone before they came: no exit of that day
    assert [third[one] for one in columns] == [""] * 4
    assert [one["Kehadiran"] for one in (first, second, third)] == ["Hadir", "Hadir", third["Kehadiran"]]


@pytest.mark.parametrize(
    ("query", "hour"), [("", ": 09.00 WIB"), ("?session=opening", ": 09.00 WIB"), ("?session=class-1", None)]
)
async def test_above_it_stands_the_hour_of_the_first_session(
    meeting: MeetingClient, query: str, hour: str | None
) -> None:
    answer = await asked(meeting.client, f"{meeting.path}/attendance{query}", XLSX)
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert isinstance(sheet, Worksheet)
    cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    assert [one for one in cells if one.endswith("09.00 WIB")] == ([hour] if hour else [])


async def test_an_annulled_scan_is_on_no_paper(meeting: MeetingClient) -> None:
    await meeting.send_batch([scan := meeting.new_scan(0, 60)], 60)
    await meeting.admin.post(f"{meeting.path}/check-ins/{scan['scan_id']}:annul", {"reason": "keliru"})
    assert (await table(meeting.client, f"{meeting.path}/attendance"))[0]["Masuk 2026-12-07"] == ""


async def test_it_is_narrowed_as_the_list_is(client: httpx.AsyncClient) -> None:
    at = "/v1/meetings/mixed/attendance"
    queries = ("organization=kpu-31", "status=excused", "office=chair", "session=zulu", "organization=kpu&office=chair")
    for query in queries:
        items = (await client.get(f"{at}?page_size=200&{query}")).json()["items"]
        rows = await table(client, f"{at}?{query}")
        assert 0 < len(items) < 200
        assert [one["Nama"] for one in rows] == [one["name"] for one in items], query
        assert [one["No."] for one in rows] == [str(n) for n in range(1, len(rows) + 1)]


@pytest.mark.parametrize("query", ["q=siti", "sort=-id", "fields=name", "session=no-such", "organization=no-such"])
async def test_what_makes_no_sense_of_a_file_is_refused(client: httpx.AsyncClient, query: str) -> None:
    answer = await asked(client, f"/v1/meetings/mixed/attendance?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == query.partition("=")[0]


async def test_it_has_no_pages(client: httpx.AsyncClient) -> None:
    following = (await client.get("/v1/meetings/mixed/attendance?page_size=5")).links["next"]["url"]
    answer = await asked(client, following)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "page_token")


async def test_to_whom_it_is_not_shown_it_is_not_given(app: FastAPI, client: httpx.AsyncClient) -> None:
    callers: list[dict[str, str]] = [
        {},
        bearer_headers(app, Scope.ATTENDANCE_WRITE),
        bearer_headers(app, Scope.ATTENDANCE_READ, organization="kpu-31"),
        bearer_headers(app, Scope.ATTENDANCE_READ, meeting="mixed"),
    ]
    for media_type in (CSV, XLSX, PDF, "application/json"):
        answers = [await asked(client, "/v1/meetings/closed/attendance", media_type, **one) for one in callers]
        assert [one.status_code for one in answers] == [401, 403, 404, 404], media_type
        assert not any(b"Rahasia" in one.content for one in answers)
    for one in callers:
        assert (await asked(client, "/v1/meetings/no-such/attendance", **one)).status_code == 404


async def test_in_full_it_leaves_a_line_that_names_all(app: FastAPI, client: httpx.AsyncClient) -> None:
    reader = bearer_headers(app, Scope.ATTENDANCE_READ, client_id="reader-of-files")
    answer = await asked(client, "/v1/meetings/closed/attendance?organization=kpu-94", **reader)
    assert [one["Kehadiran"] for one in csv.DictReader(io.StringIO(answer.text))] == ["Sakit", "Hadir"]
    assert answer.headers["cache-control"] == "no-store"
    keys = "SELECT keys FROM audit_lines WHERE client = 'reader-of-files'"
    told: list[str] = await fetch(database_url_of(app), keys)
    assert [one.split("/")[0] for one in told] == ["meetings", "participants", "participants"]
    assert (await client.get(f"/v1/rolls/{digest_of(answer)}")).json()["lines"] == 2


async def test_without_a_line_it_is_not_given(app: FastAPI, client: httpx.AsyncClient) -> None:
    url = database_url_of(app)
    await fetch(url, "ALTER TABLE audit_lines ADD CONSTRAINT none_now CHECK (client <> 'unlucky') NOT VALID")
    given = bearer_headers(app, Scope.ATTENDANCE_READ, client_id="unlucky")
    with structlog.testing.capture_logs():  # of the fault it would write pages to the terminal
        answer = await asked(client, "/v1/meetings/closed/attendance", **given)
    await fetch(url, "ALTER TABLE audit_lines DROP CONSTRAINT none_now")
    assert answer.status_code == 500
    assert "Rahasia" not in answer.text


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/*", CSV),
        ("application/pdf;q=0.4, text/csv;q=0.5", CSV),
        ("application/*", "application/json"),
        ("image/png", None),
        ("application/json;q=0, text/html", None),
    ],
)
async def test_it_is_what_is_asked_for(client: httpx.AsyncClient, accept: str, given: str | None) -> None:
    answer = await asked(client, "/v1/meetings/named/attendance", accept)
    assert answer.status_code == (200 if given else 406)
    assert answer.headers["content-type"].partition(";")[0] == (given or "application/problem+json")


async def test_one_that_is_too_long_is_refused(meeting: MeetingClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_repository, "MAX_LINES", 2)
    answer = await asked(meeting.client, f"{meeting.path}/attendance")
    assert (answer.status_code, answer.json()["code"]) == (409, "roll_too_long")
    monkeypatch.setattr(export_repository, "MAX_LINES", 3)
    assert (await asked(meeting.client, f"{meeting.path}/attendance")).status_code == 200
    monkeypatch.setattr(export_repository, "MAX_DAYS", 1)  # the meeting has two
    assert (await asked(meeting.client, f"{meeting.path}/attendance")).json()["code"] == "roll_too_long"


async def test_as_it_was_known(meeting: MeetingClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))
    before = await asked(meeting.client, f"{meeting.path}/attendance")
    instant: datetime = await fetch(database_url_of(meeting.app), "SELECT clock_timestamp()")
    await meeting.admin.patch(meeting.attendance_path(0), {"status": "absent", "reason": "x"})
    await meeting.admin.delete(meeting.participant_path(1))
    then = await asked(meeting.client, f"{meeting.path}/attendance?known_at={quote(instant.isoformat())}")
    assert (then.status_code, then.text) == (200, before.text)
    assert (await asked(meeting.client, f"{meeting.path}/attendance")).text != before.text


async def test_a_gate_of_the_meeting_reads_it_in_full(meeting: MeetingClient) -> None:
    await meeting.admin.patch(meeting.attendance_path(0), {"status": "sick", "reason": "x"})
    gate = bearer_headers(meeting.app, Scope.ATTENDANCE_READ, meeting=meeting.code)
    callers: tuple[dict[str, str], ...] = (gate, {})
    told = [(await table(meeting.client, f"{meeting.path}/attendance", **one))[0]["Kehadiran"] for one in callers]
    assert told == ["Sakit", "Izin"]
