"""JSON documents that Postgres builds, compared with their Pydantic schemas when the program starts.

A document is a schema and a SELECT with one column for each member. `Document` raises TypeError at import if the names
differ at any depth. So the OpenAPI description stays true although responses are not validated. The same document
serves an item, a list and the roster.

    REGION = Document(schemas.Region, region)

`region(day)` returns the SELECT as of `day` (an SQL date), or as of now if `day` is None.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Label,
    ScalarSelect,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import Case, Grouping
from sqlalchemy.sql.functions import FunctionElement, GenericFunction

from app.core.datetimes import WRITTEN_INSTANT_SQL_FORMAT
from app.core.db.ordering import by_code_point
from app.core.root_path import get_root_path

_UTC: ColumnElement[str] = literal_column("'UTC'", Text)
_INSTANT_FORMAT: ColumnElement[str] = literal_column(f"'{WRITTEN_INSTANT_SQL_FORMAT}'", Text)
AS_OF_PARAMETER: ColumnElement[Any] = bindparam("as_of", type_=Date)
ROOT_PATH_PARAMETER: ColumnElement[str] = bindparam("root_path", type_=Text, callable_=get_root_path)
"""The prefix of the service's public paths, for members that are addresses."""

# A column, a mapped attribute or any other SQL expression: SQLAlchemy's types for the three have no common base.
Expression = Any
DocumentSelect = Select[*tuple[Any, ...]]
DayExpression = ColumnElement[Any] | None


def day_or_null(day: DayExpression) -> ColumnElement[Any]:
    """Return the SQL of the day; NULL::date if `day` is None, which means a document as of now."""
    return cast(null(), Date) if day is None else day


class json_object(GenericFunction[Any]):
    """A JSON object with these members, in order: `json_build_object('code', code, …)`."""

    type = JSON()
    name = "json_build_object"
    inherit_cache = True

    def __init__(self, **members: Any) -> None:
        self.members = members
        arguments: list[Any] = []
        for name, value in members.items():
            arguments += [literal_column(f"'{name}'"), instant_text(value) if is_instant(value) else value]
        super().__init__(*arguments)


def is_instant(value: Expression) -> bool:
    """Return whether an SQL expression is of the type timestamptz."""
    return isinstance(getattr(value, "type", None), DateTime)


def instant_text(instant: Expression) -> ColumnElement[str]:
    """Return the SQL of an instant as text: in UTC, with six fractional digits. JSON of Postgres would drop zeros."""
    return func.to_char(func.timezone(_UTC, instant), _INSTANT_FORMAT, type_=Text)


def instant_sql(column: str) -> str:
    """Return `instant_text` of a column as SQL for asyncpg, for statements that are written as text."""
    return f"to_char({column} AT TIME ZONE 'UTC', '{WRITTEN_INSTANT_SQL_FORMAT}')"


def format_instants(content: Expression) -> ColumnElement[Any]:
    """Return the SQL of a JSONB object whose members `…_at` are written as `instant_text` does; null if it is null."""
    member = func.jsonb_each(content).table_valued("key", "value", name="member_of_content")
    text = member.c.value.op("#>>")(literal_column("'{}'::text[]"))
    instant = func.to_jsonb(instant_text(cast(text, DateTime(timezone=True))))
    is_set = and_(func.right(member.c.key, 3) == literal_column("'_at'"), text.is_not(None))
    members = select(func.jsonb_object_agg(member.c.key, case((is_set, instant), else_=member.c.value)))
    return members.scalar_subquery()


def json_array(item: ColumnElement[Any], *order: Expression, where: ColumnElement[bool]) -> ColumnElement[Any]:
    """Return the SQL of a JSON array with `item` for each row that matches `where`, in `order`; `[]` for no rows.

    Texts are ordered by code point.
    """
    rows = select(func.json_agg(aggregate_order_by(item, *map(by_code_point, order)))).where(where).scalar_subquery()
    return func.coalesce(rows, literal_column("'[]'::json"))


class Document:
    """A schema and the SELECT that renders it as JSON.

    Args:
        schema: The model that describes the JSON in OpenAPI.
        build: Returns the SELECT as of a day, or as of now for None. Each column is a member.

    Raises:
        TypeError: The members of the SELECT are not the fields of the schema.
    """

    def __init__(self, schema: type[BaseModel], build: Callable[[DayExpression], DocumentSelect]) -> None:
        self.schema = schema
        self._selects = {False: build(None), True: build(AS_OF_PARAMETER)}
        for statement in self._selects.values():
            require_same_members(schema, select_members(statement))
        self.tables = frozenset(table for statement in self._selects.values() for table in referenced_tables(statement))

    def select(self, *columns: Expression, as_of: bool) -> DocumentSelect:
        """Build the SELECT of `document` (JSON), then `columns`, one row per object, as of a day or as of now.

        `as_of`: True: as of the day in the SQL parameter `as_of`; False: as of now.
        """
        statement = self._selects[as_of]
        return statement.with_only_columns(json_object(**select_members(statement)).label("document"), *columns)


def document_text(document: ColumnElement[Any], *, only_fields: bool) -> ColumnElement[str]:
    """Return the SQL of a JSON document as text: whole, or with `only_fields` the members that `fields` lists.

    The members stay in the document's order.
    """
    if not only_fields:
        return cast(document, Text)
    member = func.json_each(document).table_valued("key", "value")
    selected_members = select(func.json_object_agg(member.c.key, member.c.value)).where(
        member.c.key == func.any(bindparam("fields", type_=ARRAY(Text)))
    )
    return cast(selected_members.scalar_subquery(), Text)


def select_members(statement: DocumentSelect) -> dict[str, ColumnElement[Any]]:
    """Return the SQL expression of each column of a SELECT by name, without its label."""
    columns: list[Any] = list(statement.selected_columns)
    return {column.key: column.element if isinstance(column, Label) else column for column in columns}


def referenced_tables(statement: DocumentSelect) -> frozenset[str]:
    """Return the names of all tables that a statement reads, including those in subqueries."""
    return frozenset(
        element.name if isinstance(element, Table) else element.table.name
        for element in visitors.iterate(statement)
        if isinstance(element, Table) or (isinstance(element, Column) and isinstance(element.table, Table))
    )


def require_same_members(schema: type[BaseModel], members: Mapping[str, Any], path: str = "") -> None:
    """Raise TypeError unless a SELECT has the fields of a schema as members, in the same order and at every level.

    `path`: the position in the outermost document, for the error message.
    """
    location = f"{schema.__name__}{path}"
    if list(schema.model_fields) != list(members):
        missing = [name for name in schema.model_fields if name not in members]
        surplus = [name for name in members if name not in schema.model_fields]
        raise TypeError(f"{location}: the SELECT lacks {missing}, has the unknown {surplus}, or is in another order")
    for name, field in schema.model_fields.items():
        nested, inner = nested_model(field.annotation), nested_members(members[name])
        if _contains_datetime(field.annotation) and not is_instant(members[name]):
            raise TypeError(f"{location}.{name}: an instant in the schema, and no timestamptz in the SELECT")
        if (nested is None) != (inner is None):
            raise TypeError(f"{location}.{name}: an object in the schema or the SELECT, and a plain value in the other")
        if nested is not None and inner is not None:
            require_same_members(nested, inner, f"{path}.{name}")


def _contains_datetime(annotation: Any) -> bool:
    """Return whether a type is `datetime` or a union or annotated type with it."""
    return annotation is datetime or any(map(_contains_datetime, get_args(annotation)))


def nested_model(annotation: Any) -> type[BaseModel] | None:
    """Return the model in `Model`, `Model | None` or `list[Model]`; None for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (list, Union, UnionType):
        return next((found for inner in get_args(annotation) if (found := nested_model(inner))), None)
    return None


def nested_members(element: Any) -> Mapping[str, Any] | None:
    """Return the members of the JSON object that an expression builds, alone or as an array's items; else None."""
    if isinstance(element, json_object):
        return element.members
    if isinstance(element, Label | Grouping):
        return nested_members(element.element)
    if isinstance(element, ScalarSelect):
        return nested_members(next(iter(element.element.selected_columns)))
    if isinstance(element, aggregate_order_by):
        return nested_members(element.target)
    if isinstance(element, Case):
        return next((found for _, result in element.whens if (found := nested_members(result))), None)
    if isinstance(element, FunctionElement):
        return next((found for clause in element.clauses if (found := nested_members(clause))), None)
    return None
