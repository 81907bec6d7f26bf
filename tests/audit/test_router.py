"""The routes of the audit trail."""

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.audit import schemas
from app.audit_chain import maintenance, task
from app.auth import Caller, Scope
from app.settings import Settings
from app.state import state_of
from tests.audit_chain.trails import INSERT_LINE, INSERT_ROOT, seal_all
from tests.conftest import MIGRATED, connect_client, copy_template, run_application
from tests.scenarios import assert_invalid, list_items

LINES: list[tuple[Any, ...]] = [
    ("gate-1", "check-ins:write", "record_scan", ["meetings/m-1", "participants/p-1"], "r-1", None),
    ("gate-1", "check-ins:write", "record_scan", ["meetings/m-1", "participants/p-2"], "r-2", None),
    (None, None, "rakornas load", [], None, None),
    (
        "clerk",
        "attendance:read",
        "list_attendance",
        ["meetings/m-1"],
        "r-3",
        hashlib.sha256(b"daftar hadir").hexdigest(),
    ),
    ("clerk", "regions:write", 'é "kutip" 日本', ["regions/31"], "r-4", None),
]
UNSEALED = ("clerk", "regions:write", "remove_region", ["regions/99"], "r-5", None)


@pytest_asyncio.fixture(scope="module")
async def audit_url(server: str) -> AsyncIterator[str]:
    """A database with five sealed lines, two roots and one unsealed line."""
    async for url in copy_template(server, MIGRATED):
        owner, sealer_connection = await asyncpg.connect(url), await task.connect(Settings(DATABASE_URL=url))
        for line in LINES:
            await owner.execute(INSERT_LINE, *line)
        await seal_all(sealer_connection, len(LINES))
        for hour, position in ((7, 2), (9, 5)):
            hash_ = await owner.fetchval("SELECT hash FROM audit_seals WHERE position = $1", position)
            await owner.execute(INSERT_ROOT, datetime(2026, 11, 24, hour, tzinfo=UTC), position, hash_)
        # No other sealer may run during the tests.
        await owner.execute("SELECT pg_advisory_lock(sealing_lock_key())")
        await owner.execute(INSERT_LINE, *UNSEALED)
        yield url
        sealer_connection.terminate()
        await owner.close()


@pytest_asyncio.fixture(scope="module")
async def app(audit_url: str) -> AsyncIterator[FastAPI]:
    async with run_application(Settings(DATABASE_URL=audit_url)) as app:
        verifier: Any = state_of(app).token_verifier
        for scope in (Scope.AUDIT_READ, Scope.CLIENTS_ADMIN):
            verifier.find_cached_caller = _accept_scope_as_token(verifier.find_cached_caller, scope)
        yield app


@pytest_asyncio.fixture
async def auditor(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the scope audit:read."""
    async with connect_client(app) as client:
        client.headers["Authorization"] = f"Bearer {Scope.AUDIT_READ}"
        yield client


def _accept_scope_as_token(find_cached_caller: Any, scope: Scope) -> Any:
    """Wrap `find_cached_caller` so that the name of a scope is a valid token of that scope."""
    caller = Caller("client", "name", frozenset({scope}), None, None)
    return lambda token: caller if token == scope.encode() else find_cached_caller(token)


async def list_ids(auditor: httpx.AsyncClient, **params: str) -> list[int]:
    answer = await auditor.get("/v1/audit", params=params)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


@pytest.mark.parametrize("path", ["/v1/audit", "/v1/audit/roots"])
class TestAccess:
    async def test_requires_the_scope(self, auditor: httpx.AsyncClient, path: str) -> None:
        answer = await auditor.get(path, headers={"Authorization": f"Bearer {Scope.CLIENTS_ADMIN}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
        del auditor.headers["Authorization"]
        answer = await auditor.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (401, "no-store")
        assert 'scope="audit:read"' in answer.headers["www-authenticate"]

    async def test_must_not_be_cached(self, auditor: httpx.AsyncClient, path: str) -> None:
        answer = await auditor.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        again = await auditor.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.headers["cache-control"]) == (304, "no-store")

    async def test_invalid_parameter_is_rejected(self, auditor: httpx.AsyncClient, path: str) -> None:
        for params, parameter, code in (
            ({"colour": "red"}, "colour", "unknown_parameter"),
            ({"q": "clerk"}, "q", "unknown_parameter"),
            ({"known_at": "2026-11-24T07:00:00Z"}, "known_at", "unknown_parameter"),
            ({"sort": "client"}, "sort", "not_one_of"),
            ({"fields": "colour"}, "fields", "unknown_field"),
            ({"page_token": "AAAA"}, "page_token", "foreign_page_token"),
        ):
            assert_invalid(await auditor.get(path, params=params), parameter, code)


class TestLines:
    async def test_lines_have_their_members(self, auditor: httpx.AsyncClient) -> None:
        items = (await auditor.get("/v1/audit")).json()["items"]
        names = ("client", "scope", "operation", "keys", "request_id", "purpose_digest")
        assert [tuple(item[name] for name in names) for item in items] == [*LINES, UNSEALED]
        assert [item["id"] for item in items] == [1, 2, 3, 4, 5, 6]
        assert [item["position"] for item in items] == [1, 2, 3, 4, 5, None]
        for item in items:
            schemas.AuditLine.model_validate_json(json.dumps(item), strict=True, extra="forbid")
            assert list(item) == list(schemas.AuditLine.model_fields)

    async def test_hashes_can_be_recomputed(self, auditor: httpx.AsyncClient) -> None:
        hash_ = bytes(32)
        for item in (await auditor.get("/v1/audit")).json()["items"]:
            at = datetime.fromisoformat(item["at"]).astimezone(UTC).isoformat(timespec="microseconds")
            rest = [item[name] for name in ("client", "scope", "operation", "keys", "request_id", "purpose_digest")]
            line = json.dumps([item["id"], item["xid"], at, *rest], ensure_ascii=False, separators=(",", ":"))
            hash_ = hashlib.sha256(hash_ + line.encode()).digest()
            assert item["hash"] == (hash_.hex() if item["position"] else None)

    @pytest.mark.parametrize(
        ("params", "expected"),
        [
            ({"client": "gate-1"}, [1, 2]),
            ({"client": "nobody"}, []),
            ({"operation": "list_attendance"}, [4]),
            ({"key": "meetings/m-1"}, [1, 2, 4]),
            ({"key": "meetings"}, []),
            ({"client": "gate-1", "key": "participants/p-2", "operation": "record_scan"}, [2]),
            ({"sort": "-id"}, [6, 5, 4, 3, 2, 1]),
            ({"sort": "id"}, [1, 2, 3, 4, 5, 6]),
            ({"to": "2026-01-01T00:00:00+07:00"}, []),
        ],
    )
    async def test_filters_and_sort(
        self, auditor: httpx.AsyncClient, params: dict[str, str], expected: list[int]
    ) -> None:
        assert await list_ids(auditor, **params) == expected

    async def test_from_and_to(self, auditor: httpx.AsyncClient) -> None:
        third = (await auditor.get("/v1/audit")).json()["items"][2]["at"]
        assert await list_ids(auditor, **{"from": third}) == [3, 4, 5, 6]
        assert await list_ids(auditor, to=third) == [1, 2]
        local = datetime.fromisoformat(third).isoformat().replace("+00:00", "Z")
        assert await list_ids(auditor, **{"from": local, "to": local}) == []
        answer = await auditor.get("/v1/audit", params={"from": third, "to": "2026-01-01T00:00:00Z"})
        assert_invalid(answer, "to", "to_before_from")
        for bad in ("2026-11-24", "2026-11-24T07:00:00", "now"):
            assert (await auditor.get("/v1/audit", params={"from": bad})).status_code == 422

    @pytest.mark.parametrize("sort", ["id", "-id"])
    async def test_pages_contain_each_line_once(self, auditor: httpx.AsyncClient, sort: str) -> None:
        found = [item["id"] for item in await list_items(auditor, "/v1/audit", {"sort": sort}, page_size=1)]
        assert found == sorted(range(1, 7), reverse=sort == "-id")

    async def test_fields(self, auditor: httpx.AsyncClient) -> None:
        items = (await auditor.get("/v1/audit?fields=operation,id&client=clerk&page_size=1")).json()["items"]
        assert items == [{"id": 4, "operation": "list_attendance"}]


class TestRoots:
    async def test_roots_are_the_hashes_at_their_positions(self, auditor: httpx.AsyncClient) -> None:
        lines = (await auditor.get("/v1/audit")).json()["items"]
        items = (await auditor.get("/v1/audit/roots")).json()["items"]
        assert [(item["position"], item["hash"]) for item in items] == [
            (position, lines[position - 1]["hash"]) for position in (2, 5)
        ]
        hours = [datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (7, 9)]
        assert [datetime.fromisoformat(item["hour"]) for item in items] == hours
        for item in items:
            schemas.AuditRoot.model_validate_json(json.dumps(item), strict=True, extra="forbid")

    async def test_sort(self, auditor: httpx.AsyncClient) -> None:
        for sort, positions in (("hour", [2, 5]), ("-hour", [5, 2])):
            found = await list_items(auditor, "/v1/audit/roots", {"sort": sort}, page_size=1)
            assert [item["position"] for item in found] == positions

    async def test_command_accepts_the_response(self, auditor: httpx.AsyncClient, audit_url: str) -> None:
        roots = maintenance.parse_roots((await auditor.get("/v1/audit/roots")).content)
        assert [root.position for root in roots] == [2, 5]
        result = await maintenance.verify_trail(audit_url, roots, lambda _done, _total: None)
        assert result == (5, 1, 2, 2, [])
