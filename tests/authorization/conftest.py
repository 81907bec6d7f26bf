"""An application over the dataset, for tests that change nothing."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from app.settings import Settings
from tests.authorization import dataset
from tests.authorization.meeting_requests import list_check_in_requests
from tests.callers import bearer_headers
from tests.conftest import LOADED, connect_client, copy_template, run_application

JSON = {"Content-Type": "application/json"}


@pytest_asyncio.fixture(scope="package")
async def dataset_url(server: str) -> AsyncIterator[str]:
    async for url in copy_template(server, LOADED):
        await dataset.insert_dataset(url)
        yield url


@pytest_asyncio.fixture(scope="package")
async def app(dataset_url: str) -> AsyncIterator[FastAPI]:
    settings = Settings(DATABASE_URL=dataset_url, rate_client=0, rate_network=0)
    async with run_application(settings) as app:
        async with connect_client(app) as client:
            for case in list_check_in_requests():  # stored here, so that the tests repeat them
                headers = bearer_headers(app, Scope.CHECK_INS_WRITE)
                answer = await client.post(case.target, content=case.content, headers={**headers, **JSON})
                assert answer.status_code == (404 if case.is_missing else 201)
        yield app


@pytest_asyncio.fixture(scope="package")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(app) as client:
        yield client
