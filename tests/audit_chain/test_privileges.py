"""The role that serves can add to the trail, and nobody undoes what stands there by mistake."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from app import operations
from app.audit_chain import sealer
from app.models import Base
from app.settings import Settings
from tests.audit_chain.trails import INSERT_LINE, add_lines, fetch_chain, recompute_chain, seal_all, verify
from tests.conftest import client_of, fetch, running

TRAIL = ("audit_lines", "audit_seals", "audit_roots")
CHANGES = ("UPDATE {} SET hash = ''", "UPDATE {} SET id = DEFAULT", "DELETE FROM {}", "TRUNCATE {} CASCADE")
FORGED = "INSERT INTO audit_lines ({}, operation, keys) OVERRIDING SYSTEM VALUE VALUES ({}, 'never', '{{}}')"


@pytest_asyncio.fixture
async def role(database_url: str) -> AsyncIterator[str]:
    """A role with an odd name that may log in, and no more yet."""
    name = f"serving {{{uuid.uuid4().hex}}}"
    await fetch(database_url, f'CREATE ROLE "{name}" LOGIN')
    yield name
    await fetch(database_url, f'DROP OWNED BY "{name}"')
    await fetch(database_url, f'DROP ROLE "{name}"')


@pytest_asyncio.fixture
async def serving_url(database_url: str, role: str) -> str:
    assert await asyncio.to_thread(operations.grant_privileges, database_url, role) is True
    return acting_as(database_url, role)


def acting_as(url: str, role: str) -> str:
    return url.replace("//rakornas@", f"//{role.replace(' ', '%20').replace('{', '%7B').replace('}', '%7D')}@")


@pytest_asyncio.fixture
async def serving(serving_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(serving_url)
    yield connection
    await connection.close()


async def test_it_adds_to_the_trail_and_seals_it(serving: asyncpg.Connection) -> None:
    await add_lines(serving, 5)
    await seal_all(serving, 5)
    ((hash_, now),) = await serving.fetch("SELECT hash, now() FROM audit_seals WHERE position = 5")
    await serving.execute(sealer.INSERT_ROOT, now, 5, hash_)
    assert await fetch_chain(serving) == await recompute_chain(serving)
    assert await verify(serving) == (5, 0, 1, 0, [])


@pytest.mark.parametrize("table", TRAIL)
async def test_it_changes_nothing_of_it(serving: asyncpg.Connection, table: str) -> None:
    hashed = table != "audit_lines"
    for change in (CHANGES[0] if hashed else CHANGES[1], *CHANGES[2:]):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied") as refused:
            await serving.execute(change.format(table))
        assert refused.value.sqlstate == "42501"


@pytest.mark.parametrize(("column", "value"), [("id", "7"), ("xid", "'7'"), ("at", "now()")])
async def test_it_chooses_no_number_and_no_time(serving: asyncpg.Connection, column: str, value: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await serving.execute(FORGED.format(column, value))


@pytest.mark.parametrize("table", [*TRAIL, "revisions", "regions", "history.clock", "history.regions_rows"])
async def test_it_empties_no_table(serving: asyncpg.Connection, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await serving.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO revisions (resource) VALUES ('regions')",
        "DELETE FROM revisions",
        "DELETE FROM history.regions_rows",
        "UPDATE history.clock SET stamp = now()",
        "UPDATE alembic_version SET version_num = '9'",
        "ALTER TABLE audit_lines DISABLE TRIGGER forbid_update",
        "SET session_replication_role = replica",
        "CREATE TABLE mine (id int)",
    ],
)
async def test_what_others_write_is_not_its_to_write(serving: asyncpg.Connection, sql: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await serving.execute(sql)


async def test_it_reads_every_table_and_writes_those_of_the_record(serving: asyncpg.Connection) -> None:
    for table in Base.metadata.tables:
        assert await serving.fetchval(f"SELECT count(*) FROM {table}") >= 0
    free = set(Base.metadata.tables) - {*TRAIL, "revisions"}
    for table in free:
        for right in ("INSERT", "UPDATE", "DELETE"):
            assert await serving.fetchval("SELECT has_table_privilege($1, $2)", table, right), (table, right)


async def test_its_writes_leave_revisions(serving: asyncpg.Connection) -> None:
    """Those come from triggers, with rights that the role has not."""
    await serving.execute(
        'INSERT INTO regions (code, name, type, verified, "primary", autonomous, time_zone)'
        " VALUES ('99', 'Baru', 'province', false, false, true, 'Asia/Jakarta')"
    )
    assert await serving.fetchval("SELECT count(*) FROM revisions WHERE key = '99'") == 1
    assert await serving.fetchval("SELECT count(*) FROM history.regions_rows WHERE code = '99'") == 1


@pytest.mark.parametrize("table", TRAIL)
async def test_its_owner_is_stopped_by_a_trigger(owner: asyncpg.Connection, table: str) -> None:
    await owner.execute(INSERT_LINE, None, None, "o", [], None, None)
    hashed = table != "audit_lines"
    for change in (CHANGES[0] if hashed else CHANGES[1], *CHANGES[2:]):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
            await owner.execute(change.format(table))


async def test_ready_says_which_it_is(database_url: str, serving_url: str, role: str) -> None:
    told = {}
    for url in (database_url, serving_url):
        async with running(Settings(DATABASE_URL=url)) as app, client_of(app) as client:
            answer = await client.get("/health/ready")
            told[url] = (answer.status_code, answer.json()["audit"])
    assert told == {database_url: (200, "writable"), serving_url: (200, "insert_only")}


@pytest.mark.parametrize(
    "change",
    [
        *(
            f"GRANT {right} ON audit_lines TO {{role}}"
            for right in ("UPDATE", "UPDATE (purpose)", "DELETE", "TRUNCATE")
        ),
        "GRANT DELETE ON audit_seals TO {role}",
        "GRANT UPDATE ON audit_roots TO {role}",
        "GRANT rakornas TO {role}",
    ],
)
async def test_ready_sees_each_right_too_many(database_url: str, serving_url: str, role: str, change: str) -> None:
    await fetch(database_url, change.format(role=f'"{role}"'))
    async with running(Settings(DATABASE_URL=serving_url)) as app, client_of(app) as client:
        assert (await client.get("/health/ready")).json()["audit"] == "writable"
    takes_back = "GRANT rakornas" not in change  # a grant takes back what it does not give
    assert await asyncio.to_thread(operations.grant_privileges, database_url, role) is takes_back


async def test_who_owns_the_trail_is_told_apart(database_url: str) -> None:
    assert await asyncio.to_thread(operations.grant_privileges, database_url, "rakornas") is False


async def test_a_role_that_is_not_there(database_url: str) -> None:
    with pytest.raises(operations.OperatorError, match="no role nobody_at_all"):
        await asyncio.to_thread(operations.grant_privileges, database_url, "nobody_at_all")


async def test_the_embedded_servers_role_is_made_once_and_given_what_is_new(database_url: str) -> None:
    url = await asyncio.to_thread(operations.switch_to_service_role, database_url)
    assert await fetch(url, "SELECT current_user::text") == operations.SERVICE_ROLE
    await fetch(database_url, "CREATE TABLE newer (id int)")
    assert await asyncio.to_thread(operations.switch_to_service_role, database_url) == url
    assert await fetch(url, "SELECT count(*) FROM newer") == 0
