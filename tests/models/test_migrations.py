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

# The models do not describe functions and triggers. Without the functions of extensions.
FUNCTIONS = """
    SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e') ORDER BY 1"""
TRIGGERS = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"


class TestMigrations:
    def test_schema_revision_is_the_newest_migration(self) -> None:
        scripts = ScriptDirectory.from_config(Config(operations.MIGRATIONS_DIR.parent / "alembic.ini"))
        assert scripts.get_heads() == [models.SCHEMA_REVISION]
        revisions = [script.revision for script in scripts.walk_revisions()]
        assert revisions == sorted(revisions, reverse=True)

    async def test_downgrade_to_base_and_upgrade_restore_the_schema(self, database_url: str) -> None:
        before, definitions = (
            await describe_schema(database_url, "public"),
            await fetch_functions_and_triggers(database_url),
        )
        assert len(definitions) > 20
        configuration = Config(operations.MIGRATIONS_DIR.parent / "alembic.ini")
        configuration.attributes["url"] = database_url
        await asyncio.to_thread(command.downgrade, configuration, "base")
        left = [row for rows in (await describe_schema(database_url, "public")).values() for row in rows]
        assert {row[0] for row in left} <= {"alembic_version"}
        assert await fetch_functions_and_triggers(database_url) == []
        await asyncio.to_thread(command.upgrade, configuration, "head")
        assert await describe_schema(database_url, "public") == before
        assert await fetch_functions_and_triggers(database_url) == definitions

    async def test_migrating_a_current_database_changes_nothing(self, database_url: str) -> None:
        before, after = await asyncio.to_thread(operations.migrate, database_url)
        assert before == after == models.SCHEMA_REVISION

    async def test_models_match_the_migrated_schema(self, database_url: str) -> None:
        async def connect() -> asyncpg.Connection:
            return await asyncpg.connect(database_url, server_settings={"search_path": "twin, public"})

        engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.exec_driver_sql("CREATE SCHEMA twin")
            await connection.run_sync(lambda sync: models.Base.metadata.create_all(sync, checkfirst=False))
        await engine.dispose()
        migrated, modelled = await describe_schema(database_url, "public"), await describe_schema(database_url, "twin")
        migrated["columns"] = [row for row in migrated["columns"] if row[0] != "alembic_version"]
        for kind in migrated:
            assert [row for row in modelled[kind] if row not in migrated[kind]] == []
            assert modelled[kind] == migrated[kind]


async def describe_schema(url: str, schema: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return the columns, constraints and indexes of a schema, without its name."""
    path = "public" if schema == "public" else f"{schema}, public"
    connection = await asyncpg.connect(url, server_settings={"search_path": path})
    try:
        queries = {"columns": COLUMNS, "constraints": CONSTRAINTS, "indexes": INDEXES}
        return {name: [tuple(row) for row in await connection.fetch(sql, schema)] for name, sql in queries.items()}
    finally:
        await connection.close()


async def fetch_functions_and_triggers(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for sql in (FUNCTIONS, TRIGGERS) for row in await connection.fetch(sql)]
    finally:
        await connection.close()
