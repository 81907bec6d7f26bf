"""One service per module, an organizer client and the options of a small meeting."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio
from fastapi import FastAPI

from app import operations
from app.clients import maintenance
from app.settings import Settings
from app.simulation.organizer import SCOPES
from app.simulation.runner import SimulationOptions
from tests.conftest import LOADED, copy_template, run_application

SMALL = SimulationOptions(20, 3, offline_share=0.3, max_skew=timedelta(seconds=120), repeated_share=0.3, seconds=0.2)


@pytest_asyncio.fixture(scope="module")
async def service_url(server: str) -> AsyncIterator[str]:
    async for url in copy_template(server, LOADED):
        yield url


@pytest_asyncio.fixture(scope="module")
async def app(service_url: str) -> AsyncIterator[FastAPI]:
    async with run_application(Settings(DATABASE_URL=service_url, rate_client=0, rate_network=0)) as app:
        yield app


@pytest_asyncio.fixture(scope="module")
async def organizer(service_url: str) -> tuple[str, str]:
    payload = {"name": "organizer", "scopes": list(SCOPES)}
    client_id, secret = await asyncio.to_thread(
        operations.run_in_transaction, service_url, lambda transaction: maintenance.create_client(transaction, payload)
    )
    assert secret
    return client_id, secret
