"""Schemas of the OpenAPI document: their names, and what generators of clients can do without."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from app.core.http.body_types import LINE_SCHEMA_PATTERN, SINGLE_LINE_PATTERN
from app.core.http.openapi_components import list_operations

FORMATS_WITHOUT_PATTERN = ("date", "date-time", "uuid")
"""Generators map these formats to types that take no pattern."""

SCALAR_TYPES = ("string", "integer", "number", "boolean")


def name_schemas_by_title(document: dict[str, Any]) -> None:
    """Rename each schema in place to its title: `StagePage`, not `PageOf_Stage_`; ValueError if titles repeat.

    Raises:
        ValueError: Two schemas have the same title. A generator of clients would drop one of them.
    """
    schemas = document["components"]["schemas"]
    names = {name: schema.setdefault("title", name) for name, schema in schemas.items()}
    if repeated := sorted(title for title, count in Counter(names.values()).items() if count > 1):
        raise ValueError(f"Several schemas have the title {', '.join(repeated)}.")
    document["components"]["schemas"] = {names[name]: schema for name, schema in schemas.items()}
    references = {f"#/components/schemas/{name}": f"#/components/schemas/{title}" for name, title in names.items()}
    for node in list_objects(document):
        if node.get("$ref") in references:
            node["$ref"] = references[node["$ref"]]


def list_objects(node: Any) -> Iterator[dict[str, Any]]:
    """Yield each object within a part of the document, the outer ones first."""
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from list_objects(inner)


def simplify_schemas(document: dict[str, Any]) -> None:
    """Remove the titles of members, which repeat their names, and simplify patterns, in place."""
    for schema in document["components"]["schemas"].values():
        for part in list_objects({name: value for name, value in schema.items() if name != "title"}):
            simplify_schema(part)
    for _, _, operation in list_operations(document):
        for parameter in operation.get("parameters", ()):
            for part in list_objects(parameter["schema"]):
                simplify_schema(part)


def merge_null(schema: dict[str, Any]) -> None:
    """Write `anyOf` a text or number, or null, as one schema with two types, in place.

    Otherwise generators make a class of the text, named after the member, such as `Region`.
    """
    options = schema.get("anyOf")
    if isinstance(options, list) and len(options) == 2 and options[1] == {"type": "null"}:
        option = options[0]
        if isinstance(option.get("type"), str) and option["type"] in SCALAR_TYPES and "enum" not in option:
            del schema["anyOf"]
            schema |= {**option, **schema, "type": [option["type"], "null"]}


def simplify_schema(schema: dict[str, Any]) -> None:
    """Remove the title of a schema, and a pattern or a default that generators cannot use, in place.

    A member may be called `title`: that is an object.
    """
    if isinstance(schema.get("title"), str):
        del schema["title"]
    if isinstance(schema.get("default"), dict) and isinstance(schema.get("$ref"), str):
        del schema["default"]  # generators take it for a value of another type
    merge_null(schema)
    if schema.get("format") in FORMATS_WITHOUT_PATTERN:
        schema.pop("pattern", None)
    if schema.get("pattern") == SINGLE_LINE_PATTERN:
        schema["pattern"] = LINE_SCHEMA_PATTERN
