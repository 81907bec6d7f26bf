from collections.abc import AsyncIterator

import pytest_asyncio

from tests.conftest import MIGRATED, copy_of


@pytest_asyncio.fixture(scope="package")
async def empty_url(server: str) -> AsyncIterator[str]:
    """One database for all that leave it empty."""
    async for url in copy_of(server, MIGRATED):
        yield url
