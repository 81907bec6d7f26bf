"""Publish the contract, `tests/openapi.json`, and the responses to its examples, `app/explorer/answers.json`.

`uv run python -m tests.openapi` writes both files, with responses of a service on the reference data.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from app import operations
from app.auth import Scope
from app.core.http.examples import READ_EXAMPLE_KEY, WRITE_EXAMPLE_KEY, shorten_response
from app.explorer.contract import EXAMPLE_RESPONSES_FILE, load_example_responses
from app.main import create_app
from app.settings import Settings
from app.state import state_of
from tests.applications import get_contract
from tests.attendance.event_stream_client import open_event_stream
from tests.callers import bearer_headers

CONTRACT_FILE = Path(__file__).with_name("openapi.json")
# The hour of the one audit root is far ahead, as the sealer adds a root for each past hour with lines.
EXAMPLE_ROWS = """
    INSERT INTO clients (id, name, scopes)
    VALUES ('01a20c10-0ae2-7033-aa5d-2a6bfa807bee', 'kpu-31-schedule', ARRAY['stages:write']);
    INSERT INTO client_secrets (id, client, slot, digest)
    VALUES ('01a20c10-0ae2-7033-aa5d-2a6bfa807bef', '01a20c10-0ae2-7033-aa5d-2a6bfa807bee', 1, sha256('an example'));
    ALTER TABLE audit_roots DISABLE TRIGGER USER;
    DELETE FROM audit_roots;
    ALTER TABLE audit_roots ENABLE TRIGGER USER;
    INSERT INTO audit_roots (hour, position, hash)
    SELECT '2199-12-31T23:00Z', position, hash FROM audit_seals WHERE position = 1;
    INSERT INTO roll_digests (digest, meeting, lines) VALUES (repeat('0', 64), 'rakornas-2022-06', 16);
    INSERT INTO meetings (code, name, kind, host, time_zone, start_on, end_on, roll, verified, "primary")
    VALUES ('sidang-pleno-2026-11-24', 'Rapat Pleno', 'plenary', 'kpu', 'Asia/Jakarta', '2026-11-24', '2026-11-24',
        'open', false, false);
    INSERT INTO participants (id, meeting, official, organization, status, arrived_at, verified, "primary")
    SELECT ('01a20cae-6a10-7c11-9a53-5c7d0c2f8c' || to_char(row_number() OVER (ORDER BY official), 'FM00'))::uuid,
        'sidang-pleno-2026-11-24', official, 'kpu', 'present', '2026-11-24T09:00+07', false, false
    FROM appointments
    WHERE organization = 'kpu' AND office IN ('chair', 'member') AND possible @> date '2026-11-24';
    INSERT INTO sessions (meeting, code, position, kind, name, verified, "primary")
    VALUES ('sidang-pleno-2026-11-24', 'pleno', 1, 'plenary', 'Rapat Pleno', false, false);
    INSERT INTO badges (id, meeting, participant, digest)
    VALUES ('01a20cae-6a10-7c11-9a53-5c7d0c2f8b01', 'sidang-pleno-2026-11-24', '01a20cae-6a10-7c11-9a53-5c7d0c2f8c01',
        sha256('an example'));
    SELECT check_in('sidang-pleno-2026-11-24', json_build_array(json_build_object('p', 0, 'device_id', 'gate-3',
        'clock_epoch', 0, 'sent_at', '2026-11-24T08:59:58.120+07', 'received_at', '2026-11-24T08:59:58+07',
        'client', '01a20c10-0ae2-7033-aa5d-2a6bfa807bee')), json_build_array(json_build_object('p', 0,
            'n', 0, 'id', '01a20cae-6a10-7c11-9a53-5c7d0c2f8a01', 'digest', sha256('an example'),
            'badge', sha256('an example'), 'direction', 'in', 'session', 'pleno',
            'scanned_at', '2026-11-24T08:59:57+07')));
    SELECT check_in('rakornas-2022-06', json_build_array(json_build_object('p', 0, 'device_id', 'gate-7',
        'clock_epoch', 0, 'sent_at', '2022-06-13T08:59:58.120+07', 'received_at', '2022-06-13T08:59:58+07',
        'client', '01a20c10-0ae2-7033-aa5d-2a6bfa807bee')), json_build_array(json_build_object('p', 0,
            'n', 0, 'id', '01a20cae-6a10-7c11-9a53-5c7d0c2f8a01', 'digest', sha256('another'),
            'badge', sha256('another'), 'badge_text', 'another', 'direction', 'in',
            'scanned_at', '2022-06-13T08:59:57+07')));
    INSERT INTO meetings (code, name, kind, host, time_zone, start_on, end_on, roll, verified, "primary")
    VALUES ('rakor-2027-03', 'Rapat Koordinasi', 'coordination', 'kpu', 'Asia/Jakarta', '2027-03-08', '2027-03-09',
        'restricted', false, false);
    INSERT INTO meetings (code, name, kind, host, time_zone, start_on, end_on, roll, verified, "primary")
    VALUES ('bimtek-2027-01', 'Bimbingan Teknis', 'training', 'kpu', 'Asia/Jakarta', '2027-01-18', '2027-01-18',
        'restricted', false, false);
    INSERT INTO participants (id, meeting, name, organization, verified, "primary")
    VALUES ('01a20cae-6a10-7c11-9a53-5c7d0c2f8c51', 'bimtek-2027-01', 'Siti Contoh', 'kpu-31', false, false);
    SELECT close_roll('bimtek-2027-01', '01a20c10-0ae2-7033-aa5d-2a6bfa807bee');
    INSERT INTO roll_corrections (id, meeting, kind, participant, status, reason, requested_by)
    VALUES ('01a20cae-6a10-7c11-9a53-5c7d0c2f8a01', 'bimtek-2027-01', 'status', '01a20cae-6a10-7c11-9a53-5c7d0c2f8c51',
        'excused', 'surat izin 4/2026', '01a20c10-0ae2-7033-aa5d-2a6bfa807bee');
"""
JSON_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def build_contract() -> bytes:
    return orjson.dumps(get_contract(), option=JSON_OPTIONS | orjson.OPT_SORT_KEYS)


def list_read_examples(app: FastAPI) -> list[str]:
    """Return the address of each example of a GET operation."""
    routes = (context.original_route for context in iter_route_contexts(app.routes))
    return [
        route.openapi_extra[READ_EXAMPLE_KEY]
        for route in routes
        if isinstance(route, APIRoute) and route.openapi_extra and READ_EXAMPLE_KEY in route.openapi_extra
    ]


def list_write_examples(app: FastAPI) -> dict[str, dict[str, Any]]:
    """Return the address and body of the example of each write operation, by the name of the operation."""
    routes = (context.original_route for context in iter_route_contexts(app.routes))
    return {
        route.name: route.openapi_extra[WRITE_EXAMPLE_KEY]
        for route in routes
        if isinstance(route, APIRoute) and route.openapi_extra and WRITE_EXAMPLE_KEY in route.openapi_extra
    }


@asynccontextmanager
async def prepare_examples(app: FastAPI, url: str) -> AsyncIterator[None]:
    """Insert the example rows, and create the signing key, which a service creates when it needs it.

    Nothing is sealed within: on a slow machine, a seal of the requests for examples would be shown beside the root.
    """
    await state_of(app).token_verifier.get_signing_key()
    connection = await asyncpg.connect(url)
    try:
        await _insert_rows(connection)
        yield
    finally:
        await connection.close()


async def insert_example_rows(url: str) -> None:
    """Insert the rows of the examples that the reference data lacks, as soon as a first audit line is sealed."""
    connection = await asyncpg.connect(url)
    try:
        await _insert_rows(connection)
    finally:
        await connection.close()


async def _insert_rows(connection: asyncpg.Connection) -> None:
    """Insert the rows of the examples, and lock the sealer out until the connection is closed."""
    async with asyncio.timeout(20):
        while not await connection.fetchval("SELECT EXISTS (SELECT FROM audit_seals)"):
            await asyncio.sleep(0.1)
        await connection.execute("SELECT pg_advisory_lock(sealing_lock_key())")
    await connection.execute(EXAMPLE_ROWS)


async def fetch_example_response(app: FastAPI, client: httpx.AsyncClient, address: str) -> Any:
    """Fetch a response and shorten it to an example, with a token of all scopes if one is required."""
    if address.endswith("/attendance/live"):
        async with open_event_stream(app, address) as listener:
            await listener.wait_for_events(1)
            return listener.text
    headers = {"Accept": "application/json, text/plain", "Accept-Language": "en"}
    response = await client.get(address, headers=headers)
    if response.status_code == 401:
        response = await client.get(address, headers={**headers, **bearer_headers(app, *Scope)})
    assert response.status_code == 200, (address, response.text)
    return (
        shorten_response(response.json())
        if response.headers["content-type"] == "application/json"
        else strip_metric_values(response.text)
    )


def strip_metric_values(text: str) -> str:
    """Return the names of metrics without their values, and without those that appear only after a fault."""
    lines = (line for line in text.splitlines() if line.startswith("# HELP "))
    return "\n".join(line for line in lines if "database_faults_created" not in line)


async def fetch_example_responses(url: str) -> dict[str, Any]:
    app = create_app(Settings(DATABASE_URL=url))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
        prepare_examples(app, url),
    ):
        return {address: await fetch_example_response(app, client, address) for address in list_read_examples(app)}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="rakornas-contract-") as directory:
        Path(directory).chmod(0o755)
        with operations.open_database(None, Path(directory, "data")) as database:
            operations.migrate(database.url)
            operations.load_if_empty(database.url)
            responses = asyncio.run(fetch_example_responses(database.url))
            EXAMPLE_RESPONSES_FILE.write_bytes(orjson.dumps(responses, option=JSON_OPTIONS))
    load_example_responses.cache_clear()
    get_contract.cache_clear()
    CONTRACT_FILE.write_bytes(build_contract())


if __name__ == "__main__":
    main()
