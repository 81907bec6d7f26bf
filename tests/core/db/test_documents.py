import importlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from sqlalchemy import create_engine, select

import app
from app import models
from app.core.collection import Collection
from app.core.db.documents import DayExpression, Document, DocumentSelect, json_array, json_object
from tests.core.db.rows import COLLECTIONS

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
LIST = json_array(INNER, region.code, where=region.code == body.region)


HOMES = [path for name in ("repository", "changing") for path in Path(app.__file__ or "").parent.glob(f"*/{name}.py")]
TABLES = {
    "regions": {"regions", "region_codes"},
    "organizations": {"organizations", "regions", "region_codes"},
    "roster": {"appointments", "officials", "divisions"},
    "divisions": {"divisions", "appointments", "officials"},
    "officials": {"officials", "appointments", "organizations", "divisions"},
    "elections": {"elections"},
    "stages": {"stages", "elections"},
    "meetings": {
        *("meetings", "meeting_corrections", "meeting_statements", "sessions", "session_speakers"),
        *("elections", "officials", "organizations", "divisions"),
    },
    "sessions": {"sessions", "meetings", "session_speakers", "officials", "organizations", "divisions"},
    "attendance": {"participants", "attendance", "officials", "organizations"},
    "hits": {"officials", "appointments", "organizations", "divisions", "stages", "meetings"},
}


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
                (body.code, json_array(REVERSED, region.code, where=region.code == "1").label("inner")),
                "Inner.inner: .* differs in order",
            ),
        ],
    )
    def test_members_that_are_not(self, schema: type[BaseModel], columns: Sequence[Any], message: str) -> None:
        with pytest.raises(TypeError, match=message):
            Document(schema, lambda _: select(*columns))

    def test_the_form_of_a_day_is_checked_too(self) -> None:
        def build(day: DayExpression) -> DocumentSelect:
            return select(body.code, body.name) if day is None else select(body.code)

        with pytest.raises(TypeError, match="lacks"):
            Document(Plain, build)

    @pytest.mark.parametrize(("name", "tables"), TABLES.items())
    def test_its_tables_are_told(self, name: str, tables: set[str]) -> None:
        assert COLLECTIONS[name].document.tables == tables

    def test_each_collection_is_here(self) -> None:
        modules = [importlib.import_module(f"app.{path.parent.name}.{path.stem}") for path in HOMES]
        assert len(modules) > 8
        found = [value for module in modules for value in vars(module).values() if isinstance(value, Collection)]
        assert {id(collection) for collection in found} == {id(collection) for collection in COLLECTIONS.values()}


DIALECT = create_engine("postgresql+asyncpg://").dialect


@pytest.mark.parametrize("on_a_day", [False, True])
@pytest.mark.parametrize("name", [name for name in COLLECTIONS if name != "hits"])
def test_inner_selects_hang_on_the_row(name: str, on_a_day: bool) -> None:
    """An inner select that has the outer table in a FROM of its own no longer speaks of the row."""
    sql = str(COLLECTIONS[name].document.select(as_of=on_a_day).compile(dialect=DIALECT))
    table = COLLECTIONS[name].rows.name
    assert len(re.findall(rf"(?:FROM|JOIN|,) {table}\b(?! AS|\.)", sql)) == 1
