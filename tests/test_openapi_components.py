"""The components of the OpenAPI document, which several operations share."""

import orjson

from app.core.http.openapi_components import list_operations, resolve_reference
from tests.applications import get_contract
from tests.test_openapi import every_object

DOCUMENT = get_contract()


def test_operation_takes_at_most_6000_bytes() -> None:
    assert len(orjson.dumps(DOCUMENT)) / len(list_operations(DOCUMENT)) <= 6000


def test_every_reference_resolves() -> None:
    references = [entry for entry in every_object(DOCUMENT) if isinstance(entry.get("$ref"), str)]
    assert {entry["$ref"].split("/")[2] for entry in references} == set(DOCUMENT["components"]) - {"securitySchemes"}
    for entry in references:
        assert resolve_reference(DOCUMENT, entry), entry
