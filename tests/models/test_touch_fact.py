from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from tests.models.rows import GOOD, insert


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
