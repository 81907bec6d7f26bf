from typing import Any

import asyncpg
import pytest

from tests.models.valid_rows import OFFICIAL, OTHER_OFFICIAL, insert_appointment

ONE_HOLDER_CONSTRAINT, ONE_OFFICE_CONSTRAINT = (
    "ex_appointments_one_definitive_holder",
    "ex_appointments_one_office_once",
)
StartAndEnd = tuple[str | None, str | None]


class TestOneDefinitiveHolder:
    """Two definitive holders of an office exclude each other on certain days; acting and possible ones do not."""

    async def insert_two(
        self, db: asyncpg.Connection, first: StartAndEnd, second: StartAndEnd, **changed: Any
    ) -> str | None:
        await insert_appointment(db, office="chair", start_on=first[0], end_on=first[1])
        try:
            row = {"official": OTHER_OFFICIAL, "office": "chair", "start_on": second[0], "end_on": second[1]}
            await insert_appointment(db, **{**row, **changed})
        except asyncpg.ExclusionViolationError as error:
            return error.constraint_name
        return None

    @pytest.mark.parametrize("office", ["chair", "secretary", "secretary_general"])
    async def test_second_holder_of_an_office_is_rejected(self, db: asyncpg.Connection, office: str) -> None:
        await insert_appointment(db, office=office)
        with pytest.raises(asyncpg.ExclusionViolationError) as raised:
            await insert_appointment(db, office=office, official=OTHER_OFFICIAL)
        assert raised.value.constraint_name == ONE_HOLDER_CONSTRAINT

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
    async def test_only_overlapping_certain_days_are_rejected(
        self, db: asyncpg.Connection, first: StartAndEnd, second: StartAndEnd, broken: bool
    ) -> None:
        assert (await self.insert_two(db, first, second)) == (ONE_HOLDER_CONSTRAINT if broken else None)

    @pytest.mark.parametrize(
        "changed",
        [
            {"standing": "acting"},
            {"standing": "interim_replacement"},
            {"office": "member"},
            {"organization": "bawaslu"},
        ],
    )
    async def test_other_standing_office_or_organization_is_accepted(
        self, db: asyncpg.Connection, changed: dict[str, str]
    ) -> None:
        assert await self.insert_two(db, ("2020", None), ("2020", None), **changed) is None

    async def test_same_person_in_the_same_office_is_rejected(self, db: asyncpg.Connection) -> None:
        days: StartAndEnd = ("2020", None)
        assert await self.insert_two(db, days, days, official=OFFICIAL, standing="acting") == ONE_OFFICE_CONSTRAINT
