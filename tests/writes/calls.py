"""Requests that write, with what each of them needs beside its body."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from app.auth import Scope
from tests.callers import bearer_headers

MERGE_PATCH = "application/merge-patch+json"


@dataclass
class Calls:
    """One caller's requests."""

    client: httpx.AsyncClient
    headers: Mapping[str, str]

    @classmethod
    def of(cls, app: FastAPI, http: httpx.AsyncClient, *scopes: Scope, **bound: str) -> "Calls":
        return cls(http, bearer_headers(app, *(scopes or Scope), **bound))

    async def get(self, address: str) -> httpx.Response:
        return await self.client.get(address, headers=self.headers)

    async def post(self, address: str, body: Any, *, key: str | None = None) -> httpx.Response:
        headers = {**self.headers, "Idempotency-Key": key or uuid4().hex}
        return await self.client.post(address, json=body, headers=headers)

    async def patch(self, address: str, body: Any, *, match: str = "*") -> httpx.Response:
        headers = {**self.headers, "If-Match": match, "Content-Type": MERGE_PATCH}
        return await self.client.patch(address, content=httpx.Request("POST", "/", json=body).content, headers=headers)

    async def delete(self, address: str, body: Any = None, *, match: str = "*") -> httpx.Response:
        headers = {**self.headers, "If-Match": match}
        return await self.client.request("DELETE", address, json=body, headers=headers)
