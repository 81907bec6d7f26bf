"""The application as tests share it: building one takes half a second, and its contract another."""

import json
from functools import cache
from typing import Any

from fastapi import FastAPI

from app.explorer.contract import get_openapi_document
from app.main import create_app

stopped_applications: list[FastAPI] = []
"""Applications of this process that are not running and may be started."""


@cache
def get_application() -> FastAPI:
    """Return an application to read its routes; tests may start it meanwhile."""
    app = create_app()
    stopped_applications.append(app)
    return app


@cache
def get_contract() -> dict[str, Any]:
    """Return the contract as its readers have it, to be read only."""
    found: dict[str, Any] = json.loads(json.dumps(get_openapi_document(get_application())))
    return found
