"""Applications and the contract that tests share: to build each takes half a second."""

import json
from functools import cache
from typing import Any

from fastapi import FastAPI

from app.core.http.openapi_components import resolve_reference
from app.explorer.contract import get_openapi_document
from app.main import create_app

stopped_applications: list[FastAPI] = []
"""Applications of this process that are stopped and can be started again."""


@cache
def get_application() -> FastAPI:
    """Return an application whose routes can be read; tests may start it."""
    app = create_app()
    stopped_applications.append(app)
    return app


def resolve_components(node: Any, document: dict[str, Any]) -> Any:
    """Return a part of the document with its parameters, responses, headers and examples in place; not its schemas."""
    if isinstance(node, list):
        return [resolve_components(value, document) for value in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str) and not node["$ref"].startswith("#/components/schemas/"):
        return resolve_components(resolve_reference(document, node), document)
    return {name: resolve_components(value, document) for name, value in node.items()}


@cache
def get_resolved_contract() -> dict[str, Any]:
    """Return the OpenAPI document with its parameters, responses, headers and examples in place. Do not modify it."""
    return resolve_document(get_contract())


def resolve_document(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document with the parameters, responses, headers and examples of its operations in place."""
    return document | {"paths": resolve_components(document["paths"], document)}


@cache
def get_contract() -> dict[str, Any]:
    """Return the OpenAPI document as clients receive it. Do not modify it."""
    contract_document: dict[str, Any] = json.loads(json.dumps(get_openapi_document(get_application())))
    return contract_document
