"""CSV as spreadsheets and people write it: separators, encodings, padding, booleans, headings and changed cells."""

import pytest

from tests.imports.import_client import CSV_TYPE, ImportClient, row_errors, row_statuses

OFFICIALS = "SELECT array_agg(name ORDER BY name) FROM officials WHERE name LIKE 'Siti Contoh%'"


async def get_official(importer: ImportClient, content: bytes, **query: str) -> dict[str, object]:
    """Import one official, and return it."""
    response = await importer.send(content, CSV_TYPE, "officials", **query)
    assert response.status_code == 200, response.text
    [row] = response.json()["rows"]
    document: dict[str, object] = (await importer.http.get(f"/v1/officials/{row['key']}")).json()
    return document


@pytest.mark.parametrize(
    "content",
    [
        b"name;source;verified\r\nSiti Contoh;KPU;BENAR\r\n",
        b"name\tsource\tverified\r\nSiti Contoh\tKPU\tTRUE\r\n",
        b"sep=|\r\nname|source|verified\r\nSiti Contoh|KPU|true\r\n",
        b"\xef\xbb\xbfsep=;\r\nname;source;verified\r\nSiti Contoh;KPU;ya\r\n",
        b"Daftar pejabat;;;\r\n;;;\r\nNo.;Nama;Sumber;Terverifikasi*;;;\r\n1;Siti Contoh;KPU;1;;;\r\n;;;;;;\r\n",
        b"NAMA LENGKAP;sumber (wajib);ter_verifikasi\r\n\xc2\xa0Siti\xc2\xa0Contoh ;\tKPU;Benar \r\n",
        b"\xe2\x80\x8bname;source;verified\r\n\xef\xbb\xbfSiti Contoh;'KPU;TRUE\r\n".replace(b"'", b""),
        'name\tsource\tverified\r\n"Siti Contoh"\tKPU\tBENAR\r\n'.encode("utf-16"),
        b"\xfe\xff" + "name\tsource\tverified\r\nSiti Contoh\tKPU\tya\r\n".encode("utf-16-be"),
        b'name,source,verified\r\n"=""Siti Contoh""",KPU,true\r\n',
    ],
    ids=[
        *("semicolons", "tabs", "declared bar", "declared semicolon after a mark", "title, number, empty ends"),
        *("Indonesian headings, padding", "invisible marks", "UTF-16LE", "UTF-16BE", "text as a formula"),
    ],
)
async def test_file_of_a_spreadsheet_is_read(importer: ImportClient, content: bytes) -> None:
    official = await get_official(importer, content)
    assert (official["name"], official["source"], official["verified"]) == ("Siti Contoh", "KPU", True)


async def test_row_may_lack_its_empty_cells_at_the_end(importer: ImportClient) -> None:
    """Excel writes the separators after the last cell in the first 16 rows only."""
    assert (await get_official(importer, b"name;source;verified\r\nSiti Contoh\r\n"))["source"] is None


@pytest.mark.parametrize("word", ["SALAH", "false", "tidak", "0", " Salah "])
async def test_word_for_false_is_read(importer: ImportClient, word: str) -> None:
    content = f"name;verified\r\nSiti Contoh;{word}\r\n".encode()
    assert (await get_official(importer, content))["verified"] is False


async def test_list_of_texts_has_semicolons_or_is_json(importer: ImportClient) -> None:
    official = await get_official(importer, b'nama,nama lain\r\nSiti Contoh,"Sitti, S.H.; Siti C."\r\n')
    assert official["other_names"] == ["Sitti, S.H.", "Siti C."]


async def test_word_of_a_closed_list_may_be_indonesian(importer: ImportClient) -> None:
    content = "kode;jenis;tingkat;nama;dipimpin oleh\r\np7-98;Divisi;Kabupaten/Kota;Satu;Ketua\r\n"
    response = await importer.send(content, CSV_TYPE, "divisions")
    assert row_statuses(response) == [(2, "created")], response.text
    division = (await importer.http.get("/v1/divisions/p7-98")).json()
    assert [division[name] for name in ("kind", "level", "led_by")] == ["division", "regency", "chair"]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("nama\r\nSiti\r\nJos\u00e9\r\n".encode("cp1252"), ("Line 3, character 4", "0xE9")),
        ("nama;sumber\r\nSiti;\u201cKPU\u201d\r\n".encode("cp1252"), ("Line 2, character 6", "0x93")),
        ("nama\r\nSiti\r\n".encode("utf-16-le"), ("Line 1, character 2", "0x00")),
        ("nama\r\nJos\u00e9\r\n".encode("cp850"), ("Line 2, character 4", "0x82")),
        ("nama\r\nSiti\r\n".encode("utf-16") + b"\x00", ("UTF-16", "after line 2")),
    ],
    ids=["Windows-1252", "its quotes", "UTF-16 without a mark", "MS-DOS", "broken UTF-16"],
)
async def test_other_encoding_is_refused_with_its_place_and_without_the_text(
    importer: ImportClient, content: bytes, place: tuple[str, str]
) -> None:
    response = await importer.send(content, CSV_TYPE, "officials", dry_run="true")
    assert (response.status_code, response.json()["code"]) == (400, "malformed")
    detail = response.json()["detail"]
    assert all(words in detail for words in (*place, "CSV UTF-8"))
    assert "Jos" not in response.text


@pytest.mark.parametrize(
    ("start", "words"), [(b"PK\x03\x04", ".xlsx"), (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel 97-2003")], ids=["XLSX", "XLS"]
)
async def test_workbook_that_is_sent_as_text_is_recognized(importer: ImportClient, start: bytes, words: str) -> None:
    response = await importer.send(start + bytes(100), CSV_TYPE, "officials", dry_run="true")
    assert response.status_code == 400
    assert words in response.json()["detail"]


async def test_unterminated_quote_is_reported_where_its_row_begins(importer: ImportClient) -> None:
    content = 'name\r\n"Siti"\r\n"Budi\r\n' + "Ani\r\n" * 50
    response = await importer.send(content, CSV_TYPE, "officials", dry_run="true")
    assert (response.status_code, "line 3 " in response.json()["detail"]) == (400, True)


async def test_line_number_counts_what_stands_above_the_header(importer: ImportClient) -> None:
    content = 'sep=;\r\n"Daftar\r\npejabat";\r\n;\r\nnama;sumber\r\nSiti;KPU\r\n;\r\n"Budi";"\x01"\r\n'
    response = await importer.send(content, CSV_TYPE, "officials", dry_run="true")
    assert row_statuses(response) == [(6, "created"), (8, "refused")]


async def test_unknown_heading_is_told_with_the_most_similar_one(importer: ImportClient) -> None:
    response = await importer.send_csv("officials", "nama,sumbar,Terverifikasi", "Siti,KPU,ya", dry_run="true")
    [error] = response.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/sumbar", "unknown_column")
    assert "Perhaps you mean: sumber." in error["detail"]


async def test_member_may_have_one_column_only(importer: ImportClient) -> None:
    response = await importer.send_csv("officials", "name,Nama Lengkap", "Siti,Siti", dry_run="true")
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [
        ("/Nama Lengkap", "repeated_column")
    ]


async def test_first_row_without_headings_is_not_repeated(importer: ImportClient) -> None:
    response = await importer.send_csv("officials", "Siti Rahasia,KPU", "Budi,KPU", dry_run="true")
    assert [error["code"] for error in response.json()["errors"]] == ["no_header", "missing_column"]
    assert "Rahasia" not in response.text


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n\r\n"], ids=["no byte", "only a mark", "empty rows"])
async def test_empty_file_is_told(importer: ImportClient, content: bytes) -> None:
    response = await importer.send(content, CSV_TYPE, "officials")
    assert response.status_code == 422
    assert "empty_file" in [error["code"] for error in response.json()["errors"]]


@pytest.mark.parametrize(
    ("head", "cells", "wrong"),
    [
        ("kode;nama;jenis;wilayah", "dkpp-11;DKPP;Lembaga;11.1", ("/region", "lost_zeros")),
        ("kode;nama;jenis;wilayah", "dkpp-11;DKPP;Lembaga;6", ("/region", "lost_zeros")),
        ("kode;nama;jenis;peran", "dkpp-11;DKPP;Lembaga;#N/A", ("/role", "spreadsheet_error")),
        ("kode;nama;jenis;peran", "dkpp-11;DKPP;Lembaga;#NAMA?", ("/role", "spreadsheet_error")),
        ("kode;nama;jenis;peran", "dkpp-11;DKPP;Lembaga;6,28E+14", ("/role", "rounded_number")),
        ("kode;nama;jenis;peran", "dkpp-11;DKPP;Lembaga;=A1", ("/role", "formula")),
        ("kode;nama;jenis;kursi", "dkpp-11;DKPP;Lembaga;7,0", ("/seats", "wrong_type")),
        ("kode;nama;jenis;;kursi", "dkpp-11;DKPP;Lembaga;x;7", ("", "no_heading")),
    ],
)
async def test_cell_that_a_spreadsheet_has_changed_is_refused_with_its_column(
    importer: ImportClient, head: str, cells: str, wrong: tuple[str, str]
) -> None:
    response = await importer.send(f"{head}\r\n{cells}\r\n", CSV_TYPE, "organizations", dry_run="true")
    assert row_errors(response) == [(2, *wrong)]
    [row] = response.json()["rows"]
    assert row["key"] == (None if wrong[1] == "no_heading" else "dkpp-11")
    assert row["errors"][0]["column"] == (head.split(";")[-1] if wrong[0] else None)
    assert cells.split(";")[-1] not in row["errors"][0]["detail"]


async def test_code_of_a_region_without_its_zeros_is_told(importer: ImportClient) -> None:
    content = "kode;nama;jenis;zona waktu\r\n31.1;Kota Contoh;Kota;Asia/Jakarta\r\n"
    response = await importer.send(content, CSV_TYPE, "regions", dry_run="true")
    assert row_errors(response) == [(2, "/code", "lost_zeros")]


async def test_apostrophe_that_keeps_a_number_as_text_is_dropped(importer: ImportClient) -> None:
    content = "kode;nama;jenis;wilayah\r\ndkpp-11;'Aisyiyah;Lembaga;'11\r\n"
    response = await importer.send(content, CSV_TYPE, "organizations")
    assert row_statuses(response) == [(2, "created")], response.text
    organization = (await importer.http.get("/v1/organizations/dkpp-11")).json()
    assert (organization["name"], organization["region"]["code"]) == ("'Aisyiyah", "11")


async def test_all_errors_of_a_row_are_reported_at_once(importer: ImportClient) -> None:
    content = "kode;nama;jenis;kursi;peran\r\ndkpp-11;;Toko;x;#N/A\r\n"
    response = await importer.send(content, CSV_TYPE, "organizations", dry_run="true")
    assert {(pointer, code) for _, pointer, code in row_errors(response)} == {
        *(("/role", "spreadsheet_error"), ("/name", "missing_member")),
        *(("/kind", "not_one_of"), ("/seats", "wrong_type")),
    }
