import asyncio

from fastapi import FastAPI

from app.state import state_of
from app.writes.purge import purge_periodically
from tests.conftest import fetch_value
from tests.writes.calls import Calls

AGE = "UPDATE idempotency_keys SET created_at = created_at - interval '{}' WHERE key = '{}'"


async def test_only_what_nobody_asks_for_is_thrown_away(app: FastAPI, calls: Calls, own_url: str) -> None:
    for key in ("old", "just", "new"):
        await calls.post("/v1/officials", {"name": "Siti Contoh"}, key=key)
    await fetch_value(own_url, AGE.format("7 days 61 minutes", "old"))
    await fetch_value(own_url, AGE.format("7 days 59 minutes", "just"))
    async with purge_periodically(state_of(app).database, interval=0.01):
        for _ in range(200):
            if await fetch_value(own_url, "SELECT count(*) FROM idempotency_keys") == 2:
                break
            await asyncio.sleep(0.02)
    assert await fetch_value(own_url, "SELECT array_agg(key ORDER BY key) FROM idempotency_keys") == ["just", "new"]
