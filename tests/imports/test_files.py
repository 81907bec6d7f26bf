"""What a file may look like: its header, its lines, its cells."""

import pytest

from tests.conftest import fetch_value
from tests.imports.files import CSV, NDJSON, Files, errors, verdicts

PEOPLE = "SELECT array_agg(name ORDER BY name) FROM officials WHERE name LIKE 'Siti Contoh%'"


@pytest.mark.parametrize(
    ("header", "wrong"),
    [
        ("name,colour", [("/colour", "unknown_column")]),
        ("name,source,name", [("/name", "repeated_column")]),
        ("other_names", [("/name", "missing_column")]),
        ("", [("/name", "missing_column")]),
        ("name;other_names", [("/name;other_names", "unknown_column"), ("/name", "missing_column")]),
        ("name,reason", [("/reason", "unknown_column")]),
    ],
)
async def test_a_wrong_header_is_refused_with_nothing_tried(
    files: Files, header: str, wrong: list[tuple[str, str]]
) -> None:
    answer = await files.csv("officials", header, "Siti Contoh,,", partial="true")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_content")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == wrong


@pytest.mark.parametrize(
    "content",
    [
        b"name\nSiti Contoh 1\nSiti Contoh 2\n",
        b"\xef\xbb\xbfname\r\nSiti Contoh 1\r\n\r\nSiti Contoh 2",
        b'"name"\r\n"Siti Contoh 1"\r\nSiti Contoh 2\r\n',
    ],
    ids=["line feeds", "byte order mark, blank line, no end", "quotes"],
)
async def test_csv_of_every_kind_is_read(files: Files, own_url: str, content: bytes) -> None:
    answer = await files.send(content, CSV, "officials")
    assert answer.status_code == 200, answer.text
    assert await fetch_value(own_url, PEOPLE) == ["Siti Contoh 1", "Siti Contoh 2"]


async def test_lines_are_counted_as_an_editor_does(files: Files) -> None:
    content = 'name,source\r\n"Siti","satu\r\ndua"\r\n\r\n,\r\n"Budi"\r\n'
    answer = await files.send(content, CSV, "officials", dry_run="true")
    assert errors(answer) == [
        (2, "/source", "not_plain_text"),
        (5, "/name", "missing_member"),
        (6, "", "wrong_number_of_cells"),
    ]


async def test_cells_are_as_strict_as_members(files: Files) -> None:
    lines = [
        'p7-91,"1","true"',
        'p7-92,"07","true"',
        'p7-93,"7.0","true"',
        'p7-94,"7","TRUE"',
        'p7-95,"",""',
        'p7-96,"99999999999999999999","true"',
    ]
    head = "code,members,verified,kind,level,name"
    answer = await files.csv("divisions", head, *(f"{line},division,province,Contoh" for line in lines), dry_run="true")
    assert [status for _, status in verdicts(answer)] == [
        *("created", "refused", "refused", "refused", "created", "refused")
    ]
    assert [(pointer, code) for _, pointer, code in errors(answer)] == [
        *(
            ("/members", "wrong_type"),
            ("/members", "wrong_type"),
            ("/verified", "wrong_type"),
            ("/members", "wrong_type"),
        )
    ]


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("[1]", ("/other_names/0", "wrong_type")),
        ("Siti", ("/other_names", "not_json")),
        ('[],""name"":""x""', ("/other_names", "not_json")),
        ('[""\\u0000""]', ("/other_names/0", "nul")),
        ("[" * 40 + "]" * 40, ("/other_names", "too_deep")),
    ],
)
async def test_a_list_in_a_cell_is_json(files: Files, cell: str, wrong: tuple[str, str]) -> None:
    answer = await files.csv("officials", "name,other_names", f'Siti,"{cell}"', dry_run="true")
    assert [(pointer, code) for _, pointer, code in errors(answer)][:1] == [wrong]


async def test_lines_of_ndjson_are_read_as_strictly_as_bodies(files: Files) -> None:
    lines = [
        b'{"name": "Siti"}',
        b'{"name": "Siti", "name": "Budi"}',
        b'["name"]',
        b"",
        b'{"name": "Siti"',
        b'{"name": "Siti", "colour": 1}',
        b'{"name": "\xff"}',
    ]
    answer = await files.send(b"\r\n".join(lines), NDJSON, "officials", dry_run="true")
    assert errors(answer) == [
        (2, "/name", "repeated_member"),
        (3, "", "wrong_type"),
        (5, "", "not_json"),
        (6, "/colour", "unknown_member"),
        (7, "", "not_json"),
    ]


@pytest.mark.parametrize(
    "content",
    [b'name\r\n"Siti\r\nBudi\r\n', b'name\r\nSiti\r\n"Budi" x\r\n', b"name\r\nSiti \xff\r\n"],
    ids=["a quote that does not end", "text after a quote", "no UTF-8"],
)
async def test_what_is_no_csv_is_refused_as_a_whole(files: Files, own_url: str, content: bytes) -> None:
    answer = await files.send(content, CSV, "officials", partial="true")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert await fetch_value(own_url, "SELECT count(*) FROM officials WHERE name IN ('Siti', 'Budi')") == 0


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "text/csv; charset=iso-8859-1", "text/csv; header=absent", "text/plain", ""],
)
async def test_another_kind_of_file_is_refused_with_those_that_are_taken(files: Files, media_type: str) -> None:
    answer = await files.send("name\r\nSiti\r\n", media_type, "officials")
    assert answer.status_code == 415
    assert answer.headers["accept"] == "text/csv, application/x-ndjson"


async def test_a_file_may_be_8_mib_long(files: Files) -> None:
    too_long = b" " * (8 * 1024 * 1024 + 1)
    assert (await files.send(too_long, NDJSON, "officials", dry_run="true")).status_code == 413
    fits = await files.send(b"\n" * (8 * 1024 * 1024), NDJSON, "officials", dry_run="true")
    assert fits.status_code == 200
