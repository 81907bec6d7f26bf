"""The order of the lines of a printed roll and of its badges: by protocol, not by id."""

import io
from typing import Any

import httpx
from fastapi import FastAPI
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.rolls.export_router import XLSX
from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import database_url_of, fetch_value
from tests.rolls.exported_files import get_csv_rows, get_digest, get_file
from tests.rolls.test_export import RAKORNAS

PARTICIPANTS: tuple[dict[str, Any], ...] = (  # in the wrong order
    {"name": "Tamu Tanpa Lembaga", "capacity": "guest"},
    {"name": "Panitia Pusat", "organization": "kpu", "capacity": "committee"},
    {"name": "Ketua Kota", "organization": "kpu-31.71", "office": "chair"},
    {"name": "Sekretaris Banten", "organization": "kpu-36", "office": "secretary"},
    {"organization": "kpu-31", "office": "member"},
    {"name": "budi", "organization": "kpu-31", "office": "member"},
    {"name": "Águng", "organization": "kpu-31", "office": "member"},
    {"name": "Zaki", "organization": "kpu-31", "office": "chair"},
    {"name": "Tanpa Jabatan", "organization": "kpu-31"},
    {"name": "Sekretaris DKI", "organization": "kpu-31", "office": "secretary"},
    {"name": "Ahli Bawaslu", "organization": "bawaslu", "capacity": "speaker"},
    {"name": "Ketua Pusat", "organization": "kpu", "office": "chair", "capacity": "speaker"},
    {"name": "Peserta Tanpa Lembaga"},
)
IN_ORDER = [
    *("Ketua Pusat", "Ahli Bawaslu", "Zaki", "Águng", "budi", "", "Sekretaris DKI", "Tanpa Jabatan"),
    *("Sekretaris Banten", "Ketua Kota", "Peserta Tanpa Lembaga", "Panitia Pusat", "Tamu Tanpa Lembaga"),
]


async def register(meeting: MeetingClient) -> None:
    """Replace the participants of the meeting by those of several levels."""
    for n in range(3):
        assert (await meeting.admin.delete(meeting.participant_path(n))).status_code == 204
    created = await meeting.admin.post(f"{meeting.path}/participants:batch", {"participants": PARTICIPANTS})
    assert created.status_code == 201, created.text


async def list_names(meeting: MeetingClient) -> list[str]:
    return [row["Nama"] for row in await get_csv_rows(meeting.client, f"{meeting.path}/attendance")]


async def test_national_body_and_chair_are_first_at_the_rakornas(client: httpx.AsyncClient) -> None:
    rows = await get_csv_rows(client, RAKORNAS)
    assert [(row["Nama"], row["Jabatan"]) for row in rows] == [
        ("Hasyim Asy'ari", "Ketua"),
        ("August Mellaz", "Anggota"),
        ("Betty Epsilon Idroos", "Anggota"),
        ("Idham Holik", "Anggota"),
        ("Mochammad Afifuddin", "Anggota"),
        ("Parsadaan Harahap", "Anggota"),
        ("Yulianto Sudrajat", "Anggota"),
        ("Bernad Dermawan Sutrisno", "Sekretaris Jenderal"),
        ("Sunardi", "Ketua"),
        ("Deti Kurniawati", "Anggota"),
        ("Marlina", "Anggota"),
        ("Muhaimin", "Anggota"),
        ("Muhammad Tarmizi", "Anggota"),
        ("Nurdin", "Anggota"),
        ("Partono", "Anggota"),
        ("", "Sekretaris"),
    ]
    assert [row["No."] for row in rows] == [str(n) for n in range(1, 17)]


async def test_order_by_capacity_level_body_office_and_name(meeting: MeetingClient) -> None:
    await register(meeting)
    assert await list_names(meeting) == IN_ORDER
    workbook = await get_file(meeting.client, f"{meeting.path}/attendance", XLSX)
    sheet = load_workbook(io.BytesIO(workbook.content)).active
    assert isinstance(sheet, Worksheet)
    names = [row[1] or "" for row in sheet.iter_rows(values_only=True) if row[0] in range(1, 14)]
    assert names == IN_ORDER


async def test_badges_have_the_order_of_the_roll(meeting: MeetingClient) -> None:
    await register(meeting)
    badges = (await meeting.admin.get(f"{meeting.path}/badges")).json()["items"]
    listed = (await meeting.admin.get(f"{meeting.path}/participants?page_size=200")).json()["items"]
    names = {item["id"]: item["name"] or "" for item in listed}
    assert [names[badge["participant"]] for badge in badges] == IN_ORDER


async def test_closed_roll_keeps_its_order(meeting: MeetingClient) -> None:
    """A later name does not move a line: the order is part of the digest."""
    await register(meeting)
    assert (await meeting.admin.close_roll(meeting.path)).status_code == 200
    closed = await get_file(meeting.client, f"{meeting.path}/attendance")
    assert await list_names(meeting) == IN_ORDER
    url = database_url_of(meeting.app)
    await fetch_value(url, "UPDATE organizations SET level = 'regency' WHERE code = 'bawaslu'")
    again = await get_file(meeting.client, f"{meeting.path}/attendance")
    await fetch_value(url, "UPDATE organizations SET level = 'national' WHERE code = 'bawaslu'")
    assert get_digest(again) == get_digest(closed)


async def test_roll_that_was_closed_before_there_was_an_order_is_sorted_by_id(
    app: FastAPI, meeting: MeetingClient
) -> None:
    await register(meeting)
    assert (await meeting.admin.close_roll(meeting.path)).status_code == 200
    await fetch_value(
        database_url_of(app), "UPDATE closed_roll_lines SET sort_key = NULL WHERE meeting = $1", meeting.code
    )
    listed = (await meeting.admin.get(f"{meeting.path}/participants?page_size=200")).json()["items"]
    assert await list_names(meeting) == [item["name"] or "" for item in listed]


async def test_roster_has_the_ranks_of_the_roll(client: httpx.AsyncClient) -> None:
    roster = (await client.get("/v1/organizations/kpu/officials?as_of=2022-06-14&page_size=200")).json()["items"]
    rows = await get_csv_rows(client, f"{RAKORNAS}?organization=kpu")
    assert [item["official"]["name"] for item in roster] == [row["Nama"] for row in rows]
