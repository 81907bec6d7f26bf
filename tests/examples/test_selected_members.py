"""With `fields`, an object has exactly the selected members, each as the schema of the whole object says."""

from typing import Any

import httpx
import jsonschema_rs
import pytest

from tests.applications import get_contract
from tests.examples.test_reads import OPERATIONS, address_of, example_of, ready

SCHEMAS: dict[str, dict[str, Any]] = get_contract()["components"]["schemas"]
WITH_FIELDS = [
    path
    for path, operation in OPERATIONS.items()
    if any(parameter["name"] == "fields" for parameter in operation["parameters"])
]


def get_schema(node: dict[str, Any]) -> dict[str, Any]:
    return SCHEMAS[node["$ref"].rpartition("/")[2]]


def get_object_schema(path: str) -> dict[str, Any]:
    """Return the schema of an item, or of the items of a list."""
    schema = get_schema(OPERATIONS[path]["responses"]["200"]["content"]["application/json"]["schema"])
    return get_schema(schema["properties"]["items"]["items"]) if "items" in schema["properties"] else schema


@pytest.mark.parametrize("path", WITH_FIELDS)
async def test_object_has_exactly_the_selected_members(
    client: httpx.AsyncClient, token: dict[str, str], path: str
) -> None:
    schema = get_object_schema(path)
    assert set(schema["required"]) == set(schema["properties"])  # without `fields` all are present
    needed = {entry["name"] for entry in OPERATIONS[path]["parameters"] if entry["required"]} | {"organization"}
    given = {name: value for name, value in example_of(path).items() if name in needed}
    for names in (list(schema["properties"]), list(schema["properties"])[1::2]):
        response = await client.get(
            address_of(path, given | {"fields": ",".join(names)}), headers=ready(OPERATIONS[path], token)
        )
        assert response.status_code == 200, response.text
        validator = jsonschema_rs.Draft202012Validator(
            {"properties": schema["properties"], "components": {"schemas": SCHEMAS}}, validate_formats=True
        )
        document = response.json()
        for item in document.get("items", [document]) if "next_page_token" in document else [document]:
            assert set(item) == set(names)
            validator.validate(item)
