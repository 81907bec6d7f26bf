"""Files of rows on their way to the service."""

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
    """One caller's imports."""

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


def row_statuses(answer: httpx.Response) -> list[tuple[int, str]]:
    return [(row["line"], row["status"]) for row in answer.json()["rows"]]


def row_errors(answer: httpx.Response) -> list[tuple[int, str, str]]:
    """Line, pointer and code of everything that is wrong."""
    return [(row["line"], error["pointer"], error["code"]) for row in answer.json()["rows"] for error in row["errors"]]


def count_calls(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[None]:
    """One item for each call of a function from now on."""
    calls: list[None] = []
    original = getattr(owner, name)

    def call(*arguments: Any, **named: Any) -> Any:
        calls.append(None)
        return original(*arguments, **named)

    monkeypatch.setattr(owner, name, call)
    return calls
