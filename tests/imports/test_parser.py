"""Formats of importer: headers, lines and cells."""

import pytest

from app.imports.router import XLSX
from tests.conftest import fetch_value
from tests.imports.import_client import CSV_TYPE, NDJSON_TYPE, ImportClient, row_errors, row_statuses

SELECT_NAMES = "SELECT array_agg(name ORDER BY name) FROM officials WHERE name LIKE 'Siti Contoh%'"


@pytest.mark.parametrize(
    ("header", "wrong"),
    [
        ("name,colour", [("/colour", "unknown_column")]),
        ("name,source,name", [("/name", "repeated_column")]),
        ("other_names", [("/name", "missing_column")]),
        ("", [("", "no_header"), ("/name", "missing_column")]),
        ("Siti Contoh,KPU", [("", "no_header"), ("/name", "missing_column")]),
        ("name,reason", [("/reason", "unknown_column")]),
    ],
)
async def test_wrong_header_is_422_and_no_row_is_tried(
    importer: ImportClient, header: str, wrong: list[tuple[str, str]]
) -> None:
    response = await importer.send_csv("officials", header, "Siti Contoh,,", partial="true")
    assert (response.status_code, response.json()["code"]) == (422, "invalid_content")
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == wrong


@pytest.mark.parametrize(
    "content",
    [
        b"name\nSiti Contoh 1\nSiti Contoh 2\n",
        b"\xef\xbb\xbfname\r\nSiti Contoh 1\r\n\r\nSiti Contoh 2",
        b'"name"\r\n"Siti Contoh 1"\r\nSiti Contoh 2\r\n',
    ],
    ids=["line feeds", "byte order mark, blank line, no end", "quotes"],
)
async def test_csv_variants_are_parsed(importer: ImportClient, own_url: str, content: bytes) -> None:
    response = await importer.send(content, CSV_TYPE, "officials")
    assert response.status_code == 200, response.text
    assert await fetch_value(own_url, SELECT_NAMES) == ["Siti Contoh 1", "Siti Contoh 2"]


async def test_line_numbers_are_those_of_a_text_editor(importer: ImportClient) -> None:
    content = 'name,source\r\n"Siti","satu\r\ndua"\r\n\r\n,x\r\n"Budi","a","b"\r\n'
    response = await importer.send(content, CSV_TYPE, "officials", dry_run="true")
    assert row_errors(response) == [
        (2, "/source", "not_plain_text"),
        (5, "/name", "missing_member"),
        (6, "", "wrong_number_of_cells"),
    ]


async def test_cells_are_validated_as_strictly_as_members(importer: ImportClient) -> None:
    lines = [
        'p7-91,"1","true"',
        'p7-92,"07","true"',
        'p7-93,"7.0","true"',
        'p7-94,"7","TRUE"',
        'p7-95,"",""',
        'p7-96,"99999999999999999999","true"',
    ]
    head = "code,members,verified,kind,level,name"
    response = await importer.send_csv(
        "divisions", head, *(f"{line},division,province,Contoh" for line in lines), dry_run="true"
    )
    assert [status for _, status in row_statuses(response)] == [
        *("created", "refused", "refused", "created", "created", "refused")
    ]
    assert [(pointer, code) for _, pointer, code in row_errors(response)] == [
        *(
            ("/members", "wrong_type"),
            ("/members", "wrong_type"),
            ("/members", "wrong_type"),
        )
    ]


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("[1]", ("/other_names/0", "wrong_type")),
        ('[],""name"":""x""', ("/other_names", "not_json")),
        ('[""\\u0000""]', ("/other_names/0", "nul")),
        ("[" * 40 + "]" * 40, ("/other_names", "too_deep")),
    ],
)
async def test_list_in_a_cell_must_be_json(importer: ImportClient, cell: str, wrong: tuple[str, str]) -> None:
    response = await importer.send_csv("officials", "name,other_names", f'Siti,"{cell}"', dry_run="true")
    assert [(pointer, code) for _, pointer, code in row_errors(response)][:1] == [wrong]


async def test_list_of_objects_in_a_cell_must_be_json(importer: ImportClient) -> None:
    row = "rakornas-2022-06,class-9,9,class,Contoh,Siti"
    response = await importer.send_csv("sessions", "meeting,code,position,kind,name,speakers", row, dry_run="true")
    assert row_errors(response) == [(2, "/speakers", "not_json")]


async def test_lines_of_ndjson_are_validated_as_strictly_as_bodies(importer: ImportClient) -> None:
    lines = [
        b'{"name": "Siti"}',
        b'{"name": "Siti", "name": "Budi"}',
        b'["name"]',
        b"",
        b'{"name": "Siti"',
        b'{"name": "Siti", "colour": 1}',
        b'{"name": "\xff"}',
    ]
    response = await importer.send(b"\r\n".join(lines), NDJSON_TYPE, "officials", dry_run="true")
    assert row_errors(response) == [
        (2, "/name", "repeated_member"),
        (3, "", "wrong_type"),
        (5, "", "not_json"),
        (6, "/colour", "unknown_member"),
        (7, "", "not_json"),
    ]


@pytest.mark.parametrize(
    "content",
    [b'name\r\n"Siti\r\nBudi\r\n', b'name\r\nSiti\r\n"Budi" x\r\n', b"name\r\nSiti \xff\r\n"],
    ids=["unterminated quote", "text after a quote", "not UTF-8"],
)
async def test_malformed_csv_is_400_and_stores_nothing(importer: ImportClient, own_url: str, content: bytes) -> None:
    response = await importer.send(content, CSV_TYPE, "officials", partial="true")
    assert (response.status_code, response.json()["code"]) == (400, "malformed")
    assert await fetch_value(own_url, "SELECT count(*) FROM officials WHERE name IN ('Siti', 'Budi')") == 0


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "text/csv; charset=iso-8859-1", "text/csv; header=absent", "text/plain", ""],
)
async def test_unsupported_media_type_is_415_with_the_supported_ones(importer: ImportClient, media_type: str) -> None:
    response = await importer.send("name\r\nSiti\r\n", media_type, "officials")
    assert response.status_code == 415
    assert response.headers["accept"] == f"text/csv, application/x-ndjson, {XLSX}"


async def test_file_may_have_up_to_8_mib(importer: ImportClient) -> None:
    too_long = b" " * (8 * 1024 * 1024 + 1)
    assert (await importer.send(too_long, NDJSON_TYPE, "officials", dry_run="true")).status_code == 413
    fits = await importer.send(b"\n" * (8 * 1024 * 1024), NDJSON_TYPE, "officials", dry_run="true")
    assert fits.status_code == 200
