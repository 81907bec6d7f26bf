from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.models import Base, ServiceKey
from tests.models.invalid_rows import ALL
from tests.models.test_appointment_exclusion import ONE_HOLDER, ONE_OFFICE
from tests.models.valid_rows import GOOD, HOUR, OTHER, insert

NAMED = """
    SELECT conname FROM pg_constraint JOIN pg_class t ON t.oid = conrelid
    WHERE contype IN ('c', 'f', 'p', 'u', 'x') AND connamespace = 'public'::regnamespace
        AND relname NOT IN ('alembic_version', 'service_keys')
    UNION SELECT indexrelid::regclass::text FROM pg_index
    WHERE indisunique AND indrelid = ANY(SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
        AND indrelid::regclass::text NOT IN ('alembic_version', 'service_keys')"""

TWICE = (
    *("region_codes", "appointments", "meeting_corrections", "session_speakers"),
    *("meeting_statements", "participant_sessions", "client_secrets", "used_assertions"),
    *("signing_keys", "idempotency_keys", "badges", "clock_readings"),
    *("scans", "attendance_counts", "roll_corrections", "roll_digests"),
)
SHARED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("regions", {"iso_3166_2": "ID-X"}, {"code": "93", "iso_3166_2": "ID-X"}, "uq_regions_iso_3166_2"),
    (
        "organizations",
        {"region": "90"},
        {"code": "kpu-93", "region": "90"},
        "uq_organizations_region_of_commission",
    ),
    (
        "sessions",
        {"parallel_group": "g", "track": 1},
        {"code": "c-10", "parallel_group": "g", "track": 1},
        "uq_sessions_meeting_parallel_group_track",
    ),
    ("client_secrets", {}, {"id": UUID(int=30)}, "uq_client_secrets_live_slot"),
    ("revisions", {"id": 10**9}, {"id": 10**9, "revision": 2}, "pk_revisions"),
    (
        "revisions",
        {},
        {"action": "updated", "before": "{}"},
        "uq_revisions_resource_key_revision",
    ),
    ("badges", {"revoked_at": HOUR}, {"id": UUID(int=40)}, "uq_badges_meeting_digest"),
    ("badges", {}, {"id": UUID(int=40), "digest": bytes(31) + b"x"}, "uq_badges_live"),
]


@pytest.mark.parametrize("table", GOOD)
async def test_a_good_row(db: asyncpg.Connection, table: str) -> None:
    await insert(db, table)


def test_each_table_has_one() -> None:
    assert set(GOOD) == set(Base.metadata.tables) - {ServiceKey.__tablename__}


@pytest.mark.parametrize(("table", "changed", "constraint"), ALL)
async def test_a_bad_row(db: asyncpg.Connection, table: str, changed: dict[str, Any], constraint: str) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as raised:
        await insert(db, table, **changed)
    assert raised.value.constraint_name == constraint


@pytest.mark.parametrize("table", TWICE)
async def test_a_row_stands_there_once(db: asyncpg.Connection, table: str) -> None:
    await insert(db, table)
    with pytest.raises(asyncpg.UniqueViolationError) as raised:
        await insert(db, table)
    assert raised.value.constraint_name == f"pk_{table}"


@pytest.mark.parametrize(("table", "first", "second", "constraint"), SHARED)
async def test_what_no_two_rows_may_share(
    db: asyncpg.Connection, table: str, first: dict[str, Any], second: dict[str, Any], constraint: str
) -> None:
    await insert(db, table, **first)
    with pytest.raises(asyncpg.UniqueViolationError) as raised:
        await insert(db, table, **second)
    assert raised.value.constraint_name == constraint


async def test_each_rule_of_the_database_is_broken_here(db: asyncpg.Connection) -> None:
    """By a bad row, twice the same, or two that share something."""
    twice = {f"pk_{table}" for table in TWICE}
    shared = {constraint for *_, constraint in SHARED} | {ONE_HOLDER, ONE_OFFICE}
    # Implied by the primary key: they are what references of two columns refer to.
    implied = {"uq_stages_election_code", "uq_participants_meeting_id"}
    assert {row[0] for row in await db.fetch(NAMED)} == {row[2] for row in ALL} | twice | shared | implied


async def test_a_zone_is_looked_for_once(db: asyncpg.Connection) -> None:
    """To look takes 20 ms, which for each of a thousand rows would make a load wait."""
    for zone in ("Asia/Jayapura", "Asia/Jayapura", "UTC"):
        await db.execute("UPDATE regions SET time_zone = $1", zone)
    assert await db.fetchval("SELECT current_setting('rakornas.zones')") == " Asia/Jakarta Asia/Jayapura UTC"


@pytest.mark.parametrize("partial", ["soon", "2020-13", "2020-00", "2023-02-29", "0000"])
@pytest.mark.parametrize("column", ["start_on", "end_on"])
async def test_a_bad_partial_date_breaks_the_named_constraint(
    db: asyncpg.Connection, column: str, partial: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await insert(db, "appointments", **{column: partial})
    assert raised.value.constraint_name == f"ck_appointments_{column}_is_partial_date"


async def test_a_day_without_end_is_no_date(db: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await insert(db, "regions", valid_from=date.max)  # which asyncpg sends as infinity


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("stages", {"start_on": date(2022, 6, 14), "end_on": date(2022, 6, 14)}),
        ("stages", {"parent": "s-1", "start_on": date(1999, 1, 1)}),  # the regulations do so
        ("stages", {"end_on": date(2199, 12, 31), "position": 999, "round": 9}),
        ("meetings", {"end_on": date(2022, 6, 13)}),
        ("meetings", {"cancelled_on": date(2030, 1, 1)}),
        ("sessions", {"meeting": "m-2", "code": "opening"}),  # a code is one of its meeting's only
        ("sessions", {"code": "x" * 40, "track": 99, "parallel_group": "g"}),
        ("session_speakers", {"organization": None, "division": "ri-1"}),
        ("meeting_statements", {"official": None, "organization": "kpu"}),
        ("participants", {"official": OTHER, "organization": None, "office": None}),
        ("participants", {"name": "N", "organization": None, "office": None}),
        ("revisions", {"action": "deleted", "before": "{}", "after": None}),
        ("audit_lines", {"keys": [], "purpose": "x" * 500}),
    ],
)
async def test_what_is_no_fault(db: asyncpg.Connection, table: str, changed: dict[str, Any]) -> None:
    await insert(db, table, **changed)


async def test_a_slot_whose_secret_was_revoked_is_free(db: asyncpg.Connection) -> None:
    await insert(db, "client_secrets", revoked_at=HOUR)
    await insert(db, "client_secrets", id=UUID(int=30), revoked_at=HOUR)
    await insert(db, "client_secrets", id=UUID(int=31))


async def test_an_office_without_a_name_may_be_on_the_list_many_times(db: asyncpg.Connection) -> None:
    for number in (20, 21):
        await insert(db, "participants", id=UUID(int=number), office="secretary")


@pytest.mark.parametrize(
    ("status", "open_status"),
    [("sick", "excused"), ("excused", "excused"), ("on_leave", "on_leave"), (None, "expected"), ("absent", "absent")],
)
async def test_that_somebody_is_sick_is_not_open(db: asyncpg.Connection, status: str | None, open_status: str) -> None:
    await insert(db, "participants", **({"status": status} if status else {}))
    assert await db.fetchval("SELECT open_status FROM participants WHERE id = $1", GOOD["participants"]["id"]) == (
        open_status
    )
