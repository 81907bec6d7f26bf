import asyncio
import re

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import models
from app.health import repository
from app.main import create_app
from app.settings import Settings
from tests.conftest import connect_client, fetch_value

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


class TestLive:
    async def test_asks_nobody(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        answer = await client.get("/health/live")
        assert (answer.status_code, answer.json()) == (200, {"status": "live"})
        assert answer.headers["cache-control"] == "no-store"
        assert statements == []

    async def test_lives_without_a_database(self) -> None:
        app = create_app(Settings(DATABASE_URL=NOWHERE))
        async with app.router.lifespan_context(app), connect_client(app) as client:
            assert (await client.get("/health/live")).status_code == 200


class TestReady:
    async def test_with_the_schema_of_this_release(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        revision = models.SCHEMA_REVISION
        assert answer.json() == {"status": "ready", "schema_revision": revision, "audit": "writable"}
        assert statements == []  # not through the pool, which may be full

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ("UPDATE alembic_version SET version_num = '0027'", "at revision 0027, from before the first release"),
            (
                "UPDATE alembic_version SET version_num = '3adcc9a56557'",
                "at revision 3adcc9a56557, which this release does not know",
            ),
            ("DROP TABLE alembic_version", "older than the service; run `rakornas migrate`"),
            ("DELETE FROM alembic_version", "older than the service; run `rakornas migrate`"),
        ],
    )
    async def test_with_another_schema(
        self, own_client: httpx.AsyncClient, own_url: str, change: str, words: str
    ) -> None:
        await fetch_value(own_url, change)
        answer = await own_client.get("/health/ready")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert words in answer.json()["detail"]

    async def test_with_the_schema_of_the_next_release(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch_value(own_url, "UPDATE alembic_version SET version_num = '9999'")
        assert (await own_client.get("/health/ready")).status_code == 200

    async def test_without_a_database(self) -> None:
        app = create_app(Settings(DATABASE_URL=NOWHERE))
        async with app.router.lifespan_context(app), connect_client(app) as client:
            for path in ("/health/ready", "/v1/regions", "/v1/organizations/kpu/officials"):
                answer = await client.get(path)
                assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), path
                assert int(answer.headers["retry-after"]) > 0
                assert answer.headers["cache-control"] == "no-store"

    async def test_many_who_ask_at_once_ask_the_database_once(
        self, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = 0

        async def slowly(settings: Settings) -> repository.Readiness:
            nonlocal asked
            asked += 1
            await asyncio.sleep(0.05)
            return repository.Readiness("0000", "writable")

        monkeypatch.setattr(repository, "check_readiness", slowly)
        answers = await asyncio.gather(*(client.get("/health/ready") for _ in range(20)))
        assert {answer.json()["schema_revision"] for answer in answers} == {"0000"}
        assert asked == 1
        await client.get("/health/ready")
        assert asked == 2


class TestMetrics:
    async def test_counts_by_route_and_never_by_value(self, client: httpx.AsyncClient) -> None:
        for path in ("/v1/regions/31", "/v1/regions/99", "/nowhere/no-such-word"):
            await client.get(path)
        await client.options("/v1/regions/31")
        answer = await client.get("/metrics")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"].startswith("text/plain")
        counted = {
            (sample.labels["method"], sample.labels["route"], sample.labels["status"])
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
            if sample.name == "http_request_duration_seconds_count"
        }
        assert {
            ("GET", "/v1/regions/{code}", "200"),
            ("GET", "/v1/regions/{code}", "404"),
            ("OPTIONS", "/v1/regions/{code}", "204"),
            ("GET", "unmatched", "404"),
        } <= counted
        assert "no-such-word" not in answer.text

    @pytest.mark.parametrize(
        "name",
        ["database_pool_in_use", "database_pool_waiting", "database_faults_total", "http_request_duration_seconds"],
    )
    async def test_the_database_is_measured(self, client: httpx.AsyncClient, name: str) -> None:
        assert re.search(rf"^# HELP {name.removesuffix('_total')}", (await client.get("/metrics")).text, re.MULTILINE)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
async def test_takes_no_parameters(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"{path}?colour=red")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_parameter")
