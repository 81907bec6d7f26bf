"""Deletion of expired idempotency keys."""

import asyncio

from fastapi import FastAPI

from app.state import state_of
from app.writes.purge import purge_periodically
from tests.conftest import fetch_value
from tests.writes.write_client import WriteClient

AGE_KEY = "UPDATE idempotency_keys SET created_at = created_at - interval '{}' WHERE key = '{}'"


async def test_purge_deletes_only_keys_that_expired_more_than_an_hour_ago(
    app: FastAPI, api: WriteClient, own_url: str
) -> None:
    for key in ("old", "just", "new"):
        await api.post("/v1/officials", {"name": "Siti Contoh"}, idempotency_key=key)
    await fetch_value(own_url, AGE_KEY.format("7 days 61 minutes", "old"))
    await fetch_value(own_url, AGE_KEY.format("7 days 59 minutes", "just"))
    async with purge_periodically(state_of(app).database, interval=0.01):
        for _ in range(200):
            if await fetch_value(own_url, "SELECT count(*) FROM idempotency_keys") == 2:
                break
            await asyncio.sleep(0.02)
    assert await fetch_value(own_url, "SELECT array_agg(key ORDER BY key) FROM idempotency_keys") == ["just", "new"]
