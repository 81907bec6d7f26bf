from typing import Any

import asyncpg
import pytest

from tests.models.valid_rows import OTHER, PERSON, appoint

ONE_HOLDER, ONE_OFFICE = "ex_appointments_one_definitive_holder", "ex_appointments_one_office_once"
Days = tuple[str | None, str | None]


class TestOneHolder:
    """Two definitive holders exclude each other on certain days; who acts, or only may hold it, excludes nobody."""

    async def held_by_two(self, db: asyncpg.Connection, first: Days, second: Days, **changed: Any) -> str | None:
        await appoint(db, office="chair", start_on=first[0], end_on=first[1])
        try:
            row = {"official": OTHER, "office": "chair", "start_on": second[0], "end_on": second[1]}
            await appoint(db, **{**row, **changed})
        except asyncpg.ExclusionViolationError as error:
            return error.constraint_name
        return None

    @pytest.mark.parametrize("office", ["chair", "secretary", "secretary_general"])
    async def test_each_office_of_one(self, db: asyncpg.Connection, office: str) -> None:
        await appoint(db, office=office)
        with pytest.raises(asyncpg.ExclusionViolationError) as raised:
            await appoint(db, office=office, official=OTHER)
        assert raised.value.constraint_name == ONE_HOLDER

    @pytest.mark.parametrize(
        ("first", "second", "broken"),
        [
            (("2020-01-01", "2021-01-01"), ("2020-12-31", None), True),
            (("2020-01-01", "2021-01-01"), ("2021-01-01", None), False),
            (("2018", "2023"), ("2023", "2028"), False),
            (("2018", "2023-05"), ("2023", None), False),
            (("2018", "2023-05"), ("2023-04", None), True),
            (("2018", "2023-05"), ("2023-05", None), False),
            (("2020", "2020"), ("2020", "2020"), False),
            (("2018", None), ("2019", "2019"), False),
            (("2018", None), ("2019", "2020"), True),
            (("2018", None), ("2010", "2018"), False),
        ],
    )
    async def test_only_certain_days_exclude(
        self, db: asyncpg.Connection, first: Days, second: Days, broken: bool
    ) -> None:
        assert (await self.held_by_two(db, first, second)) == (ONE_HOLDER if broken else None)

    @pytest.mark.parametrize(
        "changed",
        [
            {"standing": "acting"},
            {"standing": "interim_replacement"},
            {"office": "member"},
            {"organization": "bawaslu"},
        ],
    )
    async def test_who_may_be_beside(self, db: asyncpg.Connection, changed: dict[str, str]) -> None:
        assert await self.held_by_two(db, ("2020", None), ("2020", None), **changed) is None

    async def test_one_person_holds_one_office_once(self, db: asyncpg.Connection) -> None:
        days: Days = ("2020", None)
        assert await self.held_by_two(db, days, days, official=PERSON, standing="acting") == ONE_OFFICE
