"""Applications and the contract that tests share: to build each takes half a second."""

import json
from functools import cache
from typing import Any

from fastapi import FastAPI

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


@cache
def get_contract() -> dict[str, Any]:
    """Return the OpenAPI document as clients receive it. Do not modify it."""
    contract_document: dict[str, Any] = json.loads(json.dumps(get_openapi_document(get_application())))
    return contract_document
