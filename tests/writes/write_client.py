"""Client for writes: adds the headers that each of them requires."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from app.auth import Scope
from tests.callers import bearer_headers

MERGE_PATCH_TYPE = "application/merge-patch+json"


@dataclass
class WriteClient:
    """Sends requests with the access token of one API client."""

    http: httpx.AsyncClient
    headers: Mapping[str, str]

    @classmethod
    def create(cls, app: FastAPI, http: httpx.AsyncClient, *scopes: Scope, **bound: str) -> "WriteClient":
        return cls(http, bearer_headers(app, *(scopes or Scope), **bound))

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path, headers=self.headers)

    async def post(self, path: str, body: Any, *, idempotency_key: str | None = None) -> httpx.Response:
        headers = {**self.headers, "Idempotency-Key": idempotency_key or uuid4().hex}
        return await self.http.post(path, json=body, headers=headers)

    async def patch(self, path: str, body: Any, *, if_match: str = "*") -> httpx.Response:
        headers = {**self.headers, "If-Match": if_match, "Content-Type": MERGE_PATCH_TYPE}
        return await self.http.patch(path, content=httpx.Request("POST", "/", json=body).content, headers=headers)

    async def delete(self, path: str, body: Any = None, *, if_match: str = "*") -> httpx.Response:
        headers = {**self.headers, "If-Match": if_match}
        return await self.http.request("DELETE", path, json=body, headers=headers)

    async def close_roll(self, meeting_path: str, *, if_match: str = "*", query: str = "") -> httpx.Response:
        headers = {**self.headers, "If-Match": if_match}
        body = {"reason": "rapat selesai"}
        return await self.http.post(f"{meeting_path}:close-roll{query}", json=body, headers=headers)
