"""The OpenAPI document, with the answers to its examples."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI

from app.core.http.openapi import document_of

ANSWERS = Path(__file__).with_name("answers.json")
INTRODUCTION = Path(__file__).with_name("introduction.md")


@cache
def answers() -> dict[str, Any]:
    """What the service answers to each example, by its address: `python -m tests.openapi` asks it anew."""
    found: dict[str, Any] = orjson.loads(ANSWERS.read_bytes()) if ANSWERS.exists() else {}
    return found


def contract(app: FastAPI) -> dict[str, Any]:
    """The document that `/openapi.json` shows."""
    return document_of(app, answers())
