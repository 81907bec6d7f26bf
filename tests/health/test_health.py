import asyncio
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import models, operations
from app.core.db.pools import open_connection
from app.health import repository
from app.main import create_app
from app.settings import Settings
from tests.conftest import connect_client, fetch_value, run_application
from tests.roles import create_role, url_of_role

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

    @pytest.mark.parametrize(
        ("change", "detail"),
        [
            ("REVOKE SELECT ON regions FROM {role}", "The service's role lacks: SELECT: public.regions. Run `rakornas"),
            ("REVOKE SELECT ON history.officials FROM {role}", "lacks: SELECT: history.officials"),
            ("REVOKE INSERT ON scans FROM {role}", "lacks: INSERT: public.scans"),
            ("REVOKE ALL ON audit_lines FROM {role}", "lacks: INSERT: public.audit_lines, SELECT: public.audit_lines"),
            ("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}", "lacks a privilege"),
            ("REVOKE USAGE ON SCHEMA public FROM PUBLIC, {role}", "lacks: USAGE: schema public"),
            ("REVOKE USAGE ON SCHEMA history FROM {role}", "lacks: USAGE: schema history"),
            (
                "REVOKE EXECUTE ON FUNCTION likeness(text, text) FROM PUBLIC, {role}",
                "lacks: EXECUTE: likeness(text,text)",
            ),
            ("ALTER ROLE {role} SET default_transaction_read_only = on", "The database is read-only"),
            ("ALTER ROLE {role} NOLOGIN", "refuses the service's role"),
            ("ALTER ROLE {role} CONNECTION LIMIT 0", "no free connection"),
            ("ALTER ROLE {role} SET session_replication_role = replica", "no trigger would run"),
            ("DROP VIEW history.officials CASCADE", "lacks: history.officials"),
            ("ALTER TABLE scans RENAME TO former_scans", "lacks: public.scans"),
            ("ALTER TABLE idempotency_keys ADD CHECK (false)", "answers with the error 23514"),
            ("DROP EXTENSION pg_trgm CASCADE", "lacks: extension pg_trgm"),
        ],
    )
    async def test_what_cannot_serve_is_503_with_its_cause(self, own_url: str, change: str, detail: str) -> None:
        async with create_role(own_url) as role:
            await asyncio.to_thread(operations.grant_privileges, own_url, role)
            async with run_application(Settings(DATABASE_URL=url_of_role(own_url, role))) as app:
                async with connect_client(app) as client:
                    assert (await client.get("/health/ready")).status_code == 200
                await fetch_value(own_url, change.format(role=role))
                async with connect_client(app) as client:
                    english = await client.get("/health/ready")
                    indonesian = await client.get("/health/ready", headers={"Accept-Language": "id"})
        assert (english.status_code, english.json()["code"]) == (503, "unavailable"), english.text
        assert detail in english.json()["detail"]
        assert indonesian.status_code == 503
        assert indonesian.json()["detail"] != english.json()["detail"]

    async def test_connections_shared_by_a_pooler_are_503(
        self, client: httpx.AsyncClient, loaded_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As behind a pooler in transaction mode, where two clients in turn use one connection to the server."""
        connection = await open_connection(Settings(DATABASE_URL=loaded_url))

        class SharedConnection:
            def __getattr__(self, name: str) -> Any:
                return getattr(connection, name)

            def terminate(self) -> None:
                """Leave the connection open, as the pooler does."""

        async def open_shared(*_: Any, **__: Any) -> SharedConnection:
            return SharedConnection()

        monkeypatch.setattr(repository, "open_connection", open_shared)
        response = await client.get("/health/ready")
        await connection.close()
        assert response.status_code == 503
        assert "Set pool_mode = session" in response.json()["detail"]

    @pytest.mark.parametrize(
        ("change", "detail"),
        [
            (lambda url: url.replace("/test_", "/no_such_"), "The database does not exist"),
            (lambda url: f"{url}&require_auth=none", "DATABASE_URL has the parameter require_auth"),
            (lambda url: "postgresql://u@127.0.0.1/x?sslrootcert=/nowhere", "names the file /nowhere (sslrootcert)"),
        ],
    )
    async def test_wrong_url_is_503_with_its_cause(
        self, loaded_url: str, change: Callable[[str], str], detail: str
    ) -> None:
        app = create_app(Settings(DATABASE_URL=change(loaded_url)))
        async with app.router.lifespan_context(app), connect_client(app) as client:
            response = await client.get("/health/ready")
            assert response.status_code == 503
            assert detail in response.json()["detail"]
            assert (await client.get("/v1/regions")).status_code == 503

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
