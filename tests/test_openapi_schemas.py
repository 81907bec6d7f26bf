"""The schemas of the OpenAPI document, and the examples that conform to them."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from app.core.http.openapi_components import list_operations
from app.core.http.openapi_schemas import FORMATS_WITHOUT_PATTERN
from tests.applications import get_resolved_contract
from tests.test_openapi import every_object

DOCUMENT = get_resolved_contract()
SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]
OPERATIONS = {operation["operationId"]: operation for _, _, operation in list_operations(DOCUMENT)}
NAMES_OF_GENERATORS = {"Client", "AuthenticatedClient", "ApiClient", "Configuration", "Response", "Unset", "File"}
"""Classes that generated clients have anyway."""


def is_valid(schema: dict[str, Any], value: Any) -> bool:
    with_components = {**schema, "components": {"schemas": SCHEMAS}}
    return jsonschema_rs.Draft202012Validator(with_components, validate_formats=True).is_valid(value)


def list_examples(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield (place, schema, example) of each example in an operation."""
    for parameter in operation.get("parameters", ()):
        if "example" in parameter:
            yield parameter["name"], parameter["schema"], parameter["example"]
        for value in parameter["schema"].get("examples", ()):
            yield parameter["name"], parameter["schema"], value
    bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
    for place, body in bodies.items():
        for media_type, content in body.get("content", {}).items():
            values = [example["value"] for example in content.get("examples", {}).values()]
            values += [content["example"]] if "example" in content else []
            for value in values:
                yield f"{place} {media_type}", content.get("schema", {}), value


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_conform_to_their_schemas(name: str) -> None:
    invalid = [place for place, schema, value in list_examples(OPERATIONS[name]) if not is_valid(schema, value)]
    assert invalid == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_examples_of_members_conform_to_them(name: str) -> None:
    for member, schema in SCHEMAS[name].get("properties", {}).items():
        for value in (*schema.get("examples", ()), *([schema["default"]] if "default" in schema else ())):
            assert is_valid(schema, value), (member, value)


def test_operations_have_unique_plain_names() -> None:
    assert len(OPERATIONS) == len(list_operations(DOCUMENT))
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", name) for name in OPERATIONS)


def test_schemas_have_names_of_their_own() -> None:
    """No name belongs to generators, and none is what hey-api derives from an operation: `CheckInResponse`."""
    derived = {
        "".join(word.capitalize() for word in name.split("_")) + ending
        for name in OPERATIONS
        for ending in ("Data", "Error", "Errors", "Response", "Responses")
    }
    assert set(SCHEMAS) & (NAMES_OF_GENERATORS | derived) == set()


def test_items_of_lists_are_not_named_like_a_schema() -> None:
    """A generator would make a class `Session` of a constrained text in the list `sessions`."""
    clashes = [
        (name, member)
        for name, schema in SCHEMAS.items()
        for member, value in schema.get("properties", {}).items()
        if {"pattern", "minLength", "maxLength"} & set(value.get("items", {}))
        and "".join(word.capitalize() for word in member.removesuffix("s").split("_")) in SCHEMAS
    ]
    assert clashes == []


def test_schemas_are_plain() -> None:
    """No titles of members, no pattern beside a format, no `anyOf` a text or null, and no default of another type."""
    for schema in SCHEMAS.values():
        for part in every_object(schema.get("properties", {})):
            assert not isinstance(part.get("title"), str)
            assert not (part.get("format") in FORMATS_WITHOUT_PATTERN and "pattern" in part)
            options = part.get("anyOf")
            if isinstance(options, list) and {"type": "null"} in options:
                assert all(
                    "$ref" in one or "enum" in one or one["type"] in ("null", "object", "array") for one in options
                )
            assert not ("$ref" in part and "default" in part)


def test_no_body_can_be_null() -> None:
    """An optional body is left out; the service refuses null. openapi-python-client could not leave it out."""
    bodies = [operation["requestBody"] for operation in OPERATIONS.values() if "requestBody" in operation]
    schemas = [content["schema"] for body in bodies for content in body["content"].values()]
    assert len(schemas) > 40
    assert [schema for schema in schemas if is_valid(schema, None)] == []
    assert all(body.get("description") for body in bodies if not body.get("required"))


def test_document_names_its_server_and_contact() -> None:
    assert DOCUMENT["servers"] == [{"url": "/", "description": "This service."}]
    assert set(DOCUMENT["info"]["contact"]) == {"name"}
