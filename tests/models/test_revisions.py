"""Each transaction that changes an object writes one revision, with the content before and after."""

import json
from typing import Any

import asyncpg
import pytest

from app.models import Base
from tests.models.row_changes import FIRST_CHANGES, change_row, key_condition, primary_key_of
from tests.models.valid_rows import UNVERIFIED, VALID_ROWS, insert_row

RESOURCES = {table: table for table, _ in FIRST_CHANGES if table != "region_codes"} | {
    "meeting_statements": "statements"
}
REVISED_CHANGES = [revision for revision in FIRST_CHANGES if revision[0] in RESOURCES]
LEFT_OUT_COLUMNS = {"revision", "updated_at", "parts", "folded", "open_status", "certain", "possible"}
EMPTY_PARTS: dict[str, dict[str, Any]] = {
    "regions": {"previous_codes": []},
    "sessions": {"speakers": []},
    "participants": {"sessions": []},
}
SIGNATURE = ("client", "made_by", "request_id", "reason", "legal_basis")
SELECT_OWN_REVISIONS = "SELECT * FROM revisions WHERE commit = current_commit() ORDER BY id"


class OwnRevision:
    """A revision that the current transaction has written."""

    def __init__(self, row: asyncpg.Record) -> None:
        self.object, self.number, self.action = (row["resource"], row["key"]), row["revision"], row["action"]
        self.before, self.after = (_parse_members(row[name]) for name in ("before", "after"))
        self.summary = (*self.object, self.number, self.action)
        self.signature = tuple(row[name] for name in SIGNATURE)

    @property
    def changed_members(self) -> set[str]:
        return {name for name in {*self.before, *self.after} if self.before.get(name) != self.after.get(name)}


def _parse_members(content: str | None) -> dict[str, Any]:
    """Return the members of a stored content; none for null."""
    members: dict[str, Any] = json.loads(content) if content is not None else {}
    return members


async def fetch_own_revisions(db: asyncpg.Connection) -> list[OwnRevision]:
    """Return the revisions that the current transaction has written so far."""
    await db.execute("SET CONSTRAINTS ALL IMMEDIATE")
    await db.execute("SET CONSTRAINTS ALL DEFERRED")
    return [OwnRevision(row) for row in await db.fetch(SELECT_OWN_REVISIONS)]


async def fetch_own_revisions_of(db: asyncpg.Connection, resource: str, key: str) -> list[OwnRevision]:
    return [revision for revision in await fetch_own_revisions(db) if revision.object == (resource, key)]


def revision_key_of(table: str) -> tuple[str, str]:
    """Return resource and key of a table's valid row in `revisions`."""
    return RESOURCES[table], "/".join(str(value) for value in primary_key_of(table).values())


def expected_content(table: str, **changed: Any) -> dict[str, Any]:
    """Return the expected content of a table's valid row."""
    columns = {column.name: None for column in Base.metadata.tables[table].c if column.name not in LEFT_OUT_COLUMNS}
    defaults = {name: value for name, value in COLUMN_DEFAULTS.items() if name in columns}
    members = {**columns, **defaults, **UNVERIFIED, **VALID_ROWS[table], **EMPTY_PARTS.get(table, {}), **changed}
    if table == "meetings":
        members["source"] = {
            "publisher": members.pop("source_publisher"),
            "title": members.pop("source_title"),
            "corrections": [],
        }
    content: dict[str, Any] = json.loads(json.dumps(members, default=str))
    return content


COLUMN_DEFAULTS: dict[str, Any] = {
    "other_names": [],
    "topics": [],
    "capacity": "delegate",
    "late": False,
    "status": "expected",
    "day_statuses": {},
    "check_in_margin_minutes": 180,
}


def test_every_table_with_urls_is_tested() -> None:
    facts = {name for name, table in Base.metadata.tables.items() if "verified" in table.c}
    assert set(RESOURCES) == facts - {"region_codes"}


@pytest.mark.parametrize("table", RESOURCES)
async def test_insert_is_a_created_revision(db: asyncpg.Connection, table: str) -> None:
    await insert_row(db, table)
    [created] = await fetch_own_revisions_of(db, *revision_key_of(table))
    assert created.summary == (*revision_key_of(table), 1, "created")
    assert (created.before, created.after) == ({}, expected_content(table))


@pytest.mark.parametrize(("table", "changed"), REVISED_CHANGES)
async def test_update_is_an_updated_revision(filled_db: asyncpg.Connection, table: str, changed: str) -> None:
    await change_row(filled_db, table, changed)
    [updated] = await fetch_own_revisions(filled_db)
    assert updated.summary == (*revision_key_of(table), 2, "updated")
    assert updated.before == expected_content(table)
    assert updated.changed_members == {changed.split(" = ", 1)[0]}


@pytest.mark.parametrize("table", RESOURCES)
async def test_delete_is_a_deleted_revision(filled_db: asyncpg.Connection, table: str) -> None:
    await filled_db.execute(f"DELETE FROM {table} WHERE {key_condition(table)}", *primary_key_of(table).values())
    [deleted] = await fetch_own_revisions(filled_db)
    assert deleted.summary == (*revision_key_of(table), 2, "deleted")
    assert (deleted.before, deleted.after) == (expected_content(table), {})


async def test_update_without_a_change_is_no_revision(filled_db: asyncpg.Connection) -> None:
    await change_row(filled_db, "organizations", "name = 'N', revision = 9")
    assert await fetch_own_revisions(filled_db) == []


class TestOneTransaction:
    async def test_insert_and_update_are_one_creation(self, db: asyncpg.Connection) -> None:
        await insert_row(db, "organizations")
        await change_row(db, "organizations", "name = 'M'")
        [created] = await fetch_own_revisions_of(db, "organizations", "kpu-92")
        assert created.summary[2:] == (1, "created")
        assert created.after == expected_content("organizations", name="M")

    async def test_two_updates_are_one_update(self, filled_db: asyncpg.Connection) -> None:
        await change_row(filled_db, "organizations", "name = 'A'")
        await change_row(filled_db, "organizations", "name = 'B', seats = 7")
        [updated] = await fetch_own_revisions(filled_db)
        assert updated.summary[2:] == (2, "updated")
        assert updated.before == expected_content("organizations")
        assert updated.after == expected_content("organizations", name="B", seats=7)

    async def test_update_and_delete_are_one_deletion(self, filled_db: asyncpg.Connection) -> None:
        await change_row(filled_db, "organizations", "name = 'A'")
        await filled_db.execute("DELETE FROM organizations WHERE code = 'kpu-92'")
        [deleted] = await fetch_own_revisions(filled_db)
        assert deleted.summary[2:] == (2, "deleted")
        assert deleted.before == expected_content("organizations")

    async def test_insert_and_delete_are_no_revision(self, filled_db: asyncpg.Connection) -> None:
        await insert_row(filled_db, "organizations", code="fleeting")
        await filled_db.execute("UPDATE organizations SET name = 'M' WHERE code = 'fleeting'")
        await filled_db.execute("DELETE FROM organizations WHERE code = 'fleeting'")
        assert await fetch_own_revisions(filled_db) == []
        await insert_row(filled_db, "organizations", code="fleeting")
        assert [revision.summary[2:] for revision in await fetch_own_revisions(filled_db)] == [(1, "created")]

    async def test_delete_and_insert_are_one_update(self, filled_db: asyncpg.Connection) -> None:
        await filled_db.execute("DELETE FROM organizations WHERE code = 'kpu-92'")
        await insert_row(filled_db, "organizations", name="M")
        [updated] = await fetch_own_revisions(filled_db)
        assert updated.summary[2:] == (2, "updated")
        assert updated.changed_members == {"name"}
        assert await filled_db.fetchval("SELECT revision FROM organizations WHERE code = 'kpu-92'") == 2

    async def test_savepoints_belong_to_one_revision(self, filled_db: asyncpg.Connection) -> None:
        for name in "ABC":
            savepoint = filled_db.transaction()
            await savepoint.start()
            await change_row(filled_db, "organizations", f"name = '{name}'")
            await fetch_own_revisions(filled_db)
            await (savepoint.rollback if name == "C" else savepoint.commit)()
        [updated] = await fetch_own_revisions(filled_db)
        assert updated.summary[2:] == (2, "updated")
        assert updated.after == expected_content("organizations", name="B")

    async def test_every_changed_object_has_its_own_revision(self, filled_db: asyncpg.Connection) -> None:
        """Including objects that change because another one did, such as references to a changed code."""
        await filled_db.execute("UPDATE regions SET capital = 'C' WHERE code = '92'")
        await change_row(filled_db, "organizations", "region = '92'")
        await filled_db.execute("UPDATE regions SET code = '93' WHERE code = '92'")
        assert sorted(revision.summary for revision in await fetch_own_revisions(filled_db)) == [
            ("organizations", "kpu-92", 2, "updated"),
            ("regions", "92", 2, "deleted"),
            ("regions", "93", 1, "created"),
        ]


class TestSignature:
    async def test_revision_stores_author_and_reason(self, filled_db: asyncpg.Connection) -> None:
        for name in SIGNATURE:
            await filled_db.execute("SELECT set_config($1, $2, true)", f"rakornas.{name}", name.upper())
        await change_row(filled_db, "organizations", "name = 'A'")
        assert [revision.signature for revision in await fetch_own_revisions(filled_db)] == [
            tuple(name.upper() for name in SIGNATURE)
        ]

    async def test_missing_and_empty_settings_are_null(self, filled_db: asyncpg.Connection) -> None:
        await filled_db.execute("SELECT set_config('rakornas.reason', '', true)")
        await change_row(filled_db, "organizations", "name = 'A'")
        assert [revision.signature for revision in await fetch_own_revisions(filled_db)] == [(None,) * len(SIGNATURE)]
