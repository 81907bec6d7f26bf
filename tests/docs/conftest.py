"""One service for all pages, over a database of its own, because some pages write."""

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.conftest import LOADED, copy_template
from tests.service.conftest import Service, run_service


@pytest_asyncio.fixture(scope="session")
async def pages_url(server: str) -> AsyncIterator[str]:
    async for url in copy_template(server, LOADED):
        yield url


@pytest.fixture(scope="session")
def pages_service(pages_url: str) -> Iterator[Service]:
    for program in ("bash", "curl"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} here")
    with run_service("--database-url", pages_url) as service:
        yield service
