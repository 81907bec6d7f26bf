"""Migration 0029: stored copies of the renamed columns follow, there and back."""

import asyncio

from alembic import command
from alembic.config import Config

from app import operations
from tests.conftest import fetch_value

STORED = """
    SELECT json_build_array(
        (SELECT json_agg(parts ORDER BY code) FROM meetings),
        (SELECT json_agg(to_jsonb(version) ORDER BY code, added_by) FROM history.meetings_rows AS version),
        (SELECT json_agg(json_build_array(before, after) ORDER BY key, revision) FROM revisions
            WHERE resource = 'meetings')
    )::text"""
NAMES = (("recorded", "held"), ("anonymised_at", "forgotten_at"))


async def test_stored_contents_follow_there_and_back(own_url: str) -> None:
    configuration = Config(operations.MIGRATIONS_DIR.parent / "alembic.ini")
    configuration.attributes["url"] = own_url
    written: str = await fetch_value(own_url, STORED)
    await asyncio.to_thread(command.downgrade, configuration, "0028")
    former: str = await fetch_value(own_url, STORED)
    await asyncio.to_thread(command.upgrade, configuration, "head")
    assert await fetch_value(own_url, STORED) == written
    for name, former_name in NAMES:
        assert (f'"{name}"' in written, f'"{former_name}"' in written) == (True, False)
        assert (f'"{name}"' in former, f'"{former_name}"' in former) == (False, True)
