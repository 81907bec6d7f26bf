"""The OpenAPI document with its example responses."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI

from app.core.http.openapi import build_openapi_document

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
