"""The OpenAPI document with its example responses."""

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI

from app.core.http.openapi import SERVERS, build_openapi_document

PATH_BEGINNINGS = ("/v1/", "/problems", "/oauth/", "/docs", "/openapi.json", "/health/", "/metrics", "/.well-known/")
"""Beginnings of texts in the document that are paths of this service."""
EXAMPLE_RESPONSES_FILE = Path(__file__).with_name("answers.json")
INTRODUCTION_FILE = Path(__file__).with_name("introduction.md")


@cache
def load_example_responses() -> dict[str, Any]:
    """Read the recorded example responses, by path and query, from a file, once; empty if there is no file."""
    responses: dict[str, Any] = (
        orjson.loads(EXAMPLE_RESPONSES_FILE.read_bytes()) if EXAMPLE_RESPONSES_FILE.exists() else {}
    )
    return responses


def get_openapi_document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document served at `/openapi.json`; only the first call builds it."""
    return build_openapi_document(app, load_example_responses())


@lru_cache(maxsize=2)
def serialize_openapi_document(app: FastAPI, root_path: str) -> bytes:
    """Return the OpenAPI document as JSON; behind a proxy its server, links and examples have the prefix."""
    document = get_openapi_document(app)
    if root_path:
        document = {**_add_prefix(document, root_path), "servers": [{**SERVERS[0], "url": root_path}]}
    return orjson.dumps(document)


def _add_prefix(node: Any, prefix: str) -> Any:
    """Return a copy of a part of the OpenAPI document in which texts that are paths, and links, have the prefix."""
    if isinstance(node, dict):
        return {name: _add_prefix(value, prefix) for name, value in node.items()}
    if isinstance(node, list):
        return [_add_prefix(value, prefix) for value in node]
    if not isinstance(node, str):
        return node
    return prefix + node if node.startswith(PATH_BEGINNINGS) else node.replace("](/", f"]({prefix}/")
