"""Schema revisions are compared as numbers; a database that cannot be migrated is rejected with an explanation."""

import asyncio

import pytest

from app import models, operations
from app.models import schema
from tests.conftest import copy_template, fetch_value

NEXT_REVISION = f"{int(models.SCHEMA_REVISION) + 1:04}"


@pytest.mark.parametrize(
    ("revision", "state"),
    [
        (None, "empty"),
        ("0001", "retired"),
        ("0027", "retired"),
        ("27", "unknown"),
        ("28", "unknown"),
        ("0028, 0029", "unknown"),
        (models.SCHEMA_REVISION, "ready"),
        (NEXT_REVISION, "ready"),
        ("10000", "ready"),
        ("", "unknown"),
        ("3adcc9a56557", "unknown"),
        ("-28", "unknown"),
        ("²⁸", "unknown"),
    ],
)
def test_revision_is_compared(revision: str | None, state: schema.SchemaState) -> None:
    assert schema.compare_revision(revision) == state


def test_revisions_are_compared_as_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "SCHEMA_REVISION", "10000")
    assert schema.compare_revision("9999") == schema.compare_revision(schema.BASELINE_REVISION) == "older"
    assert schema.compare_revision("10000") == "ready"


@pytest.mark.parametrize(
    ("revision", "reason"),
    [
        ("0027", r"revision 0027, from before the first release: .*new data directory.*`rakornas load`"),
        ("3adcc9a56557", "revision '3adcc9a56557', which is not one of this service"),
    ],
)
async def test_retired_and_unknown_revisions_are_rejected(database_url: str, revision: str, reason: str) -> None:
    await fetch_value(database_url, "UPDATE alembic_version SET version_num = $1", revision)
    for refused in (operations.migrate, lambda url: operations.check_server(url, 1)):
        with pytest.raises(operations.OperatorError, match=reason):
            await asyncio.to_thread(refused, database_url)
    assert await fetch_value(database_url, "SELECT version_num FROM alembic_version") == revision


async def test_empty_database_is_rejected(server: str) -> None:
    async for url in copy_template(server, "template1"):
        with pytest.raises(operations.OperatorError, match="The database has no schema, this release needs"):
            await asyncio.to_thread(operations.check_server, url, 1)
        with pytest.raises(operations.OperatorError, match="The database has no schema: run `rakornas migrate` first"):
            await asyncio.to_thread(operations.grant_privileges, url, "anyone")


async def test_two_revisions_are_rejected(database_url: str) -> None:
    await fetch_value(database_url, "INSERT INTO alembic_version VALUES ('0027')")
    with pytest.raises(operations.OperatorError, match=f"revision '0027, {models.SCHEMA_REVISION}', which is not one"):
        await asyncio.to_thread(operations.migrate, database_url)


async def test_newer_revision_is_not_migrated(database_url: str) -> None:
    await fetch_value(database_url, "UPDATE alembic_version SET version_num = $1", NEXT_REVISION)
    assert await asyncio.to_thread(operations.migrate, database_url) == (NEXT_REVISION, NEXT_REVISION)
