import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app import models, operations
from tests.conftest import MIGRATED, copy_of

FACT = {"verified": False, "primary": False}
PERSON, OTHER = UUID(int=1), UUID(int=2)
GOOD: dict[str, dict[str, Any]] = {
    "regions": {"code": "92", "name": "N", "type": "province", "time_zone": "Asia/Jakarta", "autonomous": True},
    "region_codes": {"code": "90.01", "region": "90", "parent": "90"},
    "organizations": {"code": "kpu-92", "name": "N", "kind": "commission", "level": "province"},
    "divisions": {"code": "p7-9", "kind": "division", "level": "province", "name": "N"},
    "officials": {"id": UUID(int=9), "name": "N"},
    "appointments": {
        "id": UUID(int=9),
        "official": PERSON,
        "organization": "kpu",
        "office": "member",
        "standing": "definitive",
        "start_on": "2020",
    },
}


@pytest_asyncio.fixture(scope="module")
async def schema_url(server: str) -> AsyncIterator[str]:
    async for url in copy_of(server, MIGRATED):
        yield url


@pytest_asyncio.fixture
async def db(schema_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A few good rows to lean on, in a transaction that is rolled back."""
    connection = await asyncpg.connect(schema_url)
    transaction = connection.transaction()
    await transaction.start()
    await insert(connection, "regions", code="90")
    await insert(connection, "organizations", code="kpu", level="national")
    await insert(connection, "organizations", code="bawaslu", kind="agency")
    await insert(connection, "divisions", code="ri-1")
    for person in (PERSON, OTHER):
        await insert(connection, "officials", id=person)
    yield connection
    await transaction.rollback()
    await connection.close()


async def insert(connection: asyncpg.Connection, table: str, **changed: Any) -> None:
    """A good row, but for what is changed."""
    row = {**FACT, **GOOD[table], **changed}
    names = ", ".join(f'"{name}"' for name in row)
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *row.values())


async def appoint(connection: asyncpg.Connection, **changed: Any) -> None:
    await insert(connection, "appointments", **{"id": uuid4(), **changed})


class TestConstraints:
    @pytest.mark.parametrize("table", GOOD)
    async def test_a_good_row(self, db: asyncpg.Connection, table: str) -> None:
        await insert(db, table)

    @pytest.mark.parametrize(
        ("table", "changed", "constraint"),
        [
            ("regions", {"parent": "92"}, "ck_regions_province_has_no_parent"),
            ("regions", {"code": "90.01", "type": "city"}, "ck_regions_province_has_no_parent"),
            ("regions", {"code": "91.01", "type": "city", "parent": "90"}, "ck_regions_parent_leads_code"),
            ("regions", {"code": "9"}, "ck_regions_code_shape"),
            ("regions", {"code": "92.1"}, "ck_regions_code_shape"),
            ("regions", {"code": "٩٢"}, "ck_regions_code_shape"),
            ("regions", {"code": "92\n"}, "ck_regions_code_shape"),
            ("regions", {"code": "90.01", "parent": "90", "type": "village"}, "ck_regions_type_known"),
            ("regions", {"code": "90"}, "pk_regions"),
            ("regions", {"split_from": "99"}, "fk_regions_split_from_regions"),
            ("region_codes", {"code": "91"}, "ck_region_codes_code_shape"),
            ("region_codes", {"code": "90.01", "region": "90.01"}, "ck_region_codes_code_is_former"),
            ("region_codes", {"region": "99"}, "fk_region_codes_region_regions"),
            ("region_codes", {"code": "99.01", "parent": "99"}, "fk_region_codes_parent_regions"),
            ("region_codes", {"code": "91.01"}, "ck_region_codes_parent_leads_code"),
            ("organizations", {"code": "KPU"}, "ck_organizations_code_shape"),
            ("organizations", {"code": "kpu-9"}, "ck_organizations_code_shape"),
            ("organizations", {"kind": "court"}, "ck_organizations_kind_known"),
            ("organizations", {"level": "village"}, "ck_organizations_level_known"),
            ("organizations", {"level": None}, "ck_organizations_commission_has_level"),
            ("organizations", {"sector": "church"}, "ck_organizations_sector_known"),
            ("organizations", {"seats": 0}, "ck_organizations_seats_range"),
            ("organizations", {"seats": 100}, "ck_organizations_seats_range"),
            ("organizations", {"parent": "kpu-92"}, "ck_organizations_parent_is_another"),
            ("organizations", {"parent": "nobody"}, "fk_organizations_parent_organizations"),
            ("organizations", {"region": "99"}, "fk_organizations_region_regions"),
            (
                "organizations",
                {"established_on": date(2020, 1, 2), "dissolved_on": date(2020, 1, 2)},
                "ck_organizations_dissolved_after_established",
            ),
            ("divisions", {"code": "p7"}, "ck_divisions_code_shape"),
            ("divisions", {"kind": "bureau"}, "ck_divisions_kind_known"),
            ("divisions", {"level": "village"}, "ck_divisions_level_known"),
            ("divisions", {"led_by": "king"}, "ck_divisions_led_by_known"),
            ("divisions", {"members": 0}, "ck_divisions_members_range"),
            ("appointments", {"office": "king"}, "ck_appointments_office_known"),
            ("appointments", {"standing": "retired"}, "ck_appointments_standing_known"),
            ("appointments", {"term": "2020"}, "ck_appointments_term_shape"),
            ("appointments", {"start_on": "2020-1"}, "ck_appointments_start_on_is_partial_date"),
            ("appointments", {"start_on": "20200101"}, "ck_appointments_start_on_is_partial_date"),
            ("appointments", {"start_on": "2020-01-01T00:00"}, "ck_appointments_start_on_is_partial_date"),
            ("appointments", {"end_on": "2020-12-1"}, "ck_appointments_end_on_is_partial_date"),
            ("appointments", {"start_on": None}, "ck_appointments_start_or_seen"),
            ("appointments", {"end_on": "2019"}, "ck_appointments_ends_after_start"),
            ("appointments", {"start_on": "2020-05-05", "end_on": "2020-05-05"}, "ck_appointments_ends_after_start"),
            (
                "appointments",
                {"start_on": None, "seen_on": date(2020, 1, 1), "end_on": "2019"},
                "ck_appointments_ends_after_start",
            ),
            ("appointments", {"official": UUID(int=8)}, "fk_appointments_official_officials"),
            ("appointments", {"organization": "nobody"}, "fk_appointments_organization_organizations"),
            ("appointments", {"division": "p9-9"}, "fk_appointments_division_divisions"),
        ],
    )
    async def test_a_bad_row(
        self, db: asyncpg.Connection, table: str, changed: dict[str, Any], constraint: str
    ) -> None:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as raised:
            await insert(db, table, **changed)
        assert raised.value.constraint_name == constraint

    @pytest.mark.parametrize("partial", ["soon", "2020-13", "2020-00", "2023-02-29", "0000"])
    @pytest.mark.parametrize("column", ["start_on", "end_on"])
    async def test_a_bad_partial_date_breaks_the_named_constraint(
        self, db: asyncpg.Connection, column: str, partial: str
    ) -> None:
        with pytest.raises(asyncpg.CheckViolationError) as raised:
            await insert(db, "appointments", **{column: partial})
        assert raised.value.constraint_name == f"ck_appointments_{column}_is_partial_date"

    async def test_a_day_without_end_is_no_date(self, db: asyncpg.Connection) -> None:
        with pytest.raises(asyncpg.CheckViolationError):
            await insert(db, "regions", valid_from=date.max)  # which asyncpg sends as infinity

    async def test_a_code_that_changes_takes_its_references_along(self, db: asyncpg.Connection) -> None:
        await insert(db, "organizations", code="kpu-90", parent="kpu", region="90")
        await db.execute("UPDATE regions SET code = '80' WHERE code = '90'")
        await db.execute("UPDATE organizations SET code = 'kip' WHERE code = 'kpu'")
        row = await db.fetchrow("SELECT parent, region FROM organizations WHERE code = 'kpu-90'")
        assert tuple(row or ()) == ("kip", "80")


ONE_HOLDER, ONE_OFFICE = "ex_appointments_one_definitive_holder", "ex_appointments_one_office_once"
Days = tuple[str | None, str | None]


class TestOneHolder:
    """Two definitive holders exclude each other on certain days; who acts, or only may hold it, excludes nobody."""

    async def held_by_two(self, db: asyncpg.Connection, first: Days, second: Days, **changed: Any) -> str | None:
        await appoint(db, office="chair", start_on=first[0], end_on=first[1])
        try:
            row = {"official": OTHER, "office": "chair", "start_on": second[0], "end_on": second[1]}
            await appoint(db, **{**row, **changed})
        except asyncpg.ExclusionViolationError as error:
            return error.constraint_name
        return None

    @pytest.mark.parametrize("office", ["chair", "secretary", "secretary_general"])
    async def test_each_office_of_one(self, db: asyncpg.Connection, office: str) -> None:
        await appoint(db, office=office)
        with pytest.raises(asyncpg.ExclusionViolationError) as raised:
            await appoint(db, office=office, official=OTHER)
        assert raised.value.constraint_name == ONE_HOLDER

    @pytest.mark.parametrize(
        ("first", "second", "broken"),
        [
            (("2020-01-01", "2021-01-01"), ("2020-12-31", None), True),
            (("2020-01-01", "2021-01-01"), ("2021-01-01", None), False),
            (("2018", "2023"), ("2023", "2028"), False),
            (("2018", "2023-05"), ("2023", None), False),
            (("2018", "2023-05"), ("2023-04", None), True),
            (("2018", "2023-05"), ("2023-05", None), False),
            (("2020", "2020"), ("2020", "2020"), False),
            (("2018", None), ("2019", "2019"), False),
            (("2018", None), ("2019", "2020"), True),
            (("2018", None), ("2010", "2018"), False),
        ],
    )
    async def test_only_certain_days_exclude(
        self, db: asyncpg.Connection, first: Days, second: Days, broken: bool
    ) -> None:
        assert (await self.held_by_two(db, first, second)) == (ONE_HOLDER if broken else None)

    @pytest.mark.parametrize(
        "changed",
        [
            {"standing": "acting"},
            {"standing": "interim_replacement"},
            {"office": "member"},
            {"organization": "bawaslu"},
        ],
    )
    async def test_who_may_be_beside(self, db: asyncpg.Connection, changed: dict[str, str]) -> None:
        assert await self.held_by_two(db, ("2020", None), ("2020", None), **changed) is None

    async def test_one_person_holds_one_office_once(self, db: asyncpg.Connection) -> None:
        days: Days = ("2020", None)
        assert await self.held_by_two(db, days, days, official=PERSON, standing="acting") == ONE_OFFICE


class TestDays:
    @pytest.mark.parametrize(
        ("partial", "first", "last"),
        [
            ("2020", date(2020, 1, 1), date(2020, 12, 31)),
            ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
            ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
            ("1900-02", date(1900, 2, 1), date(1900, 2, 28)),
            ("2020-04", date(2020, 4, 1), date(2020, 4, 30)),
            ("2020-12", date(2020, 12, 1), date(2020, 12, 31)),
            ("2020-02-29", date(2020, 2, 29), date(2020, 2, 29)),
            (None, None, None),
        ],
    )
    async def test_the_days_that_a_partial_date_covers(
        self, db: asyncpg.Connection, partial: str | None, first: date | None, last: date | None
    ) -> None:
        row = await db.fetchrow("SELECT first_day($1), last_day($1)", partial)
        assert tuple(row or ()) == (first, last)

    @pytest.mark.parametrize(
        ("start_on", "end_on", "seen_on", "certain", "possible"),
        [
            ("2022-04-12", None, None, "[2022-04-12,)", "[2022-04-12,)"),
            ("2022-04-12", "2024-07-03", None, "[2022-04-12,2024-07-03)", "[2022-04-12,2024-07-03)"),
            ("2018", "2023", None, "[2018-12-31,2023-01-01)", "[2018-01-01,2023-12-31)"),
            ("2018-05", "2023-02", None, "[2018-05-31,2023-02-01)", "[2018-05-01,2023-02-28)"),
            ("2018", "2018", None, "empty", "[2018-01-01,2018-12-31)"),
            ("2018", "2019", None, "[2018-12-31,2019-01-01)", "[2018-01-01,2019-12-31)"),
            (None, None, date(2022, 6, 13), "[2022-06-13,)", "[2022-06-13,)"),
            (None, "2023", date(2022, 6, 14), "[2022-06-14,2023-01-01)", "[2022-06-14,2023-12-31)"),
            ("2020", None, date(2022, 6, 14), "[2020-12-31,)", "[2020-01-01,)"),
            ("2020-02-29", "2020-02-29", None, "empty", "empty"),
            ("2020-03-01", "2020-02-29", None, "empty", "empty"),
            ("2021", "2020", None, "empty", "empty"),
        ],
    )
    async def test_certain_and_possible_days(
        self,
        db: asyncpg.Connection,
        start_on: str | None,
        end_on: str | None,
        seen_on: date | None,
        certain: str,
        possible: str,
    ) -> None:
        row = await db.fetchrow(
            "SELECT certain_days($1, $2, $3)::text, possible_days($1, $2, $3)::text", start_on, end_on, seen_on
        )
        assert tuple(row or ()) == (certain, possible)

    async def test_an_appointment_keeps_its_days(self, db: asyncpg.Connection) -> None:
        await insert(db, "appointments", start_on="2018", end_on="2023")
        days = "SELECT certain::text || possible::text FROM appointments"
        assert await db.fetchval(days) == "[2018-12-31,2023-01-01)[2018-01-01,2023-12-31)"
        await db.execute("UPDATE appointments SET end_on = NULL")
        assert await db.fetchval(days) == "[2018-12-31,)[2018-01-01,)"


class TestFold:
    @pytest.mark.parametrize(
        ("text", "folded"),
        [
            ("Hasyim Asy'ari", "hasyim asyari"),
            ("ASY\u2019ARI \u2018asy\u201b\u02bb\u02bc`\u2032\uff07", "asyari asy"),
            ("Éclair naïve Çağ", "eclair naive cag"),
            ("e\u0301", "e"),
            ("\uff2b\uff50\uff55 ﬁ", "kpu fi"),
            ("Straße", "strasse"),
            ("İ", "i"),
            ("a\u00a0b", "a b"),
            ("", ""),
            # An acute accent, the two half rings of transliterated Arabic, and the stress mark.
            *((f"Asy{sign}ari", "asyari") for sign in "\u00b4\u02be\u02bf\u02c8"),
        ],
    )
    async def test_fold(self, db: asyncpg.Connection, text: str, folded: str) -> None:
        assert await db.fetchval("SELECT fold($1::text)", text) == folded

    async def test_parts_that_are_missing_do_not_count(self, db: asyncpg.Connection) -> None:
        assert await db.fetchval("SELECT fold('A', NULL, 'B')") == "a b"


class TestTouchFact:
    async def test_nobody_else_says_which_revision_it_is(self, db: asyncpg.Connection) -> None:
        await insert(db, "regions", revision=77, updated_at=datetime(1999, 1, 1, tzinfo=UTC))
        stamp = "SELECT revision = 1 AND updated_at > now() - interval '1 minute' FROM regions WHERE code = $1"
        assert await db.fetchval(stamp, GOOD["regions"]["code"])

    @pytest.mark.parametrize(
        ("table", "change", "same"),
        [
            ("regions", "name = 'M'", "name = 'N'"),
            ("region_codes", "until = '2020-01-01'", "until = NULL"),
            ("organizations", "source = 'S'", "name_en = NULL"),
            ("divisions", "verified = true", "verified = false"),
            ("officials", "other_names = '{x}'", "other_names = '{}'"),
            ("appointments", "start_on = '2020-01'", "start_on = '2020'"),
        ],
    )
    async def test_only_a_change_of_content_counts(
        self, db: asyncpg.Connection, table: str, change: str, same: str
    ) -> None:
        await insert(db, table)
        key = "id = $1" if "id" in GOOD[table] else "code = $1"
        value = GOOD[table].get("id") or GOOD[table]["code"]

        async def stamp() -> tuple[Any, ...]:
            return tuple(await db.fetchrow(f"SELECT revision, updated_at FROM {table} WHERE {key}", value) or ())

        first = await stamp()
        assert first[0] == 1
        for nothing in (same, "revision = 9", "updated_at = '2000-01-01'"):
            await db.execute(f"UPDATE {table} SET {nothing} WHERE {key}", value)
            assert await stamp() == first
        await db.execute(f"UPDATE {table} SET {change}, revision = 7, updated_at = '2000-01-01' WHERE {key}", value)
        second = await stamp()
        assert second[0] == 2
        assert second[1] > first[1]


COLUMNS = """
    SELECT table_name, column_name, ordinal_position, data_type, udt_name, is_nullable, column_default, is_generated,
        generation_expression
    FROM information_schema.columns WHERE table_schema = $1 ORDER BY table_name, ordinal_position"""
CONSTRAINTS = """
    SELECT relname, conname, pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid
    WHERE c.connamespace = $1::regnamespace AND relname <> 'alembic_version' ORDER BY relname, conname"""
INDEXES = """
    SELECT tablename, indexname, replace(indexdef, $1 || '.', '') FROM pg_indexes
    WHERE schemaname = $1 AND tablename <> 'alembic_version' ORDER BY tablename, indexname"""


class TestMigrations:
    def test_the_service_asks_for_the_newest(self) -> None:
        scripts = ScriptDirectory.from_config(Config(operations.MIGRATIONS.parent / "alembic.ini"))
        assert scripts.get_heads() == [models.SCHEMA_REVISION]
        revisions = [script.revision for script in scripts.walk_revisions()]
        assert revisions == sorted(revisions, reverse=True)

    async def test_down_to_nothing_and_up_again(self, database_url: str) -> None:
        before = await described(database_url, "public")
        configuration = Config(operations.MIGRATIONS.parent / "alembic.ini")
        configuration.attributes["url"] = database_url
        await asyncio.to_thread(command.downgrade, configuration, "base")
        left = [row for rows in (await described(database_url, "public")).values() for row in rows]
        assert {row[0] for row in left} <= {"alembic_version"}
        await asyncio.to_thread(command.upgrade, configuration, "head")
        assert await described(database_url, "public") == before

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


LEADING = """
    SELECT relname || '.' || attname FROM pg_index i JOIN pg_class t ON t.oid = indrelid
    JOIN pg_attribute a ON a.attrelid = indrelid AND a.attnum = indkey[0] AND relnamespace = 'public'::regnamespace"""
REFERENCES = """
    SELECT relname || '.' || attname FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid
    JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = ANY(conkey) WHERE contype = 'f'"""
ASKED = {
    "regions": ["code", "name", "updated_at", "type", "parent", "valid_from", "folded"],
    "region_codes": ["code", "region"],
    "organizations": [
        *["code", "name", "updated_at", "kind", "level", "sector", "parent", "region", "established_on", "folded"],
    ],
    "divisions": ["code", "name", "updated_at", "kind", "level", "members", "folded"],
    "officials": ["id", "name", "updated_at", "folded"],
    "appointments": ["id", "official", "organization", "division", "office", "standing"],
}


class TestIndexes:
    async def test_each_reference_has_one(self, db: asyncpg.Connection) -> None:
        leading = {row[0] for row in await db.fetch(LEADING)}
        references = {row[0] for row in await db.fetch(REFERENCES)}
        assert len(references) == 9
        assert references <= leading

    async def test_each_filter_and_sort_has_one(self, db: asyncpg.Connection) -> None:
        leading = {row[0] for row in await db.fetch(LEADING)}
        assert {f"{table}.{column}" for table, columns in ASKED.items() for column in columns} <= leading
