"""Client for imports: sends files of rows, and reads the results."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from fastapi import FastAPI

from app.auth import Scope
from tests.callers import bearer_headers

CSV_TYPE = "text/csv; charset=utf-8"
NDJSON_TYPE = "application/x-ndjson"


@dataclass
class ImportClient:
    """Sends imports with the access token of one API client."""

    http: httpx.AsyncClient
    headers: Mapping[str, str]

    @classmethod
    def create(cls, app: FastAPI, http: httpx.AsyncClient, *scopes: Scope, **bound: str) -> "ImportClient":
        return cls(http, bearer_headers(app, *(scopes or Scope), **bound))

    async def send(
        self, content: str | bytes, media_type: str, resource: str, *, idempotency_key: str | None = None, **query: str
    ) -> httpx.Response:
        headers = {**self.headers, "Content-Type": media_type, "Idempotency-Key": idempotency_key or uuid4().hex}
        parameters = {"resource": resource, **query}
        return await self.http.post("/v1/imports", params=parameters, content=content, headers=headers)

    async def send_csv(self, resource: str, *lines: str, **query: str) -> httpx.Response:
        return await self.send("\r\n".join(lines) + "\r\n", CSV_TYPE, resource, **query)

    async def send_ndjson(self, resource: str, *rows: Mapping[str, Any], **query: str) -> httpx.Response:
        return await self.send(b"\n".join(map(orjson.dumps, rows)), NDJSON_TYPE, resource, **query)


def row_statuses(response: httpx.Response) -> list[tuple[int, str]]:
    """Return the line and status of each row."""
    return [(row["line"], row["status"]) for row in response.json()["rows"]]


def row_errors(response: httpx.Response) -> list[tuple[int, str, str]]:
    """Return the line, pointer and code of each error."""
    return [
        (row["line"], error["pointer"], error["code"]) for row in response.json()["rows"] for error in row["errors"]
    ]


def count_calls(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[None]:
    """Return a list that gets an item for each call of a function."""
    calls: list[None] = []
    original = getattr(owner, name)

    def call(*arguments: Any, **named: Any) -> Any:
        calls.append(None)
        return original(*arguments, **named)

    monkeypatch.setattr(owner, name, call)
    return calls
