import asyncio
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app import models, operations

COLUMNS = """
    SELECT table_name, column_name, ordinal_position, data_type, udt_name, is_nullable, column_default, is_generated,
        generation_expression
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = $1 AND table_type = 'BASE TABLE' ORDER BY table_name, ordinal_position"""
CONSTRAINTS = """
    SELECT relname, conname, pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid
    WHERE c.connamespace = $1::regnamespace AND relname <> 'alembic_version' AND contype <> 't'
    ORDER BY relname, conname"""
INDEXES = """
    SELECT tablename, indexname, replace(indexdef, $1 || '.', '') FROM pg_indexes
    WHERE schemaname = $1 AND tablename <> 'alembic_version' ORDER BY tablename, indexname"""

# What no model describes: functions that are no extension's, and what sets them off.
FUNCTIONS = """
    SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e') ORDER BY 1"""
TRIGGERS = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"


class TestMigrations:
    def test_the_service_asks_for_the_newest(self) -> None:
        scripts = ScriptDirectory.from_config(Config(operations.MIGRATIONS_DIR.parent / "alembic.ini"))
        assert scripts.get_heads() == [models.SCHEMA_REVISION]
        revisions = [script.revision for script in scripts.walk_revisions()]
        assert revisions == sorted(revisions, reverse=True)

    async def test_down_to_nothing_and_up_again(self, database_url: str) -> None:
        before, moving = await described(database_url, "public"), await moving_parts(database_url)
        assert len(moving) > 20
        configuration = Config(operations.MIGRATIONS_DIR.parent / "alembic.ini")
        configuration.attributes["url"] = database_url
        await asyncio.to_thread(command.downgrade, configuration, "base")
        left = [row for rows in (await described(database_url, "public")).values() for row in rows]
        assert {row[0] for row in left} <= {"alembic_version"}
        assert await moving_parts(database_url) == []
        await asyncio.to_thread(command.upgrade, configuration, "head")
        assert await described(database_url, "public") == before
        assert await moving_parts(database_url) == moving

    async def test_migrating_again_changes_nothing(self, database_url: str) -> None:
        before, after = await asyncio.to_thread(operations.migrate, database_url)
        assert before == after == models.SCHEMA_REVISION

    async def test_the_models_describe_what_the_migrations_build(self, database_url: str) -> None:
        async def connect() -> asyncpg.Connection:
            return await asyncpg.connect(database_url, server_settings={"search_path": "twin, public"})

        engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.exec_driver_sql("CREATE SCHEMA twin")
            await connection.run_sync(lambda sync: models.Base.metadata.create_all(sync, checkfirst=False))
        await engine.dispose()
        migrated, modelled = await described(database_url, "public"), await described(database_url, "twin")
        migrated["columns"] = [row for row in migrated["columns"] if row[0] != "alembic_version"]
        for what in migrated:
            assert [row for row in modelled[what] if row not in migrated[what]] == []
            assert modelled[what] == migrated[what]


async def described(url: str, schema: str) -> dict[str, list[tuple[Any, ...]]]:
    """The columns, constraints and indexes of a schema, in words that do not name it."""
    path = "public" if schema == "public" else f"{schema}, public"
    connection = await asyncpg.connect(url, server_settings={"search_path": path})
    try:
        queries = {"columns": COLUMNS, "constraints": CONSTRAINTS, "indexes": INDEXES}
        return {name: [tuple(row) for row in await connection.fetch(sql, schema)] for name, sql in queries.items()}
    finally:
        await connection.close()


async def moving_parts(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for sql in (FUNCTIONS, TRIGGERS) for row in await connection.fetch(sql)]
    finally:
        await connection.close()
