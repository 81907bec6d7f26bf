from datetime import date

import asyncpg
import pytest

from tests.models.valid_rows import insert_row


class TestPartialDates:
    @pytest.mark.parametrize(
        ("partial", "first", "last"),
        [
            ("2020", date(2020, 1, 1), date(2020, 12, 31)),
            ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
            ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
            ("1900-02", date(1900, 2, 1), date(1900, 2, 28)),
            ("2020-04", date(2020, 4, 1), date(2020, 4, 30)),
            ("2020-12", date(2020, 12, 1), date(2020, 12, 31)),
            ("2020-02-29", date(2020, 2, 29), date(2020, 2, 29)),
            (None, None, None),
        ],
    )
    async def test_first_and_last_day(
        self, db: asyncpg.Connection, partial: str | None, first: date | None, last: date | None
    ) -> None:
        row = await db.fetchrow("SELECT first_day($1), last_day($1)", partial)
        assert tuple(row or ()) == (first, last)

    @pytest.mark.parametrize(
        ("start_on", "end_on", "seen_on", "certain", "possible"),
        [
            ("2022-04-12", None, None, "[2022-04-12,)", "[2022-04-12,)"),
            ("2022-04-12", "2024-07-03", None, "[2022-04-12,2024-07-03)", "[2022-04-12,2024-07-03)"),
            ("2018", "2023", None, "[2018-12-31,2023-01-01)", "[2018-01-01,2023-12-31)"),
            ("2018-05", "2023-02", None, "[2018-05-31,2023-02-01)", "[2018-05-01,2023-02-28)"),
            ("2018", "2018", None, "empty", "[2018-01-01,2018-12-31)"),
            ("2018", "2019", None, "[2018-12-31,2019-01-01)", "[2018-01-01,2019-12-31)"),
            (None, None, date(2022, 6, 13), "[2022-06-13,)", "[2022-06-13,)"),
            (None, "2023", date(2022, 6, 14), "[2022-06-14,2023-01-01)", "[2022-06-14,2023-12-31)"),
            ("2020", None, date(2022, 6, 14), "[2020-12-31,)", "[2020-01-01,)"),
            ("2020-02-29", "2020-02-29", None, "empty", "empty"),
            ("2020-03-01", "2020-02-29", None, "empty", "empty"),
            ("2021", "2020", None, "empty", "empty"),
        ],
    )
    async def test_certain_and_possible_days(
        self,
        db: asyncpg.Connection,
        start_on: str | None,
        end_on: str | None,
        seen_on: date | None,
        certain: str,
        possible: str,
    ) -> None:
        row = await db.fetchrow(
            "SELECT certain_days($1, $2, $3)::text, possible_days($1, $2, $3)::text", start_on, end_on, seen_on
        )
        assert tuple(row or ()) == (certain, possible)

    async def test_appointment_stores_its_certain_and_possible_days(self, db: asyncpg.Connection) -> None:
        await insert_row(db, "appointments", start_on="2018", end_on="2023")
        days = "SELECT certain::text || possible::text FROM appointments"
        assert await db.fetchval(days) == "[2018-12-31,2023-01-01)[2018-01-01,2023-12-31)"
        await db.execute("UPDATE appointments SET end_on = NULL")
        assert await db.fetchval(days) == "[2018-12-31,)[2018-01-01,)"
