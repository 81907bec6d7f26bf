"""A roll as CSV, XLSX or PDF, and the digest that proves it."""

import csv
import io
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import quote

import httpx
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.core.db import database
from app.rolls import export_repository
from app.rolls.export_router import CSV, PDF, XLSX
from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import database_url_of, fetch_value
from tests.rolls.exported_files import get_csv_rows, get_digest, get_file

RAKORNAS = "/v1/meetings/rakornas-2022-06/attendance"
HOUR = 3600


async def test_issued_csv_is_confirmed_by_its_digest(client: httpx.AsyncClient) -> None:
    response = await get_file(client, RAKORNAS)
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["content-disposition"] == 'attachment; filename="daftar-hadir-rakornas-2022-06.csv"'
    assert get_digest(response) == sha256(response.content).hexdigest()
    items = (await client.get(f"{RAKORNAS}?page_size=200")).json()["items"]
    document = (await client.get(f"/v1/rolls/{get_digest(response)}")).json()
    assert (document["digest"], document["meeting"]["code"]) == (get_digest(response), "rakornas-2022-06")
    assert document["lines"] == len(items) == len(list(csv.reader(io.StringIO(response.text)))) - 1


@pytest.mark.parametrize(("media_type", "first_bytes", "extension"), [(PDF, b"%PDF-", "pdf"), (XLSX, b"PK", "xlsx")])
async def test_pdf_and_xlsx_have_the_digest_of_the_csv(
    client: httpx.AsyncClient, media_type: str, first_bytes: bytes, extension: str
) -> None:
    response = await get_file(client, RAKORNAS, media_type)
    assert response.headers["content-type"] == media_type
    assert response.content.startswith(first_bytes)
    assert response.headers["content-disposition"].endswith(f'.{extension}"')
    assert get_digest(response) == get_digest(await get_file(client, RAKORNAS))


async def test_unknown_digest_is_404(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/v1/rolls/{'0' * 64}")).status_code == 404
    assert (await client.get("/v1/rolls/0")).status_code == 422


async def test_each_change_gives_a_new_digest_and_old_ones_stay_known(meeting: MeetingClient) -> None:
    roll = f"{meeting.path}/attendance"
    participant = meeting.participant_path(0)
    digests = [get_digest(await get_file(meeting.client, roll))]
    for patch in ({"name": "Lain"}, {"organization": "kpu-33"}, {"office": "chair"}, {"capacity": "guest"}):
        assert (await meeting.admin.patch(participant, patch)).status_code == 200
        digests.append(get_digest(await get_file(meeting.client, roll)))
    await meeting.admin.patch(f"{roll}/{meeting.participants[1]}", {"status": "absent", "reason": "x"})
    digests.append(get_digest(await get_file(meeting.client, roll)))
    await meeting.send_batch([meeting.new_scan(2, 60)], 60)
    digests.append(get_digest(await get_file(meeting.client, roll)))
    assert len(set(digests)) == len(digests) == 7
    assert get_digest(await get_file(meeting.client, roll)) == digests[-1]
    for digest in digests:
        assert (await meeting.client.get(f"/v1/rolls/{digest}")).status_code == 200


async def test_digest_document_states_the_closing_of_the_roll(meeting: MeetingClient) -> None:
    digest = get_digest(await get_file(meeting.client, f"{meeting.path}/attendance"))
    assert (await meeting.client.get(f"/v1/rolls/{digest}")).json()["roll_closed_at"] is None
    closed = (await meeting.admin.close_roll(meeting.path)).json()["roll_closed_at"]
    assert (await meeting.client.get(f"/v1/rolls/{digest}")).json()["roll_closed_at"] == closed


async def test_times_are_grouped_by_local_day(meeting: MeetingClient) -> None:
    """23:30 in UTC is 08:30 of the next day in Jayapura."""
    assert (await meeting.admin.patch(meeting.path, {"time_zone": "Asia/Jayapura"})).status_code == 200
    scans = [
        meeting.new_scan(0, 0),
        meeting.new_scan(0, 6 * HOUR, direction="out"),
        meeting.new_scan(0, 21.5 * HOUR),
        meeting.new_scan(1, 21.5 * HOUR),
        meeting.new_scan(1, 20 * HOUR, direction="out"),
    ]
    await meeting.send_batch(scans, 22 * HOUR)
    first, second, third = await get_csv_rows(meeting.client, f"{meeting.path}/attendance")
    columns = [f"{direction} 2026-12-0{day}" for day in (7, 8) for direction in ("Masuk", "Keluar")]
    assert [first[column] for column in columns] == ["11:00", "17:00", "08:30", ""]
    assert [second[column] for column in columns] == [
        "",
        "",
        "08:30",
        "",
    ]  # an exit before the first entry of the day is no exit
    assert [third[column] for column in columns] == [""] * 4
    assert [row["Kehadiran"] for row in (first, second, third)] == ["Hadir", "Hadir", third["Kehadiran"]]


@pytest.mark.parametrize(
    ("query", "hour"), [("", ": 09.00 WIB"), ("?session=opening", ": 09.00 WIB"), ("?session=class-1", None)]
)
async def test_header_states_the_start_of_the_first_session(
    meeting: MeetingClient, query: str, hour: str | None
) -> None:
    response = await get_file(meeting.client, f"{meeting.path}/attendance{query}", XLSX)
    sheet = load_workbook(io.BytesIO(response.content)).active
    assert isinstance(sheet, Worksheet)
    cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    assert [cell for cell in cells if cell.endswith("09.00 WIB")] == ([hour] if hour else [])


async def test_annulled_scan_is_not_exported(meeting: MeetingClient) -> None:
    await meeting.send_batch([scan := meeting.new_scan(0, 60)], 60)
    await meeting.admin.post(f"{meeting.path}/check-ins/{scan['scan_id']}:annul", {"reason": "keliru"})
    assert (await get_csv_rows(meeting.client, f"{meeting.path}/attendance"))[0]["Masuk 2026-12-07"] == ""


async def test_filters_select_the_same_lines_as_in_the_list(client: httpx.AsyncClient) -> None:
    path = "/v1/meetings/mixed/attendance"
    queries = ("organization=kpu-31", "status=excused", "office=chair", "session=zulu", "organization=kpu&office=chair")
    for query in queries:
        items = (await client.get(f"{path}?page_size=200&{query}")).json()["items"]
        rows = await get_csv_rows(client, f"{path}?{query}")
        assert 0 < len(items) < 200
        assert sorted(row["Nama"] for row in rows) == sorted(item["name"] for item in items), query
        assert [row["No."] for row in rows] == [str(n) for n in range(1, len(rows) + 1)]


@pytest.mark.parametrize("query", ["q=siti", "sort=-id", "fields=name", "session=no-such", "organization=no-such"])
async def test_parameters_of_pages_and_unknown_codes_are_422(client: httpx.AsyncClient, query: str) -> None:
    response = await get_file(client, f"/v1/meetings/mixed/attendance?{query}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == query.partition("=")[0]


async def test_page_token_is_422(client: httpx.AsyncClient) -> None:
    next_page = (await client.get("/v1/meetings/mixed/attendance?page_size=5")).links["next"]["url"]
    response = await get_file(client, next_page)
    assert (response.status_code, response.json()["errors"][0]["parameter"]) == (422, "page_token")


@pytest.mark.parametrize(
    ("accept", "media_type"),
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
async def test_media_type_is_negotiated(client: httpx.AsyncClient, accept: str, media_type: str | None) -> None:
    response = await get_file(client, "/v1/meetings/named/attendance", accept)
    assert response.status_code == (200 if media_type else 406)
    assert response.headers["content-type"].partition(";")[0] == (media_type or "application/problem+json")


async def test_too_long_roll_is_409(meeting: MeetingClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_repository, "MAX_LINES", 2)
    response = await get_file(meeting.client, f"{meeting.path}/attendance")
    assert (response.status_code, response.json()["code"]) == (409, "roll_too_long")
    monkeypatch.setattr(export_repository, "MAX_LINES", 3)
    assert (await get_file(meeting.client, f"{meeting.path}/attendance")).status_code == 200
    monkeypatch.setattr(export_repository, "MAX_DAYS", 1)  # the meeting has two
    assert (await get_file(meeting.client, f"{meeting.path}/attendance")).json()["code"] == "roll_too_long"


async def test_export_as_known_at_an_instant(meeting: MeetingClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))
    before = await get_file(meeting.client, f"{meeting.path}/attendance")
    instant: datetime = await fetch_value(database_url_of(meeting.app), "SELECT clock_timestamp()")
    await meeting.admin.patch(meeting.attendance_path(0), {"status": "absent", "reason": "x"})
    await meeting.admin.delete(meeting.participant_path(1))
    as_known = await get_file(meeting.client, f"{meeting.path}/attendance?known_at={quote(instant.isoformat())}")
    assert (as_known.status_code, as_known.text) == (200, before.text)
    assert (await get_file(meeting.client, f"{meeting.path}/attendance")).text != before.text


async def test_nonce_of_the_foot_is_the_last_column(meeting: MeetingClient) -> None:
    rows = await get_csv_rows(meeting.client, f"{meeting.path}/attendance")
    assert list(rows[0])[-1] == "Nonce"
    (nonce,) = {row["Nonce"] for row in rows}
    workbook = await get_file(meeting.client, f"{meeting.path}/attendance", XLSX)
    sheet = load_workbook(io.BytesIO(workbook.content)).active
    assert isinstance(sheet, Worksheet)
    assert f": {nonce}" in {cell for row in sheet.iter_rows(values_only=True) for cell in row}


async def test_same_content_has_the_same_entity_tag(meeting: MeetingClient) -> None:
    address = f"{meeting.path}/attendance"
    first = await get_file(meeting.client, address)
    head = await meeting.client.head(address, headers={"Accept": CSV})
    again = await get_file(meeting.client, address, **{"If-None-Match": first.headers["etag"]})
    assert (head.headers["etag"], again.status_code) == (first.headers["etag"], 304)


async def test_meeting_created_again_has_another_nonce(meeting: MeetingClient) -> None:
    members = {"code": f"{meeting.code}-again", "name": "Rapat", "kind": "plenary", "host": "kpu"}
    members |= {"time_zone": "Asia/Jakarta", "start_on": "2026-12-07", "end_on": "2026-12-07", "roll": "open"}
    contents = []
    for _ in range(2):
        assert (await meeting.admin.post("/v1/meetings", members)).status_code == 201
        contents.append((await get_file(meeting.client, f"/v1/meetings/{members['code']}/attendance")).content)
        deleted = await meeting.admin.delete(f"/v1/meetings/{members['code']}")
        assert deleted.status_code == 204, deleted.text
    assert contents[0] != contents[1]
    assert contents[0].count(b"\r\n") == 1  # there are no lines, only headings


async def test_roll_of_a_deleted_meeting_is_not_issued(meeting: MeetingClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))
    code = f"{meeting.code}-deleted"
    members = {"code": code, "name": "Rapat", "kind": "plenary", "host": "kpu", "time_zone": "Asia/Jakarta"}
    members |= {"start_on": "2026-12-07", "end_on": "2026-12-07", "roll": "open"}
    assert (await meeting.admin.post("/v1/meetings", members)).status_code == 201
    instant: datetime = await fetch_value(database_url_of(meeting.app), "SELECT clock_timestamp()")
    await meeting.admin.delete(f"/v1/meetings/{code}")
    address = f"/v1/meetings/{code}/attendance?known_at={quote(instant.isoformat())}"
    assert (await get_file(meeting.client, address, **meeting.admin.headers)).status_code == 404
