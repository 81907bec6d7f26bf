"""The OpenAPI document, with the answers to its examples."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI

from app.core.http.openapi import build_openapi_document

EXAMPLE_RESPONSES = Path(__file__).with_name("answers.json")
INTRODUCTION = Path(__file__).with_name("introduction.md")


@cache
def load_example_responses() -> dict[str, Any]:
    """What the service answers to each example, by its address: `python -m tests.openapi` asks it anew."""
    found: dict[str, Any] = orjson.loads(EXAMPLE_RESPONSES.read_bytes()) if EXAMPLE_RESPONSES.exists() else {}
    return found


def get_openapi_document(app: FastAPI) -> dict[str, Any]:
    """The document that `/openapi.json` shows."""
    return build_openapi_document(app, load_example_responses())
