"""Every connection has the service's settings, whatever a role, a database or a pooler does; else it is refused."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app import operations
from app.core.db.database import Reader
from app.core.db.faults import StatementError, UnsuitableDatabase, is_transient
from app.core.db.pools import open_connection
from app.core.db.sessions import REQUEST_SETTINGS, SESSION_SETTINGS, Connector
from app.core.db.statements import Statement
from app.core.problems import Unavailable
from app.settings import Settings
from app.state import state_of
from tests.conftest import connect_client, fetch_value, run_application
from tests.roles import create_database, create_role, url_of_role

STRANGE_SETTINGS = {
    "search_path": "pg_catalog, nowhere",
    "timezone": "'Asia/Jayapura'",
    "DateStyle": "'SQL, DMY'",
    "IntervalStyle": "sql_standard",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "standard_conforming_strings": "off",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "gin_fuzzy_search_limit": "1",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "statement_timeout": "7",
    "lock_timeout": "7",
    "idle_in_transaction_session_timeout": "7",
    "idle_session_timeout": "1000",
    "jit": "on",
    '"pg_trgm.word_similarity_threshold"': "1",
    "row_security": "off",
    "client_encoding": "LATIN1",
}
PATHS = (
    "/v1/organizations/kpu/officials?as_of=2022-06-14",
    "/v1/officials?q=tarmidzi",
    "/v1/stages?page_size=20",
    "/v1/regions?sort=-name",
    "/v1/meetings",
    "/v1/organizations?known_at=2020-01-01T00:00:00Z",
)


async def fetch_answers(url: str) -> list[Any]:
    async with run_application(Settings(DATABASE_URL=url)) as app, connect_client(app) as client:
        answers = [await client.get(path) for path in PATHS]
        assert [answer.status_code for answer in answers] == [200] * len(PATHS), [answer.text for answer in answers]
        return [answer.content for answer in answers]


async def test_settings_of_a_role_do_not_change_answers(own_url: str) -> None:
    async with create_role(own_url, **STRANGE_SETTINGS) as role:
        await asyncio.to_thread(operations.grant_privileges, own_url, role)
        assert await fetch_answers(url_of_role(own_url, role)) == await fetch_answers(own_url)


async def test_settings_of_a_role_are_replaced(own_url: str) -> None:
    async with create_role(own_url, **STRANGE_SETTINGS) as role:
        connection = await open_connection(Settings(DATABASE_URL=url_of_role(own_url, role)))
        try:
            for name, value in {**SESSION_SETTINGS, **REQUEST_SETTINGS, "search_path": "public"}.items():
                assert await connection.fetchval("SELECT current_setting($1)", name) == value, name
        finally:
            await connection.close()


@pytest.mark.parametrize("name", ["search_path", "statement_timeout", "idle_in_transaction_session_timeout"])
async def test_lost_setting_is_an_error(loaded_url: str, name: str) -> None:
    class ForgetfulConnection(asyncpg.Connection):
        """As through a pooler whose next statement reaches another connection of the server."""

        async def execute(self, *arguments: Any, **options: Any) -> str:
            status: str = await super().execute(*arguments, **options)
            await super().execute(f"RESET {name}")
            return status

    with pytest.raises(UnsuitableDatabase, match=f"The setting {name} did not take: .* pooler in session mode"):
        await Connector(loaded_url, settings={"statement_timeout": "3s"}).connect(connection_class=ForgetfulConnection)


async def test_settings_take_precedence_over_those_of_the_url(loaded_url: str) -> None:
    url = f"{loaded_url}&options=-csearch_path%3Dnowhere%20-cDateStyle%3DSQL"
    connection = await open_connection(Settings(DATABASE_URL=url))
    try:
        row = await connection.fetchrow("SELECT current_setting('search_path'), current_setting('DateStyle')")
    finally:
        await connection.close()
    assert tuple(row or ()) == ("public", "ISO, MDY")


async def test_role_without_triggers_is_refused(own_url: str) -> None:
    async with create_role(own_url, session_replication_role="replica") as role:
        with pytest.raises(UnsuitableDatabase, match="no trigger would run"):
            await Connector(url_of_role(own_url, role)).connect()


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
async def test_other_encoding_is_refused(server: str, encoding: str) -> None:
    async with create_database(server, f"ENCODING '{encoding}' LOCALE 'C' LOCALE_PROVIDER libc") as url:
        for refused in (operations.migrate, lambda url: operations.check_server(url, 1)):
            with pytest.raises(operations.OperatorError, match=f"encoding of the database is {encoding}, .* UTF8"):
                await asyncio.to_thread(refused, url)


async def test_connections_of_a_role_are_counted(own_url: str) -> None:
    async with create_role(own_url, "LOGIN CONNECTION LIMIT 20") as role:
        await asyncio.to_thread(operations.grant_privileges, own_url, role)
        with pytest.raises(operations.OperatorError, match=f"the CONNECTION LIMIT of the role {role} allows 20"):
            await asyncio.to_thread(operations.check_server, url_of_role(own_url, role), 1)


async def test_known_at_does_not_depend_on_what_a_connection_has_set(
    own_app: FastAPI, own_client: httpx.AsyncClient
) -> None:
    """`known_at` must never answer with the present, also where a pooler has reset or exchanged the connection."""
    engine = state_of(own_app).database.history_engine
    for reset in ("SET search_path = public", "DISCARD TEMP", "RESET ALL"):
        async with engine.connect() as connection:
            await connection.exec_driver_sql(reset)
        response = await own_client.get("/v1/organizations?known_at=2020-01-01T00:00:00Z")
        assert (response.status_code, response.json()["items"]) == (200, [])


@pytest.mark.parametrize("statement", ["SELECT 1", "SELECT 1 / 0", "SELECT pg_sleep(9)"])
async def test_reading_the_past_leaves_nothing_on_its_connection(own_app: FastAPI, statement: str) -> None:
    """So that no other client of a pooler reads the past instead of the present."""
    database = state_of(own_app).database
    instant = datetime(2020, 1, 1, tzinfo=UTC)
    reader = Reader(database, instant, time.monotonic() + 1)
    with contextlib.suppress(StatementError, Unavailable):
        await reader.fetch_all(Statement(text(statement)), {})
    async with database.history_engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        assert not raw.is_in_transaction()
        assert await raw.fetchval("SELECT current_setting('search_path')") == "public"
        assert not await raw.fetchval("SELECT current_setting('rakornas.known_at', true)")


@pytest.mark.parametrize("error", [asyncpg.InvalidSQLStatementNameError(), asyncpg.DuplicatePreparedStatementError()])
def test_statement_that_a_pooler_has_lost_is_transient(error: asyncpg.PostgresError) -> None:
    assert is_transient(error)


class TestMigrations:
    """Migrations work with any search_path, or refuse before their first step."""

    async def test_strange_search_path(self, server: str) -> None:
        """Also with a schema named as the role, which `"$user"` in the default search_path puts first."""
        async with create_database(
            server,
            "",
            "CREATE SCHEMA rakornas",
            "CREATE SCHEMA extensions",
            "CREATE EXTENSION pg_trgm SCHEMA extensions",
            "CREATE EXTENSION unaccent SCHEMA extensions",
            "CREATE EXTENSION btree_gist SCHEMA extensions",
            'ALTER DATABASE {database} SET search_path = rakornas, "$user", nowhere',
        ) as url:
            await asyncio.to_thread(operations.migrate, url)
            schemas = (
                "SELECT string_agg(DISTINCT relnamespace::regnamespace::text, ' ') FROM pg_class WHERE relname = $1"
            )
            assert await fetch_value(url, schemas, "alembic_version") == "public"
            assert await fetch_value(url, schemas, "officials") == "history public"
            assert (
                await fetch_value(url, "SELECT count(*) FROM pg_class WHERE relnamespace = 'rakornas'::regnamespace")
                == 0
            )
            async with create_role(url) as role:
                await asyncio.to_thread(operations.grant_privileges, url, role)
                settings = Settings(DATABASE_URL=url_of_role(url, role))
                async with run_application(settings) as app, connect_client(app) as client:
                    assert (await client.get("/health/ready")).json()["status"] == "ready"
                    for search in ("/v1/officials?q=tarmidzi", "/v1/stages?known_at=2020-01-01T00:00:00Z"):
                        assert (await client.get(search)).json()["items"] == []

    @pytest.mark.parametrize(
        ("statements", "reason"),
        [
            (("DROP SCHEMA public",), "no schema public, .* CREATE SCHEMA public"),
            (("ALTER DATABASE {database} SET default_transaction_read_only = on",), "The database is read-only"),
            (
                (
                    "CREATE SCHEMA strange",
                    "CREATE TABLE strange.alembic_version ()",
                    "CREATE TABLE strange.officials ()",
                ),
                "The tables of the service are in the schema strange instead of public",
            ),
        ],
    )
    async def test_unsuitable_database_is_refused_before_the_first_step(
        self, server: str, statements: tuple[str, ...], reason: str
    ) -> None:
        async with create_database(server, "", *statements) as url:
            with pytest.raises(operations.OperatorError, match=reason):
                await asyncio.to_thread(operations.migrate, url)
            assert await fetch_value(url, "SELECT to_regclass('public.alembic_version')") is None

    @pytest.mark.parametrize(
        ("grant", "reason"),
        [
            ("CREATE ON DATABASE {database}", "may not create tables: GRANT CREATE ON SCHEMA public"),
            ("CREATE ON SCHEMA public", "may not create schemas: GRANT CREATE ON DATABASE"),
        ],
    )
    async def test_role_without_privileges_is_refused_before_the_first_step(
        self, server: str, grant: str, reason: str
    ) -> None:
        async with create_database(server) as url, create_role(url) as role:
            name = url.partition("?")[0].rpartition("/")[2]
            await fetch_value(url, f"GRANT {grant.replace('{database}', name)} TO {role}")
            with pytest.raises(operations.OperatorError, match=reason):
                await asyncio.to_thread(operations.migrate, url_of_role(url, role))
            assert await fetch_value(url, "SELECT to_regclass('public.alembic_version')") is None

    async def test_role_that_does_not_own_the_tables_is_refused(
        self, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.models.schema.SCHEMA_REVISION", "9999")
        async with create_role(database_url) as role:
            await asyncio.to_thread(operations.grant_privileges, database_url, "rakornas")
            await fetch_value(database_url, f"GRANT SELECT ON alembic_version TO {role}")
            with pytest.raises(operations.OperatorError, match="The tables belong to the role rakornas"):
                await asyncio.to_thread(operations.migrate, url_of_role(database_url, role))
