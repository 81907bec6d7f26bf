from collections.abc import AsyncIterator

import pytest_asyncio

from tests.conftest import MIGRATED, copy_template


@pytest_asyncio.fixture(scope="package")
async def empty_url(server: str) -> AsyncIterator[str]:
    """URL of a migrated database that the tests leave empty."""
    async for url in copy_template(server, MIGRATED):
        yield url
