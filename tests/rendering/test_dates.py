"""Dates and times in Indonesian."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.rendering import dates


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ((2022, 6, 13), (2022, 6, 13), "Senin, 13 Juni 2022"),
        ((2022, 6, 13), (2022, 6, 15), "Senin–Rabu, 13–15 Juni 2022"),  # noqa: RUF001
        ((2022, 6, 30), (2022, 7, 2), "Kamis–Sabtu, 30 Juni–2 Juli 2022"),  # noqa: RUF001
        ((2022, 12, 30), (2023, 1, 1), "Jumat–Minggu, 30 Desember 2022–1 Januari 2023"),  # noqa: RUF001
        ((2022, 6, 13), (2023, 6, 13), "Senin–Selasa, 13 Juni 2022–13 Juni 2023"),  # noqa: RUF001
    ],
)
def test_date_range_states_common_parts_once(
    start: tuple[int, int, int], end: tuple[int, int, int], words: str
) -> None:
    assert dates.format_date_range(date(*start), date(*end)) == words


def test_weekdays_and_months_are_indonesian() -> None:
    week = [dates.format_weekday(date(2024, 1, 1) + timedelta(n)) for n in range(7)]
    assert week == ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"]
    year = [dates.format_date_range(*[date(2024, month, 1)] * 2).split()[2] for month in range(1, 13)]
    assert " ".join(year) == ("Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember")


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Asia/Jakarta", "14 Juni 2022, 00.30 WIB"),
        ("Asia/Pontianak", "14 Juni 2022, 00.30 WIB"),
        ("Asia/Makassar", "14 Juni 2022, 01.30 WITA"),
        ("Asia/Jayapura", "14 Juni 2022, 02.30 WIT"),
        ("Europe/Berlin", "13 Juni 2022, 19.30 Europe/Berlin"),
    ],
)
def test_instant_is_formatted_in_local_time(zone: str, words: str) -> None:
    assert dates.format_instant(datetime(2022, 6, 13, 17, 30, 59, tzinfo=UTC), zone) == words
