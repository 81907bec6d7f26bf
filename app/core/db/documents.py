"""Documents: JSON that Postgres itself builds, held to its schema when the program starts.

A document is a schema and a select whose columns are its members. `Document` refuses at import a select whose member
names differ from the schema's fields at any depth, so that the OpenAPI document stays true although nobody validates
the bytes on their way out. One document serves the item, the list and the roster; other forms of it may follow.

    REGION = Document(schemas.Region, region)

`region(day)` returns the select as it held on `day` (an SQL date), or as it is now where `day` is None.
"""

from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Date,
    Label,
    ScalarSelect,
    Select,
    Table,
    Text,
    bindparam,
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

AS_OF_PARAMETER: ColumnElement[Any] = bindparam("as_of", type_=Date)

# A column, a mapped attribute or any other SQL expression: SQLAlchemy's types for the three share no common ground.
Expression = Any
DocumentSelect = Select[*tuple[Any, ...]]
DayExpression = ColumnElement[Any] | None


def day_or_null(day: DayExpression) -> ColumnElement[Any]:
    """The day, or a null of its type where a document is not asked for one."""
    return cast(null(), Date) if day is None else day


class json_object(GenericFunction[Any]):
    """A JSON object with the members given, in their order: `json_build_object('code', code, …)`."""

    type = JSON()
    name = "json_build_object"
    inherit_cache = True

    def __init__(self, **members: Any) -> None:
        self.members = members
        arguments: list[Any] = []
        for name, value in members.items():
            arguments += [literal_column(f"'{name}'"), value]
        super().__init__(*arguments)


def json_array(item: ColumnElement[Any], *order: Expression, where: ColumnElement[bool]) -> ColumnElement[Any]:
    """A JSON array of one object per row that fulfils `where`, in `order`; empty, never null."""
    rows = select(func.json_agg(aggregate_order_by(item, *order))).where(where).scalar_subquery()
    return func.coalesce(rows, literal_column("'[]'::json"))


class Document:
    """A schema with the SQL that renders it.

    Raises TypeError at import when the select's members are not the schema's fields.
    """

    def __init__(self, schema: type[BaseModel], build: Callable[[DayExpression], DocumentSelect]) -> None:
        self.schema = schema
        self._selects = {False: build(None), True: build(AS_OF_PARAMETER)}
        for statement in self._selects.values():
            require_same_members(schema, select_members(statement))
        self.tables = frozenset(table for statement in self._selects.values() for table in referenced_tables(statement))

    def select(self, *columns: Expression, as_of: bool) -> DocumentSelect:
        """One row per object: `document` (JSON), then `columns`; `on_a_day`: as it held on the parameter `as_of`."""
        statement = self._selects[as_of]
        return statement.with_only_columns(json_object(**select_members(statement)).label("document"), *columns)


def document_text(document: ColumnElement[Any], *, only_fields: bool) -> ColumnElement[str]:
    """A built document as text: whole, or with the members in the parameter `fields` only, in the document's order."""
    if not only_fields:
        return cast(document, Text)
    member = func.json_each(document).table_valued("key", "value")
    selected_members = select(func.json_object_agg(member.c.key, member.c.value)).where(
        member.c.key == func.any(bindparam("fields", type_=ARRAY(Text)))
    )
    return cast(selected_members.scalar_subquery(), Text)


def select_members(statement: DocumentSelect) -> dict[str, ColumnElement[Any]]:
    columns: list[Any] = list(statement.selected_columns)
    return {column.key: column.element if isinstance(column, Label) else column for column in columns}


def referenced_tables(statement: DocumentSelect) -> frozenset[str]:
    """The names of all tables that a statement reads, in its subqueries too."""
    return frozenset(
        element.name if isinstance(element, Table) else element.table.name
        for element in visitors.iterate(statement)
        if isinstance(element, Table) or (isinstance(element, Column) and isinstance(element.table, Table))
    )


def require_same_members(schema: type[BaseModel], members: Mapping[str, Any], path: str = "") -> None:
    """Hold the members of a select against the fields of a schema, level by level."""
    location = f"{schema.__name__}{path}"
    if list(schema.model_fields) != list(members):
        missing = [name for name in schema.model_fields if name not in members]
        surplus = [name for name in members if name not in schema.model_fields]
        raise TypeError(f"{location}: the select lacks {missing}, has {surplus} too many, or differs in order")
    for name, field in schema.model_fields.items():
        nested, inner = nested_model(field.annotation), nested_members(members[name])
        if (nested is None) != (inner is None):
            raise TypeError(f"{location}.{name}: an object on one side, a plain value on the other")
        if nested is not None and inner is not None:
            require_same_members(nested, inner, f"{path}.{name}")


def nested_model(annotation: Any) -> type[BaseModel] | None:
    """The model within `Model`, `Model | None` or `list[Model]`, or None for plain values."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (list, Union, UnionType):
        return next((found for inner in get_args(annotation) if (found := nested_model(inner))), None)
    return None


def nested_members(element: Any) -> Mapping[str, Any] | None:
    """The members of the JSON object that an expression yields (alone, or as the items of a list), if it yields one."""
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
