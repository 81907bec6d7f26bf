from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.models import Base, ServiceKey
from tests.models.invalid_rows import INVALID_ROWS
from tests.models.test_appointment_exclusion import ONE_HOLDER_CONSTRAINT, ONE_OFFICE_CONSTRAINT
from tests.models.valid_rows import HOUR, OTHER_OFFICIAL, VALID_ROWS, insert_row

SELECT_CONSTRAINT_NAMES = """
    SELECT conname FROM pg_constraint JOIN pg_class t ON t.oid = conrelid
    WHERE contype IN ('c', 'f', 'p', 'u', 'x') AND connamespace = 'public'::regnamespace
        AND relname NOT IN ('alembic_version', 'service_keys')
    UNION SELECT indexrelid::regclass::text FROM pg_index
    WHERE indisunique AND indrelid = ANY(SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
        AND indrelid::regclass::text NOT IN ('alembic_version', 'service_keys')"""

TABLES_TO_INSERT_TWICE = (
    *("closed_rolls", "closed_roll_lines"),
    *("region_codes", "appointments", "meeting_corrections", "session_speakers"),
    *("meeting_statements", "participant_sessions", "client_secrets", "used_assertions"),
    "client_controllers",
    *("signing_keys", "idempotency_keys", "audit_texts", "badges", "clock_readings", "meeting_days", "device_resets"),
    *("scans", "attendance_counts", "roll_corrections", "roll_digests", "roll_secrets"),
)
UNIQUE_VIOLATIONS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
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


@pytest.mark.parametrize("table", VALID_ROWS)
async def test_valid_row_is_accepted(db: asyncpg.Connection, table: str) -> None:
    await insert_row(db, table)


def test_every_table_has_a_valid_row() -> None:
    assert set(VALID_ROWS) == set(Base.metadata.tables) - {ServiceKey.__tablename__}


@pytest.mark.parametrize(("table", "changed", "constraint"), INVALID_ROWS)
async def test_invalid_row_violates_the_constraint(
    db: asyncpg.Connection, table: str, changed: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as raised:
        await insert_row(db, table, **changed)
    assert raised.value.constraint_name == constraint


@pytest.mark.parametrize("table", TABLES_TO_INSERT_TWICE)
async def test_same_row_twice_violates_the_primary_key(db: asyncpg.Connection, table: str) -> None:
    await insert_row(db, table)
    with pytest.raises(asyncpg.UniqueViolationError) as raised:
        await insert_row(db, table)
    assert raised.value.constraint_name == f"pk_{table}"


@pytest.mark.parametrize(("table", "first", "second", "constraint"), UNIQUE_VIOLATIONS)
async def test_shared_unique_value_violates_the_constraint(
    db: asyncpg.Connection, table: str, first: dict[str, Any], second: dict[str, Any], constraint: str
) -> None:
    await insert_row(db, table, **first)
    with pytest.raises(asyncpg.UniqueViolationError) as raised:
        await insert_row(db, table, **second)
    assert raised.value.constraint_name == constraint


async def test_every_constraint_is_violated_by_a_test(db: asyncpg.Connection) -> None:
    """By an invalid row, the same row twice, or two rows with a shared value."""
    inserted_twice = {f"pk_{table}" for table in TABLES_TO_INSERT_TWICE}
    shared = {constraint for *_, constraint in UNIQUE_VIOLATIONS} | {ONE_HOLDER_CONSTRAINT, ONE_OFFICE_CONSTRAINT}
    # Implied by the primary key: references of two columns refer to them.
    implied = {"uq_stages_election_code", "uq_participants_meeting_id"}
    assert {row[0] for row in await db.fetch(SELECT_CONSTRAINT_NAMES)} == {
        row[2] for row in INVALID_ROWS
    } | inserted_twice | shared | implied


async def test_time_zone_name_is_cached_in_the_session(db: asyncpg.Connection) -> None:
    """A lookup takes 20 ms, which is too long for each of a thousand rows of a load."""
    for zone in ("Asia/Jayapura", "Asia/Jayapura", "UTC"):
        await db.execute("UPDATE regions SET time_zone = $1", zone)
    assert await db.fetchval("SELECT current_setting('rakornas.zones')") == " Asia/Jakarta Asia/Jayapura UTC"


@pytest.mark.parametrize("partial", ["soon", "2020-13", "2020-00", "2023-02-29", "0000"])
@pytest.mark.parametrize("column", ["start_on", "end_on"])
async def test_invalid_partial_date_violates_the_named_constraint(
    db: asyncpg.Connection, column: str, partial: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await insert_row(db, "appointments", **{column: partial})
    assert raised.value.constraint_name == f"ck_appointments_{column}_is_partial_date"


async def test_infinite_date_is_rejected(db: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await insert_row(db, "regions", valid_from=date.max)  # which asyncpg sends as infinity


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("stages", {"start_on": date(2022, 6, 14), "end_on": date(2022, 6, 14)}),
        ("stages", {"parent": "s-1", "start_on": date(1999, 1, 1)}),  # as in some regulations
        ("stages", {"end_on": date(2199, 12, 31), "position": 999, "round": 9}),
        ("meetings", {"end_on": date(2022, 6, 13)}),
        ("meetings", {"cancelled_on": date(2030, 1, 1)}),
        ("sessions", {"meeting": "m-2", "code": "opening"}),  # codes are unique within a meeting
        ("sessions", {"code": "x" * 40, "track": 99, "parallel_group": "g"}),
        ("session_speakers", {"organization": None, "division": "ri-1"}),
        ("meeting_statements", {"official": None, "organization": "kpu"}),
        ("participants", {"official": OTHER_OFFICIAL, "organization": None, "office": None}),
        ("participants", {"name": "N", "organization": None, "office": None}),
        ("revisions", {"action": "deleted", "before": "{}", "after": None}),
        ("audit_texts", {"text": "x" * 500}),
    ],
)
async def test_unusual_valid_row_is_accepted(db: asyncpg.Connection, table: str, changed: dict[str, Any]) -> None:
    await insert_row(db, table, **changed)


async def test_slot_of_a_revoked_secret_can_be_reused(db: asyncpg.Connection) -> None:
    await insert_row(db, "client_secrets", revoked_at=HOUR)
    await insert_row(db, "client_secrets", id=UUID(int=30), revoked_at=HOUR)
    await insert_row(db, "client_secrets", id=UUID(int=31))


async def test_unnamed_office_can_be_listed_several_times(db: asyncpg.Connection) -> None:
    for number in (20, 21):
        await insert_row(db, "participants", id=UUID(int=number), office="secretary")


@pytest.mark.parametrize(
    ("status", "open_status"),
    [("sick", "excused"), ("excused", "excused"), ("on_leave", "on_leave"), (None, "expected"), ("absent", "absent")],
)
async def test_open_status_shows_sick_as_excused(db: asyncpg.Connection, status: str | None, open_status: str) -> None:
    await insert_row(db, "participants", **({"status": status} if status else {}))
    assert await db.fetchval(
        "SELECT open_status FROM participants WHERE id = $1", VALID_ROWS["participants"]["id"]
    ) == (open_status)
