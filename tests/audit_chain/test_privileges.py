"""The service role can only add to the audit trail, and a trigger stops the owner from changing it."""

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
from tests.conftest import connect_client, fetch_value, run_application

TRAIL_TABLES = ("audit_lines", "audit_seals", "audit_roots")
CHANGES = ("UPDATE {} SET hash = ''", "UPDATE {} SET id = DEFAULT", "DELETE FROM {}", "TRUNCATE {} CASCADE")
FORGED = "INSERT INTO audit_lines ({}, operation, keys) OVERRIDING SYSTEM VALUE VALUES ({}, 'never', '{{}}')"


@pytest_asyncio.fixture
async def role(database_url: str) -> AsyncIterator[str]:
    """A role with an unusual name that may log in and has no privileges yet."""
    name = f"service {{{uuid.uuid4().hex}}}"
    await fetch_value(database_url, f'CREATE ROLE "{name}" LOGIN')
    yield name
    await fetch_value(database_url, f'DROP OWNED BY "{name}"')
    await fetch_value(database_url, f'DROP ROLE "{name}"')


@pytest_asyncio.fixture
async def service_url(database_url: str, role: str) -> str:
    assert await asyncio.to_thread(operations.grant_privileges, database_url, role) is True
    return url_of_role(database_url, role)


def url_of_role(url: str, role: str) -> str:
    return url.replace("//rakornas@", f"//{role.replace(' ', '%20').replace('{', '%7B').replace('}', '%7D')}@")


@pytest_asyncio.fixture
async def service_connection(service_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(service_url)
    yield connection
    await connection.close()


async def test_service_role_adds_and_seals_lines(service_connection: asyncpg.Connection) -> None:
    await add_lines(service_connection, 5)
    await seal_all(service_connection, 5)
    assert await fetch_chain(service_connection) == await recompute_chain(service_connection)
    assert await verify(service_connection) == (5, 0, 0, 0, [])


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO audit_seals (position, line, hash) SELECT 4, 4, hash FROM audit_seals WHERE position = 3",
        "INSERT INTO audit_seals (position, line, hash) VALUES (9, 4, sha256('x'))",
        "INSERT INTO audit_seals (position, line, hash)"
        " SELECT 4, l.id, hash_audit_line(s.hash, l) FROM audit_lines AS l, audit_seals AS s"
        " WHERE l.id = 4 AND s.position = 3",
        "INSERT INTO audit_roots (hour, position, hash) VALUES (now(), 3, sha256('x'))",
        "INSERT INTO audit_roots (hour, position, hash) SELECT now(), 3, hash FROM audit_seals WHERE position = 3",
        "COPY audit_roots FROM STDIN",
    ],
)
async def test_service_role_cannot_invent_seals_and_roots(service_connection: asyncpg.Connection, sql: str) -> None:
    """Nor the ones that the sealer would write next."""
    await add_lines(service_connection, 3)
    await seal_all(service_connection, 3)
    await add_lines(service_connection, 1)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await service_connection.execute(sql)


async def test_service_role_cannot_seal_from_a_snapshot_before_the_lock(service_connection: asyncpg.Connection) -> None:
    await add_lines(service_connection, 3)
    with pytest.raises(asyncpg.PostgresError, match="read committed"):
        async with service_connection.transaction(isolation="repeatable_read"):
            await service_connection.fetchval(sealer.SEAL_LINES, 1000, True)


async def test_own_objects_and_settings_of_the_role_do_not_change_hashes(
    service_connection: asyncpg.Connection,
) -> None:
    """Temporary tables and functions that have the names of ours, and the settings of the session."""
    await add_lines(service_connection, 4)
    await service_connection.execute("CREATE TEMPORARY TABLE audit_lines (LIKE public.audit_lines)")
    await service_connection.execute(
        "CREATE FUNCTION pg_temp.hash_audit_line(bytea, public.audit_lines) RETURNS bytea LANGUAGE sql"
        " AS $$ SELECT sha256('x') $$"
    )
    await service_connection.execute("SET search_path = pg_temp, public; SET timezone = 'Asia/Jayapura'")
    await service_connection.execute("SET bytea_output = 'escape'; SET datestyle = 'German'")
    await seal_all(service_connection, 4)
    await service_connection.execute("RESET ALL; DROP TABLE pg_temp.audit_lines")
    assert await fetch_chain(service_connection) == await recompute_chain(service_connection)


@pytest.mark.parametrize("table", TRAIL_TABLES)
async def test_service_role_cannot_change_the_trail(service_connection: asyncpg.Connection, table: str) -> None:
    has_hash = table != "audit_lines"
    for change in (CHANGES[0] if has_hash else CHANGES[1], *CHANGES[2:]):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied") as error:
            await service_connection.execute(change.format(table))
        assert error.value.sqlstate == "42501"


@pytest.mark.parametrize(("column", "value"), [("id", "7"), ("xid", "'7'"), ("at", "now()")])
async def test_service_role_cannot_set_id_xid_or_time(
    service_connection: asyncpg.Connection, column: str, value: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service_connection.execute(FORGED.format(column, value))


@pytest.mark.parametrize("table", [*TRAIL_TABLES, "revisions", "regions", "history.clock", "history.regions_rows"])
async def test_service_role_cannot_truncate(service_connection: asyncpg.Connection, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service_connection.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO revisions (resource) VALUES ('regions')",
        "DELETE FROM revisions",
        "DELETE FROM client_controllers",
        "DELETE FROM audit_texts",
        "UPDATE audit_texts SET text = ''",
        "UPDATE roll_secrets SET secret = DEFAULT",
        "INSERT INTO client_controllers (client, controller) VALUES (gen_random_uuid(), 'a')",
        "DELETE FROM history.regions_rows",
        "DELETE FROM closed_rolls",
        "UPDATE closed_roll_lines SET late = true",
        "INSERT INTO closed.participants DEFAULT VALUES",
        "DELETE FROM closed.entries_and_exits",
        "UPDATE history.clock SET stamp = now()",
        "UPDATE alembic_version SET version_num = '9'",
        "ALTER TABLE audit_lines DISABLE TRIGGER forbid_update",
        "SET session_replication_role = replica",
        "CREATE TABLE mine (id int)",
    ],
)
async def test_service_role_cannot_write_other_tables(service_connection: asyncpg.Connection, sql: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service_connection.execute(sql)


async def test_service_role_reads_all_tables_and_writes_the_record(service_connection: asyncpg.Connection) -> None:
    for table in Base.metadata.tables:
        assert await service_connection.fetchval(f"SELECT count(*) FROM {table}") >= 0
    read_only_tables = {*TRAIL_TABLES, "audit_texts", "revisions", "client_controllers", "roll_secrets"}
    read_only_tables |= {"closed_rolls", "closed_roll_lines"}
    writable_tables = set(Base.metadata.tables) - read_only_tables
    for table in writable_tables:
        for privilege in ("INSERT", "UPDATE", "DELETE"):
            assert await service_connection.fetchval("SELECT has_table_privilege($1, $2)", table, privilege), (
                table,
                privilege,
            )


async def test_writes_of_the_service_role_add_revisions(service_connection: asyncpg.Connection) -> None:
    """Triggers add them, with privileges that the role does not have."""
    await service_connection.execute(
        'INSERT INTO regions (code, name, type, verified, "primary", autonomous, time_zone)'
        " VALUES ('99', 'Baru', 'province', false, false, true, 'Asia/Jakarta')"
    )
    assert await service_connection.fetchval("SELECT count(*) FROM revisions WHERE key = '99'") == 1
    assert await service_connection.fetchval("SELECT count(*) FROM history.regions_rows WHERE code = '99'") == 1


@pytest.mark.parametrize("table", TRAIL_TABLES)
async def test_trigger_stops_the_owner(owner: asyncpg.Connection, table: str) -> None:
    await owner.execute(INSERT_LINE, None, None, "o", [], None, None)
    has_hash = table != "audit_lines"
    for change in (CHANGES[0] if has_hash else CHANGES[1], *CHANGES[2:]):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
            await owner.execute(change.format(table))


async def test_readiness_reports_the_privileges(database_url: str, service_url: str, role: str) -> None:
    reported = {}
    for url in (database_url, service_url):
        async with run_application(Settings(DATABASE_URL=url)) as app, connect_client(app) as client:
            answer = await client.get("/health/ready")
            reported[url] = (answer.status_code, answer.json()["audit"])
    assert reported == {database_url: (200, "writable"), service_url: (200, "insert_only")}


@pytest.mark.parametrize(
    "change",
    [
        *(
            f"GRANT {right} ON audit_lines TO {{role}}"
            for right in ("UPDATE", "UPDATE (purpose_digest)", "DELETE", "TRUNCATE")
        ),
        "GRANT DELETE ON audit_seals TO {role}",
        "GRANT UPDATE ON audit_roots TO {role}",
        "GRANT INSERT ON audit_seals TO {role}",
        "GRANT INSERT (hash) ON audit_roots TO {role}",
        "GRANT rakornas TO {role}",
    ],
)
async def test_readiness_reports_an_excessive_privilege(
    database_url: str, service_url: str, role: str, change: str
) -> None:
    await fetch_value(database_url, change.format(role=f'"{role}"'))
    async with run_application(Settings(DATABASE_URL=service_url)) as app, connect_client(app) as client:
        assert (await client.get("/health/ready")).json()["audit"] == "writable"
    is_revoked = "GRANT rakornas" not in change  # grant() revokes privileges on tables, but not memberships
    assert await asyncio.to_thread(operations.grant_privileges, database_url, role) is is_revoked


async def test_granting_to_the_owner_returns_false(database_url: str) -> None:
    assert await asyncio.to_thread(operations.grant_privileges, database_url, "rakornas") is False


async def test_missing_role_is_an_error(database_url: str) -> None:
    with pytest.raises(operations.OperatorError, match="no role nobody_at_all"):
        await asyncio.to_thread(operations.grant_privileges, database_url, "nobody_at_all")


async def test_embedded_role_is_created_once_and_granted_new_tables(database_url: str) -> None:
    url = await asyncio.to_thread(operations.switch_to_service_role, database_url)
    assert await fetch_value(url, "SELECT current_user::text") == operations.SERVICE_ROLE
    await fetch_value(database_url, "CREATE TABLE newer (id int)")
    assert await asyncio.to_thread(operations.switch_to_service_role, database_url) == url
    assert await fetch_value(url, "SELECT count(*) FROM newer") == 0
