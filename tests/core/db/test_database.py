"""Readers: read-only connections, retries, and errors without personal data."""

import io

import httpx
import pytest
import structlog
from sqlalchemy import bindparam, event, select, text

from app import models
from app.core.db.database import Database
from app.core.db.faults import StatementError
from app.core.db.statements import Statement
from app.core.problems import Unavailable
from app.settings import Settings
from tests.conftest import fetch_value

SELECT_CODES = Statement(select(models.Region.code).where(models.Region.type == bindparam("type")))


class TestStatement:
    def test_a_value_that_was_forgotten_is_no_null(self) -> None:
        with pytest.raises(KeyError, match="type"):
            SELECT_CODES.bind_values({})

    def test_a_value_written_in_stands_where_none_is_given(self) -> None:
        statement = Statement(select(bindparam("body", None), bindparam("kind")))
        assert statement.bind_values({"kind": "x"}) == (None, "x")


class TestReader:
    async def test_url_that_requires_a_primary_can_be_read(self, loaded_url: str) -> None:
        database = Database(Settings(DATABASE_URL=f"{loaded_url}&target_session_attrs=read-write"))
        assert len(await database.reader().fetch_all(SELECT_CODES, {"type": "province"})) == 38
        await database.close()

    async def test_connection_is_read_only(self, loaded_url: str) -> None:
        database = Database(Settings(DATABASE_URL=loaded_url))
        assert await database.reader().fetch_one(Statement(text("SHOW default_transaction_read_only")), {}) == ("on",)
        await database.close()

    async def test_stale_plan_is_retried_after_a_migration(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        for _ in range(3):
            assert (await own_client.get("/v1/regions/31")).status_code == 200
        await fetch_value(own_url, "ALTER TABLE regions ALTER COLUMN revision TYPE bigint")
        assert (await own_client.get("/v1/regions/31")).status_code == 200

    async def test_search_words_are_not_logged_on_an_error(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch_value(own_url, "ALTER TABLE officials RENAME COLUMN folded TO bent")
        printed = io.StringIO()
        structlog.configure(
            processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
            logger_factory=structlog.PrintLoggerFactory(printed),
        )
        try:
            answer = await own_client.get("/v1/officials", params={"q": "Rahasia Pribadi"})
        finally:
            structlog.reset_defaults()
        assert answer.status_code == 500
        assert "UndefinedColumnError 42703" in printed.getvalue()
        assert "Rahasia" not in printed.getvalue() + answer.text

    async def test_statement_error_omits_the_values(self, loaded_url: str) -> None:
        database = Database(Settings(DATABASE_URL=loaded_url))
        with pytest.raises(StatementError, match="InvalidTextRepresentationError 22P02 in: SELECT") as raised:
            await database.reader().fetch_all(
                Statement(select(text("CAST(CAST(:word AS text) AS int)"))), {"word": "secret"}
            )
        assert "secret" not in str(raised.value)
        await database.close()

    async def test_time_out_is_not_retried(self, loaded_url: str) -> None:
        database = Database(Settings(DATABASE_URL=loaded_url, command_timeout=0.1))
        ran: list[str] = []
        event.listen(
            database.read_engine.sync_engine, "before_cursor_execute", lambda *arguments: ran.append(arguments[2])
        )
        with pytest.raises(Unavailable):
            await database.reader().fetch_all(Statement(text("SELECT pg_sleep(1)")), {})
        assert ran == ["SELECT pg_sleep(1)"]
        await database.close()
