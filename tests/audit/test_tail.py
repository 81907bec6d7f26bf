"""The tail: the newest seal, while it is after the newest root."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from app.audit import schemas
from app.audit_chain import maintenance, task
from app.auth import Scope
from app.settings import Settings
from tests.audit_chain.trails import INSERT_ROOT, add_lines, seal_all
from tests.callers import bearer_headers
from tests.conftest import connect_client, run_application
from tests.scenarios import list_items


@pytest_asyncio.fixture
async def trail(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Three sealed lines without a root, and one line that is not sealed."""
    owner = await asyncpg.connect(database_url)
    sealer_connection = await task.connect(Settings(DATABASE_URL=database_url))
    await add_lines(owner, 3)
    await seal_all(sealer_connection, 3)
    await owner.execute("SELECT pg_advisory_lock(sealing_lock_key())")
    sealer_connection.terminate()
    await add_lines(owner, 1)
    yield owner
    await owner.close()


async def list_roots(url: str, **params: str) -> list[dict[str, Any]]:
    async with run_application(Settings(DATABASE_URL=url)) as app, connect_client(app) as client:
        client.headers.update(bearer_headers(app, Scope.AUDIT_READ))
        return await list_items(client, "/v1/audit/roots", params, page_size=1)


async def test_is_the_only_item_before_the_first_root(trail: asyncpg.Connection, database_url: str) -> None:
    (item,) = await list_roots(database_url)
    schemas.AuditRoot.model_validate_json(json.dumps(item), strict=True, extra="forbid")
    seal = await trail.fetchrow("SELECT encode(hash, 'hex') AS hash, sealed_at FROM audit_seals WHERE position = 3")
    assert seal is not None
    assert (item["position"], item["hash"], item["finished"]) == (3, seal["hash"], False)
    assert datetime.fromisoformat(item["sealed_at"]) == seal["sealed_at"]
    assert datetime.fromisoformat(item["hour"]) <= datetime.now(UTC)


@pytest.mark.parametrize("hour", [datetime(2026, 11, 24, 7, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)])
async def test_follows_the_newest_root(trail: asyncpg.Connection, database_url: str, hour: datetime) -> None:
    hash_ = await trail.fetchval("SELECT hash FROM audit_seals WHERE position = 2")
    await trail.execute(INSERT_ROOT, hour, 2, hash_)
    items = await list_roots(database_url)
    assert [(item["position"], item["finished"]) for item in items] == [(2, True), (3, False)]
    assert hour < datetime.fromisoformat(items[1]["hour"])
    assert await list_roots(database_url, sort="-hour") == items[::-1]


async def test_is_absent_if_the_newest_seal_is_a_root(trail: asyncpg.Connection, database_url: str) -> None:
    hash_ = await trail.fetchval("SELECT hash FROM audit_seals WHERE position = 3")
    await trail.execute(INSERT_ROOT, datetime(2026, 11, 24, 7, tzinfo=UTC), 3, hash_)
    items = await list_roots(database_url)
    assert [(item["position"], item["finished"]) for item in items] == [(3, True)]


async def test_copy_proves_the_lines_of_today(trail: asyncpg.Connection, database_url: str) -> None:
    """Somebody who rewrites the newest line and its seal is found with a copied tail, in each accepted form."""
    items = await list_roots(database_url)
    copies = [json.dumps(copy).encode() for copy in (items, items[0], {"items": items}, [_without_hour(items[0])])]
    for copy in copies:
        result = await maintenance.verify_trail(database_url, maintenance.parse_roots(copy), lambda *_: None)
        assert result == (3, 1, 0, 1, [])
    await trail.execute("SET session_replication_role = replica; UPDATE audit_lines SET operation = 'x' WHERE id = 3")
    await trail.execute(
        "UPDATE audit_seals AS s SET hash = hash_audit_line((SELECT hash FROM audit_seals WHERE position = 2), l)"
        " FROM audit_lines AS l WHERE s.position = 3 AND l.id = s.line"
    )
    assert (await maintenance.verify_trail(database_url, [], lambda *_: None)).defects == []
    for copy in copies:
        result = await maintenance.verify_trail(database_url, maintenance.parse_roots(copy), lambda *_: None)
        assert [defect[:3] for defect in result.defects] == [("root", 3, None)]


def _without_hour(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "hour"}
