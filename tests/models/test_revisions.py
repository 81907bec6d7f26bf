"""What each transaction did to an object is one revision of it, with what the object was before and after."""

import json
from typing import Any

import asyncpg
import pytest

from app.models import Base
from tests.models.row_changes import FIRST_OF_EACH, change, key_of, same
from tests.models.valid_rows import FACT, GOOD, insert

RESOURCES = {table: table for table, _ in FIRST_OF_EACH if table != "region_codes"} | {
    "meeting_statements": "statements"
}
CHANGES = [each for each in FIRST_OF_EACH if each[0] in RESOURCES]
HIDDEN = {"revision", "updated_at", "parts", "folded", "open_status", "certain", "possible"}
PARTS: dict[str, dict[str, Any]] = {
    "regions": {"previous_codes": []},
    "sessions": {"speakers": []},
    "participants": {"sessions": []},
}
SIGNED = ("client", "made_by", "request_id", "reason", "legal_basis")
OF_THIS = "SELECT * FROM revisions WHERE commit = current_commit() ORDER BY id"


class Made:
    """A revision that this transaction has made."""

    def __init__(self, row: asyncpg.Record) -> None:
        self.object, self.number, self.action = (row["resource"], row["key"]), row["revision"], row["action"]
        self.before, self.after = (_members(row[name]) for name in ("before", "after"))
        self.short = (*self.object, self.number, self.action)
        self.signed = tuple(row[name] for name in SIGNED)

    @property
    def changed(self) -> set[str]:
        return {name for name in {*self.before, *self.after} if self.before.get(name) != self.after.get(name)}


def _members(kept: str | None) -> dict[str, Any]:
    """Without any where nothing is kept, which the constraints of the table tell from an empty row."""
    found: dict[str, Any] = json.loads(kept) if kept is not None else {}
    return found


async def made(db: asyncpg.Connection) -> list[Made]:
    """What is kept of all that the transaction has done so far."""
    await db.execute("SET CONSTRAINTS ALL IMMEDIATE")
    await db.execute("SET CONSTRAINTS ALL DEFERRED")
    return [Made(row) for row in await db.fetch(OF_THIS)]


async def made_of(db: asyncpg.Connection, resource: str, key: str) -> list[Made]:
    return [each for each in await made(db) if each.object == (resource, key)]


def good(table: str) -> tuple[str, str]:
    """The name of a good row in `revisions`."""
    return RESOURCES[table], "/".join(str(value) for value in key_of(table).values())


def content(table: str, **changed: Any) -> dict[str, Any]:
    """The good row's own members, as JSON."""
    columns = {column.name: None for column in Base.metadata.tables[table].c if column.name not in HIDDEN}
    defaults = {name: value for name, value in DEFAULTS.items() if name in columns}
    members = {**columns, **defaults, **FACT, **GOOD[table], **PARTS.get(table, {}), **changed}
    if table == "meetings":
        members["source"] = {
            "publisher": members.pop("source_publisher"),
            "title": members.pop("source_title"),
            "corrections": [],
        }
    found: dict[str, Any] = json.loads(json.dumps(members, default=str))
    return found


DEFAULTS: dict[str, Any] = {
    "other_names": [],
    "topics": [],
    "capacity": "delegate",
    "late": False,
    "status": "expected",
}


def test_each_table_with_an_address_has_revisions_here() -> None:
    facts = {name for name, table in Base.metadata.tables.items() if "verified" in table.c}
    assert set(RESOURCES) == facts - {"region_codes"}


@pytest.mark.parametrize("table", RESOURCES)
async def test_what_is_created(db: asyncpg.Connection, table: str) -> None:
    await insert(db, table)
    [created] = await made_of(db, *good(table))
    assert created.short == (*good(table), 1, "created")
    assert (created.before, created.after) == ({}, content(table))


@pytest.mark.parametrize(("table", "changed"), CHANGES)
async def test_what_is_updated(record: asyncpg.Connection, table: str, changed: str) -> None:
    await change(record, table, changed)
    [updated] = await made(record)
    assert updated.short == (*good(table), 2, "updated")
    assert updated.before == content(table)
    assert updated.changed == {changed.split(" = ", 1)[0]}


@pytest.mark.parametrize("table", RESOURCES)
async def test_what_is_deleted(record: asyncpg.Connection, table: str) -> None:
    await record.execute(f"DELETE FROM {table} WHERE {same(table)}", *key_of(table).values())
    [deleted] = await made(record)
    assert deleted.short == (*good(table), 2, "deleted")
    assert (deleted.before, deleted.after) == (content(table), {})


async def test_what_says_what_it_said_is_none(record: asyncpg.Connection) -> None:
    await change(record, "organizations", "name = 'N', revision = 9")
    assert await made(record) == []


class TestOneTransaction:
    async def test_what_is_created_and_changed_is_created(self, db: asyncpg.Connection) -> None:
        await insert(db, "organizations")
        await change(db, "organizations", "name = 'M'")
        [created] = await made_of(db, "organizations", "kpu-92")
        assert created.short[2:] == (1, "created")
        assert created.after == content("organizations", name="M")

    async def test_what_is_changed_twice_is_changed_once(self, record: asyncpg.Connection) -> None:
        await change(record, "organizations", "name = 'A'")
        await change(record, "organizations", "name = 'B', seats = 7")
        [updated] = await made(record)
        assert updated.short[2:] == (2, "updated")
        assert updated.before == content("organizations")
        assert updated.after == content("organizations", name="B", seats=7)

    async def test_what_is_changed_and_deleted_is_deleted(self, record: asyncpg.Connection) -> None:
        await change(record, "organizations", "name = 'A'")
        await record.execute("DELETE FROM organizations WHERE code = 'kpu-92'")
        [deleted] = await made(record)
        assert deleted.short[2:] == (2, "deleted")
        assert deleted.before == content("organizations")

    async def test_what_is_created_and_deleted_was_never_there(self, record: asyncpg.Connection) -> None:
        await insert(record, "organizations", code="fleeting")
        await record.execute("UPDATE organizations SET name = 'M' WHERE code = 'fleeting'")
        await record.execute("DELETE FROM organizations WHERE code = 'fleeting'")
        assert await made(record) == []
        await insert(record, "organizations", code="fleeting")
        assert [each.short[2:] for each in await made(record)] == [(1, "created")]

    async def test_what_is_deleted_and_made_anew_is_changed(self, record: asyncpg.Connection) -> None:
        await record.execute("DELETE FROM organizations WHERE code = 'kpu-92'")
        await insert(record, "organizations", name="M")
        [updated] = await made(record)
        assert updated.short[2:] == (2, "updated")
        assert updated.changed == {"name"}
        assert await record.fetchval("SELECT revision FROM organizations WHERE code = 'kpu-92'") == 2

    async def test_savepoints_are_no_transactions(self, record: asyncpg.Connection) -> None:
        for name in "ABC":
            savepoint = record.transaction()
            await savepoint.start()
            await change(record, "organizations", f"name = '{name}'")
            await made(record)
            await (savepoint.rollback if name == "C" else savepoint.commit)()
        [updated] = await made(record)
        assert updated.short[2:] == (2, "updated")
        assert updated.after == content("organizations", name="B")

    async def test_each_object_has_its_own(self, record: asyncpg.Connection) -> None:
        """Also those that follow from another's change, as a code that changes where it is referred to."""
        await record.execute("UPDATE regions SET capital = 'C' WHERE code = '92'")
        await change(record, "organizations", "region = '92'")
        await record.execute("UPDATE regions SET code = '93' WHERE code = '92'")
        assert sorted(each.short for each in await made(record)) == [
            ("organizations", "kpu-92", 2, "updated"),
            ("regions", "92", 2, "deleted"),
            ("regions", "93", 1, "created"),
        ]


class TestSignature:
    async def test_who_writes_signs(self, record: asyncpg.Connection) -> None:
        for name in SIGNED:
            await record.execute("SELECT set_config($1, $2, true)", f"rakornas.{name}", name.upper())
        await change(record, "organizations", "name = 'A'")
        assert [each.signed for each in await made(record)] == [tuple(name.upper() for name in SIGNED)]

    async def test_who_says_nothing_has_said_nothing(self, record: asyncpg.Connection) -> None:
        await record.execute("SELECT set_config('rakornas.reason', '', true)")
        await change(record, "organizations", "name = 'A'")
        assert [each.signed for each in await made(record)] == [(None,) * len(SIGNED)]
