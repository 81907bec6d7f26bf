"""Fixtures with synthetic elections, as the two of the reference data are too few for several pages."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.settings import Settings
from tests.conftest import LOADED, connect_client, copy_template, fetch_value, run_application

# They include names that people sort differently from code points, one voting day for two elections, and none.
SYNTHETIC_ELECTIONS = """
INSERT INTO elections (code, name, name_en, kind, voting_on, legal_basis, decided_on, source, verified, "primary")
VALUES
    ('pemilu-1955', 'Pemilihan Umum Tahun 1955', '1955 General Election', 'general', '1955-09-29', 'UU 7/1953',
     NULL, 'a made-up row, with a source that is long enough for the whole document to be worth compressing: a shorter'
     ' one than this would be sent as it is to everybody, and its answer would not vary by coding',
     true, false),
    ('pemilu-1999', 'Pemilihan Umum Tahun 1999', NULL, 'general', '1999-06-07', NULL, NULL, NULL, false, false),
    ('pemilu-2004', 'pemilihan umum tahun 2004', NULL, 'general', '2004-04-05', NULL, NULL, NULL, false, false),
    ('pemilu-2029', 'Pemilihan Umum Tahun 2029', NULL, 'general', NULL, NULL, NULL, NULL, false, false),
    ('pilkada-2015', 'Éka Pemilihan Tahun 2015', NULL, 'regional_head', '2015-12-09', NULL, NULL, NULL, false, false),
    ('pilkada-2015-b', 'Pemilihan Susulan', NULL, 'regional_head', '2015-12-09', NULL, NULL, NULL, false, false),
    ('pilkada-2017', 'Zona Pemilihan Tahun 2017', NULL, 'regional_head', '2017-02-15', NULL, NULL, NULL, false, false),
    ('pilkada-2031', 'Pemilihan Serentak 2031', NULL, 'regional_head', NULL, NULL, NULL, NULL, false, false)
"""


@pytest_asyncio.fixture(scope="package")
async def elections_url(server: str) -> AsyncIterator[str]:
    async for url in copy_template(server, LOADED):
        await fetch_value(url, SYNTHETIC_ELECTIONS)
        yield url


@pytest_asyncio.fixture(scope="package")
async def app(elections_url: str) -> AsyncIterator[FastAPI]:
    async with run_application(Settings(DATABASE_URL=elections_url)) as app:
        yield app


@pytest_asyncio.fixture(scope="package")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(app) as client:
        yield client
