import asyncio
import re
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import models
from app.health import repository
from app.main import create_app
from app.settings import Settings
from tests.conftest import connect_client, fetch_value, run_application

UNREACHABLE_URL = "postgresql://nobody@127.0.0.1:1/nothing"


class TestLiveness:
    async def test_liveness_runs_no_sql(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        response = await client.get("/health/live")
        assert (response.status_code, response.json()) == (200, {"status": "live"})
        assert response.headers["cache-control"] == "no-store"
        assert statements == []

    async def test_liveness_without_a_database_is_200(self) -> None:
        app = create_app(Settings(DATABASE_URL=UNREACHABLE_URL))
        async with app.router.lifespan_context(app), connect_client(app) as client:
            assert (await client.get("/health/live")).status_code == 200


class TestReadiness:
    async def test_current_schema_is_ready(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        response = await client.get("/health/ready")
        assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
        revision = models.SCHEMA_REVISION
        assert response.json() == {"status": "ready", "schema_revision": revision, "audit": "writable"}
        assert statements == []  # it does not use the pool, which may be full

    @pytest.mark.parametrize(
        ("change", "detail"),
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
    async def test_unusable_schema_is_503(
        self, own_client: httpx.AsyncClient, own_url: str, change: str, detail: str
    ) -> None:
        await fetch_value(own_url, change)
        response = await own_client.get("/health/ready")
        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
        assert int(response.headers["retry-after"]) > 0
        assert detail in response.json()["detail"]

    async def test_newer_schema_is_ready(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch_value(own_url, "UPDATE alembic_version SET version_num = '9999'")
        assert (await own_client.get("/health/ready")).status_code == 200

    async def test_unreachable_database_is_503(self) -> None:
        app = create_app(Settings(DATABASE_URL=UNREACHABLE_URL))
        async with app.router.lifespan_context(app), connect_client(app) as client:
            for path in ("/health/ready", "/v1/regions", "/v1/organizations/kpu/officials"):
                response = await client.get(path)
                assert (response.status_code, response.json()["code"]) == (503, "unavailable"), path
                assert int(response.headers["retry-after"]) > 0
                assert response.headers["cache-control"] == "no-store"

    async def test_concurrent_requests_share_one_check(
        self, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        checks = 0

        async def check_slowly(settings: Settings) -> repository.Readiness:
            nonlocal checks
            checks += 1
            await asyncio.sleep(0.05)
            return repository.Readiness("0000", "writable")

        monkeypatch.setattr(repository, "check_readiness", check_slowly)
        responses = await asyncio.gather(*(client.get("/health/ready") for _ in range(20)))
        assert {response.json()["schema_revision"] for response in responses} == {"0000"}
        assert checks == 1
        await client.get("/health/ready")
        assert checks == 2


class TestMetrics:
    async def test_requests_are_counted_by_route_template(self, client: httpx.AsyncClient) -> None:
        for path in ("/v1/regions/31", "/v1/regions/99", "/nowhere/no-such-word"):
            await client.get(path)
        await client.options("/v1/regions/31")
        response = await client.get("/metrics")
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["content-type"].startswith("text/plain")
        labels = {
            (sample.labels["method"], sample.labels["route"], sample.labels["status"])
            for family in text_string_to_metric_families(response.text)
            for sample in family.samples
            if sample.name == "http_request_duration_seconds_count"
        }
        assert {
            ("GET", "/v1/regions/{code}", "200"),
            ("GET", "/v1/regions/{code}", "404"),
            ("OPTIONS", "/v1/regions/{code}", "204"),
            ("GET", "unmatched", "404"),
        } <= labels
        assert "no-such-word" not in response.text

    @pytest.mark.parametrize(
        "name",
        ["database_pool_in_use", "database_pool_waiting", "database_faults_total", "http_request_duration_seconds"],
    )
    async def test_database_metrics_exist(self, client: httpx.AsyncClient, name: str) -> None:
        assert re.search(rf"^# HELP {name.removesuffix('_total')}", (await client.get("/metrics")).text, re.MULTILINE)


@pytest.mark.parametrize(
    ("address", "headers", "settings", "status"),
    [
        ("127.0.0.1", {}, {}, 200),
        ("::1", {}, {}, 200),
        ("::ffff:127.0.0.1", {}, {}, 200),
        ("10.0.0.5", {}, {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, {}, 404),  # through a proxy that is not trusted
        ("127.0.0.1", {"Forwarded": "for=203.0.113.7"}, {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, {"trusted_proxies": "127.0.0.1"}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.5"}, {"trusted_proxies": "127.0.0.1"}, 404),
        ("127.0.0.1", {}, {"trusted_proxies": "127.0.0.1"}, 200),
        ("10.0.0.5", {}, {"metrics_allowed": "10.0.0.0/24"}, 200),
        ("10.0.0.5", {"X-Forwarded-For": "10.0.0.5"}, {"metrics_allowed": "10.0.0.0/24"}, 404),
        ("127.0.0.1", {}, {"metrics_allowed": "10.0.0.0/24"}, 404),
    ],
)
async def test_metrics_are_for_allowed_networks(
    loaded_url: str, address: str, headers: dict[str, str], settings: dict[str, Any], status: int
) -> None:
    async with run_application(Settings(DATABASE_URL=loaded_url, **settings)) as app:
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get("/metrics", headers=headers)).status_code == status


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
async def test_parameters_are_rejected(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(f"{path}?colour=red")
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "unknown_parameter")
