"""Dates as people write them."""

import pytest

from app.imports.dates import WrittenDate, read_date
from tests.imports.import_client import CSV_TYPE, ImportClient, row_errors, row_statuses


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2022-06-13", "2022-06-13"),
        ("2022/6/13", "2022-06-13"),
        ("2022-06-13 00:00:00", "2022-06-13"),
        ("13/06/2022", "2022-06-13"),
        ("13/6/2022 0:00", "2022-06-13"),
        ("13-06-2022", "2022-06-13"),
        ("13.06.2022", "2022-06-13"),
        ("06/06/2022", "2022-06-06"),
        ("13 Juni 2022", "2022-06-13"),
        ("13-Jun-22", "2022-06-13"),
        ("13 JUN 2022", "2022-06-13"),
        ("Senin, 13 Juni 2022", "2022-06-13"),
        ("Jum'at, 17 Agustus 1945", "1945-08-17"),
        ("1 Agt 2022", "2022-08-01"),
        ("1 Mei 2022", "2022-05-01"),
        ("31 Desember 99", "1999-12-31"),
        ("1-Okt-29", "2029-10-01"),
        ("June 13, 2022", "2022-06-13"),
        ("31/02/2022", "2022-02-31"),
    ],
)
def test_date_is_read(text: str, iso: str) -> None:
    assert read_date(text, day_first=False, partial=False) == WrittenDate(iso)


@pytest.mark.parametrize("text", ["5/6/2022", "05/06/2022", "12-11-2022", "1.2.2022"])
def test_date_that_could_have_the_month_first_is_ambiguous(text: str) -> None:
    read = read_date(text, day_first=False, partial=False)
    assert read is not None
    assert read.is_ambiguous
    stated = read_date(text, day_first=True, partial=False)
    assert stated == WrittenDate(read.iso)


@pytest.mark.parametrize("text", ["06/13/2022", "13/06/22", "44725", "13 Foo 2022", "kemarin", "2022", "Juni 2022", ""])
def test_other_text_is_no_date(text: str) -> None:
    assert read_date(text, day_first=True, partial=False) is None


@pytest.mark.parametrize(
    ("text", "iso"), [("2022", "2022"), ("2022-06", "2022-06"), ("Juni 2022", "2022-06"), ("06/2022", "2022-06")]
)
def test_month_or_year_is_a_partial_date(text: str, iso: str) -> None:
    assert read_date(text, day_first=False, partial=True) == WrittenDate(iso)


async def test_wrong_date_is_refused_with_the_right_form_and_without_its_text(importer: ImportClient) -> None:
    content = "kode;nama;jenis;tanggal pemungutan suara\r\n" + "".join(
        f"pemilu-{n};Contoh;Pemilu;{text}\r\n"
        for n, text in enumerate(["13/06/2029", "05/06/2029", "31/02/2029", "besok", "13/06/1899"])
    )
    response = await importer.send(content, CSV_TYPE, "elections", dry_run="true", partial="true")
    assert row_errors(response) == [
        *((line, "/voting_on", code) for line, code in enumerate(("ambiguous_date", "no_such_date", "not_a_date"), 3)),
        (6, "/voting_on", "not_a_date"),
    ]
    details = [error["detail"] for row in response.json()["rows"] for error in row["errors"]]
    assert "2022-06-05 or 5 Juni 2022" in details[0]
    assert "13 Juni 2022" in details[2]
    assert "besok" not in response.text
    indonesian = await importer.http.post(
        "/v1/imports?resource=elections&dry_run=true",
        content=content,
        headers={**importer.headers, "Content-Type": CSV_TYPE, "Accept-Language": "id"},
    )
    assert "berarti hari atau bulan" in indonesian.text
    stated = await importer.send(content, CSV_TYPE, "elections", dry_run="true", date_order="dmy")
    assert row_statuses(stated)[1] == (3, "created")
