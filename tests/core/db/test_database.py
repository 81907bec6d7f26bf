"""What a reader does when a statement cannot be answered as it was written."""

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
from tests.conftest import fetch

CODES = Statement(select(models.Region.code).where(models.Region.type == bindparam("type")))


class TestStatement:
    def test_a_value_that_was_forgotten_is_no_null(self) -> None:
        with pytest.raises(KeyError, match="type"):
            CODES.bind_values({})

    def test_a_value_written_in_stands_where_none_is_given(self) -> None:
        statement = Statement(select(bindparam("body", None), bindparam("kind")))
        assert statement.bind_values({"kind": "x"}) == (None, "x")


class TestReader:
    async def test_a_url_that_asks_for_a_primary(self, loaded_url: str) -> None:
        database = Database(Settings(DATABASE_URL=f"{loaded_url}&target_session_attrs=read-write"))
        assert len(await database.reader().fetch_all(CODES, {"type": "province"})) == 38
        await database.close()

    async def test_nothing_can_be_written(self, loaded_url: str) -> None:
        database = Database(Settings(DATABASE_URL=loaded_url))
        assert await database.reader().fetch_one(Statement(text("SHOW default_transaction_read_only")), {}) == ("on",)
        await database.close()

    async def test_a_plan_from_before_a_migration_is_made_anew(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        for _ in range(3):
            assert (await own_client.get("/v1/regions/31")).status_code == 200
        await fetch(own_url, "ALTER TABLE regions ALTER COLUMN revision TYPE bigint")
        assert (await own_client.get("/v1/regions/31")).status_code == 200

    async def test_what_was_sought_stands_in_no_log(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch(own_url, "ALTER TABLE officials RENAME COLUMN folded TO bent")
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

    async def test_a_refused_statement_is_told_without_its_values(self, loaded_url: str) -> None:
        database = Database(Settings(DATABASE_URL=loaded_url))
        with pytest.raises(StatementError, match="InvalidTextRepresentationError 22P02 in: SELECT") as raised:
            await database.reader().fetch_all(
                Statement(select(text("CAST(CAST(:word AS text) AS int)"))), {"word": "secret"}
            )
        assert "secret" not in str(raised.value)
        await database.close()

    async def test_a_time_out_is_not_tried_again(self, loaded_url: str) -> None:
        database = Database(Settings(DATABASE_URL=loaded_url, command_timeout=0.1))
        ran: list[str] = []
        event.listen(
            database.read_engine.sync_engine, "before_cursor_execute", lambda *arguments: ran.append(arguments[2])
        )
        with pytest.raises(Unavailable):
            await database.reader().fetch_all(Statement(text("SELECT pg_sleep(1)")), {})
        assert ran == ["SELECT pg_sleep(1)"]
        await database.close()
