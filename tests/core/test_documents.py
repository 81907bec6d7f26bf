import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from pydantic import BaseModel, ValidationError
from sqlalchemy import create_engine, func, select

from app import models
from app.core.collection import Collection
from app.core.database import Database
from app.core.documents import Day, Document, Rows, as_text, json_list, json_object
from app.core.statements import Statement
from app.divisions.repository import DIVISIONS
from app.officials.repository import OFFICIALS
from app.organizations.repository import ORGANIZATIONS, ROSTER
from app.regions.repository import REGIONS
from app.settings import Settings
from tests.conftest import LOADED, copy_of

region, body = models.Region, models.Organization


class Inner(BaseModel):
    code: str
    name: str


class Plain(BaseModel):
    code: str
    name: str


class Nested(BaseModel):
    code: str
    inner: Inner | None


class Listed(BaseModel):
    code: str
    inner: list[Inner]


INNER = json_object(code=region.code, name=region.name)
REVERSED = json_object(name=region.name, code=region.code)
SUBQUERY = select(INNER).where(region.code == body.region).scalar_subquery()
LIST = json_list(INNER, region.code, where=region.code == body.region)


class TestDocument:
    """A select that is not its schema does not come through the import."""

    @pytest.mark.parametrize(
        ("schema", "columns"),
        [
            (Plain, (body.code, body.name)),
            (Plain, (body.name.label("code"), body.code.label("name"))),
            (Nested, (body.code, SUBQUERY.label("inner"))),
            (Nested, (body.code, INNER.label("inner"))),
            (Listed, (body.code, LIST.label("inner"))),
        ],
    )
    def test_members_that_are_the_schemas(self, schema: type[BaseModel], columns: Sequence[Any]) -> None:
        Document(schema, lambda _: select(*columns))

    @pytest.mark.parametrize(
        ("schema", "columns", "message"),
        [
            (Plain, (body.code,), r"Plain: the select lacks \['name'\]"),
            (Plain, (body.code, body.name, body.role), r"has \['role'\] too many"),
            (Plain, (body.name, body.code), "Plain: .* differs in order"),
            (Plain, (body.code, SUBQUERY.label("name")), "Plain.name: an object on one side, a plain value"),
            (Nested, (body.code, body.name.label("inner")), "Nested.inner: an object on one side, a plain value"),
            (Nested, (body.code, json_object(code=body.code).label("inner")), r"Inner.inner: .* lacks \['name'\]"),
            (
                Listed,
                (body.code, json_list(REVERSED, region.code, where=region.code == "1").label("inner")),
                "Inner.inner: .* differs in order",
            ),
        ],
    )
    def test_members_that_are_not(self, schema: type[BaseModel], columns: Sequence[Any], message: str) -> None:
        with pytest.raises(TypeError, match=message):
            Document(schema, lambda _: select(*columns))

    def test_the_form_of_a_day_is_checked_too(self) -> None:
        def build(day: Day) -> Rows:
            return select(body.code, body.name) if day is None else select(body.code)

        with pytest.raises(TypeError, match="lacks"):
            Document(Plain, build)

    @pytest.mark.parametrize(
        ("collection", "tables"),
        [
            (REGIONS, {"regions", "region_codes"}),
            (ORGANIZATIONS, {"organizations", "regions", "region_codes"}),
            (ROSTER, {"appointments", "officials", "divisions"}),
            (DIVISIONS, {"divisions", "appointments", "officials"}),
            (OFFICIALS, {"officials", "appointments", "organizations", "divisions"}),
        ],
    )
    def test_its_tables_are_told(self, collection: Collection, tables: set[str]) -> None:
        assert collection.document.tables == tables


COLLECTIONS = {
    "regions": REGIONS,
    "organizations": ORGANIZATIONS,
    "roster": ROSTER,
    "divisions": DIVISIONS,
    "officials": OFFICIALS,
}
DIALECT = create_engine("postgresql+asyncpg://").dialect


@pytest.mark.parametrize(
    ("name", "on_a_day"),
    [
        ("regions", False),
        ("regions", True),
        ("organizations", False),
        ("organizations", True),
        ("roster", True),
        ("divisions", False),
        ("divisions", True),
        ("officials", False),
        ("officials", True),
    ],
)
def test_inner_selects_hang_on_the_row(name: str, on_a_day: bool) -> None:
    """An inner select that has the outer table in a FROM of its own no longer speaks of the row."""
    sql = str(COLLECTIONS[name].document.select(on_a_day=on_a_day).compile(dialect=DIALECT))
    table = COLLECTIONS[name].key.table.name
    assert len(re.findall(rf"(?:FROM|JOIN|,) {table}\b(?! AS|\.)", sql)) == 1


ODD = (
    "\"quoted\" 'apostrophe' \\ \\u0000 / \t\r\n\u0001\u001f\u007f\u2028 é e\u0301"
    " \u202eعربي\u202c 中文 🗳️ \U0010ffff </script> {}"
)
LONG = ODD * 1000
FACT = {"source": None, "verified": False, "primary": False}
PERSON, APPOINTMENT = UUID(int=1), UUID(int=2)
ROWS: dict[str, list[dict[str, Any]]] = {
    "regions": [
        {"code": "00", "name": ODD, "type": "province", "time_zone": ODD, "autonomous": False, **FACT},
        {
            "code": "00.00",
            "name": ODD,
            "name_en": ODD,
            "type": "city",
            "parent": "00",
            "iso_3166_2": ODD,
            "capital": ODD,
            "time_zone": ODD,
            "valid_from": date(1900, 1, 1),
            "formed_by": LONG,
            "split_from": "00",
            "autonomous": True,
            "source": LONG,
            "verified": True,
            "primary": True,
        },
    ],
    "region_codes": [
        {"code": "00.01", "region": "00.00", "parent": "00", "until": None, **FACT},
        {"code": "00.02", "region": "00.00", "parent": "00", "until": date(2199, 12, 31), **FACT},
    ],
    "organizations": [
        {"code": "odd", "name": ODD, "kind": "agency", **FACT},
        {
            "code": "odd-00",
            "name": ODD,
            "name_en": ODD,
            "short_name": ODD,
            "kind": "commission",
            "level": "regency",
            "sector": "court",
            "parent": "odd",
            "region": "00.00",
            "time_zone": ODD,
            "role": LONG,
            "seats": 99,
            "established_on": date(1900, 1, 1),
            "dissolved_on": date(2199, 12, 31),
            "source": LONG,
            "verified": True,
            "primary": True,
        },
    ],
    "divisions": [
        {"code": "odd-1", "kind": "division", "level": "regency", "name": ODD, **FACT},
        {
            "code": "odd-2",
            "kind": "division",
            "level": "regency",
            "members": 99,
            "name": ODD,
            "name_en": ODD,
            "led_by": "chair",
            "duties": LONG,
            "legal_basis": LONG,
            "source": LONG,
            "verified": True,
            "primary": True,
        },
    ],
    "officials": [
        {"id": UUID(int=0), "name": ODD, "other_names": [], **FACT},
        {"id": PERSON, "name": ODD, "other_names": [ODD, "", ODD], **FACT},
    ],
    "appointments": [
        {
            "id": UUID(int=3),
            "official": PERSON,
            "organization": "odd",
            "office": "member",
            "standing": "acting",
            "seen_on": date(2020, 2, 29),
            **FACT,
        },
        {
            "id": APPOINTMENT,
            "official": PERSON,
            "organization": "odd-00",
            "office": "chair",
            "standing": "definitive",
            "division": "odd-2",
            "term": "2020-2025",
            "start_on": "2020-02",
            "end_on": "2199",
            "seen_on": date(2020, 2, 29),
            "end_reason": LONG,
            "legal_basis": LONG,
            "source": LONG,
            "verified": True,
            "primary": True,
        },
    ],
}


async def add(url: str, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for table, members in rows.items():
            for row in members:
                names = ", ".join(f'"{name}"' for name in row)
                places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
                await connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *row.values())
    finally:
        await connection.close()


@pytest_asyncio.fixture(scope="module")
async def database(server: str) -> AsyncIterator[Database]:
    """The reference data with extreme rows beside it."""
    async for url in copy_of(server, LOADED):
        await add(url, ROWS)
        database = Database(Settings(DATABASE_URL=url))
        yield database
        await database.close()


async def rendered(database: Database, collection: Collection, **parameters: Any) -> list[str]:
    found = collection.document.select(on_a_day="as_of" in parameters).subquery("found")
    rows = await database.reader().rows(Statement(select(as_text(found.c.document, fields=False))), parameters)
    return [row[0] for row in rows]


DAYS = [date(1900, 1, 1), date(2022, 6, 14), date(2023, 6, 1), date(2199, 12, 31)]


class TestStrictly:
    """All rows as documents, each read as its schema says and not a bit more freely: so OpenAPI is true."""

    @pytest.mark.parametrize(
        ("name", "day"),
        # A roster is always of a day.
        [(name, day) for name in COLLECTIONS for day in (None, *DAYS) if day or name != "roster"],
    )
    async def test_every_document_is_its_schema(self, database: Database, name: str, day: date | None) -> None:
        collection = COLLECTIONS[name]
        parameters = {} if day is None else {"as_of": day}
        documents = await rendered(database, collection, **parameters)
        count = Statement(select(func.count()).select_from(collection.key.table))
        assert await database.reader().one(count, {}) == (len(documents),)
        for document in documents:
            collection.document.schema.model_validate_json(document, strict=True, extra="forbid")

    @pytest.mark.parametrize("name", ["regions", "organizations", "divisions", "officials"])
    async def test_instants_have_their_offset(self, database: Database, name: str) -> None:
        """A strict schema would take an instant without one."""
        documents = await rendered(database, COLLECTIONS[name])
        offsets = {datetime.fromisoformat(json.loads(document)["updated_at"]).utcoffset() for document in documents}
        assert offsets == {timedelta(0)}

    @pytest.mark.parametrize("body_", ["kpu", "kpu-31", "odd-00"])
    async def test_divisions_with_their_heads(self, database: Database, body_: str) -> None:
        heads = []
        for document in await rendered(database, DIVISIONS, as_of=date(2022, 6, 14), organization=body_):
            heads.append(json.loads(document)["head"])
            DIVISIONS.document.schema.model_validate_json(document, strict=True, extra="forbid")
        assert any(heads)

    async def test_text_comes_through_unchanged(self, database: Database) -> None:
        documents = await rendered(database, OFFICIALS, as_of=date(2022, 6, 14))
        (person,) = (one for one in map(json.loads, documents) if one["id"] == str(PERSON))
        assert (person["name"], person["other_names"]) == (ODD, [ODD, "", ODD])
        held = person["appointments"][1]
        assert held["id"] == str(APPOINTMENT)
        assert held["organization"] == {"code": "odd-00", "name": ODD}
        assert held["division"] == {"code": "odd-2", "name": ODD}
        assert held["legal_basis"] == LONG

    @pytest.mark.parametrize("name", COLLECTIONS)
    def test_a_schema_tells_nothing_that_is_not_there(self, name: str) -> None:
        """The strict reading above would notice: a member too few, a null too many, a day that is no date."""
        schema = COLLECTIONS[name].document.schema
        with pytest.raises(ValidationError):
            schema.model_validate_json("{}", strict=True, extra="forbid")
