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
from tests.core.db.extreme_rows import COLLECTIONS

region, organization = models.Region, models.Organization


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


INNER_OBJECT = json_object(code=region.code, name=region.name)
REVERSED_OBJECT = json_object(name=region.name, code=region.code)
SUBQUERY = select(INNER_OBJECT).where(region.code == organization.region).scalar_subquery()
INNER_ARRAY = json_array(INNER_OBJECT, region.code, where=region.code == organization.region)


REPOSITORY_FILES = [
    path for name in ("repository", "changing") for path in Path(app.__file__ or "").parent.glob(f"*/{name}.py")
]
EXPECTED_TABLES = {
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
    "attendance": {
        *("participants", "attendance", "officials", "organizations"),
        *("badges", "scans", "roll_corrections"),  # for `updated_at`
    },
    "hits": {"officials", "appointments", "organizations", "divisions", "stages", "meetings"},
}


class TestDocument:
    """A SELECT that differs from its schema raises TypeError."""

    @pytest.mark.parametrize(
        ("schema", "columns"),
        [
            (Plain, (organization.code, organization.name)),
            (Plain, (organization.name.label("code"), organization.code.label("name"))),
            (Nested, (organization.code, SUBQUERY.label("inner"))),
            (Nested, (organization.code, INNER_OBJECT.label("inner"))),
            (Listed, (organization.code, INNER_ARRAY.label("inner"))),
        ],
    )
    def test_matching_members_are_accepted(self, schema: type[BaseModel], columns: Sequence[Any]) -> None:
        Document(schema, lambda _: select(*columns))

    @pytest.mark.parametrize(
        ("schema", "columns", "message"),
        [
            (Plain, (organization.code,), r"Plain: the SELECT lacks \['name'\]"),
            (Plain, (organization.code, organization.name, organization.role), r"has the unknown \['role'\]"),
            (Plain, (organization.name, organization.code), "Plain: .* is in another order"),
            (Plain, (organization.code, SUBQUERY.label("name")), "Plain.name: an object in the schema or the SELECT"),
            (
                Nested,
                (organization.code, organization.name.label("inner")),
                "Nested.inner: an object in the schema or the SELECT",
            ),
            (
                Nested,
                (organization.code, json_object(code=organization.code).label("inner")),
                r"Inner.inner: .* lacks \['name'\]",
            ),
            (
                Listed,
                (organization.code, json_array(REVERSED_OBJECT, region.code, where=region.code == "1").label("inner")),
                "Inner.inner: .* is in another order",
            ),
        ],
    )
    def test_differing_members_raise_type_error(
        self, schema: type[BaseModel], columns: Sequence[Any], message: str
    ) -> None:
        with pytest.raises(TypeError, match=message):
            Document(schema, lambda _: select(*columns))

    def test_select_as_of_a_day_is_checked_too(self) -> None:
        def build(day: DayExpression) -> DocumentSelect:
            return select(organization.code, organization.name) if day is None else select(organization.code)

        with pytest.raises(TypeError, match="lacks"):
            Document(Plain, build)

    @pytest.mark.parametrize(("name", "tables"), EXPECTED_TABLES.items())
    def test_document_lists_the_tables_it_reads(self, name: str, tables: set[str]) -> None:
        assert COLLECTIONS[name].document.tables == tables

    def test_all_collections_are_tested(self) -> None:
        modules = [importlib.import_module(f"app.{path.parent.name}.{path.stem}") for path in REPOSITORY_FILES]
        assert len(modules) > 8
        collections = [value for module in modules for value in vars(module).values() if isinstance(value, Collection)]
        assert {id(collection) for collection in collections} == {id(collection) for collection in COLLECTIONS.values()}


DIALECT = create_engine("postgresql+asyncpg://").dialect


@pytest.mark.parametrize("as_of", [False, True])
@pytest.mark.parametrize("name", [name for name in COLLECTIONS if name not in ("hits", "roots")])
def test_subqueries_are_correlated_with_the_row(name: str, as_of: bool) -> None:
    """A subquery with the outer table in its own FROM would not be correlated with the row."""
    sql = str(COLLECTIONS[name].document.select(as_of=as_of).compile(dialect=DIALECT))
    table = COLLECTIONS[name].rows.name
    assert len(re.findall(rf"(?:FROM|JOIN|,) {table}\b(?! AS|\.)", sql)) == 1
