"""Stored responses, requested again by every role: nobody gets one who could not send the request, and each repetition
of personal data leaves a line in the audit trail."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from app.settings import Settings
from tests.authorization import dataset
from tests.authorization.dataset import CALLER_ID
from tests.authorization.expectations import expect_response
from tests.authorization.request_case import RequestCase
from tests.authorization.requests import REQUESTS
from tests.authorization.roles import ROLES, Role, build_headers
from tests.callers import bearer_headers
from tests.conftest import LOADED, connect_client, copy_template, database_url_of, run_application

PERSONAL = {"create_participant", "create_participants", "create_participants_in_office"}
COUNT_LINES = "SELECT count(*) FROM audit_lines WHERE client = $1 AND operation = $2"


class StoredCase(NamedTuple):
    """A request whose response is stored."""

    request: RequestCase
    key: str
    response: httpx.Response


@pytest_asyncio.fixture(scope="module")
async def app(server: str) -> AsyncIterator[FastAPI]:
    """An application over the dataset, to which the requests of this module add objects."""
    async for url in copy_template(server, LOADED):
        await dataset.insert_dataset(url)
        async with run_application(Settings(DATABASE_URL=url, rate_client=0, rate_network=0)) as app:
            yield app


@pytest_asyncio.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(app) as client:
        yield client


@pytest_asyncio.fixture(scope="module")
async def stored(app: FastAPI, client: httpx.AsyncClient) -> list[StoredCase]:
    """The requests of the matrix that create something, sent with a key instead of as a dry run."""
    cases: list[StoredCase] = []
    for case in REQUESTS:
        # Imports of other resources would change objects that other requests have created.
        is_creation = case.operation.startswith(("create_", "succeed_")) or "resource=officials" in case.target
        if case.method == "POST" and is_creation:
            real = case._replace(target=case.target.replace("?dry_run=true", "").replace("&dry_run=true", ""))
            key = f"key-{len(cases)}"
            response = await send(client, real, key, bearer_headers(app, *Scope, client_id=CALLER_ID))
            if response.status_code in (200, 201):
                cases.append(StoredCase(real, key, response))
    return cases


async def send(client: httpx.AsyncClient, case: RequestCase, key: str, token: dict[str, str]) -> httpx.Response:
    headers = {**token, "Idempotency-Key": key, "Content-Type": case.media_type}
    return await client.post(case.target, content=case.content, headers=headers)


def is_sent(case: RequestCase, role: Role) -> bool:
    """Return whether a role repeats a request.

    Not sent by bound roles: imports, and appointments of a person of another organization. Neither could be sent first
    by such a role. But their responses are open data, and about objects within the organization of the role.
    """
    is_appointment_of_other_person = "appointment" in case.operation and case.owner in ("both", "without office")
    return not (role.organization and (case.operation == "import_rows" or is_appointment_of_other_person))


def find_differences(response: httpx.Response, stored: StoredCase, role: Role) -> list[str]:
    expected = expect_response(stored.request, role)
    cell = f"{role.name} repeats {stored.request}"
    if expected.status != 200:
        is_expected = (response.status_code, response.json().get("code")) == (expected.status, expected.code)
        return [] if is_expected else [f"{cell}: {response.status_code} instead of {expected}: {response.text[:200]}"]
    is_repeated = "idempotency-replayed" in response.headers
    if (response.status_code, is_repeated) != (stored.response.status_code, True):
        return [f"{cell}: {response.status_code}, repeated: {is_repeated}: {response.text[:200]}"]
    if "client" not in stored.request.operation and response.content != stored.response.content:
        return [f"{cell}: another body"]
    return []


async def test_stored_responses_are_repeated_as_the_contract_promises(
    app: FastAPI, client: httpx.AsyncClient, stored: list[StoredCase]
) -> None:
    operations = {case.request.operation for case in stored}
    assert operations >= PERSONAL | {"create_client", "create_client_secret", "import_rows", "succeed_appointment"}
    assert len({(case.request.operation, case.request.owner) for case in stored}) >= 20
    connection: Any = await asyncpg.connect(database_url_of(app))
    differences, cells = [], 0
    headers = {role.name: await build_headers(app, role) for role in ROLES}
    for case in stored:
        for role in ROLES:
            if not is_sent(case.request, role):
                continue
            line = (CALLER_ID, f"{case.request.operation} (repeated)")
            before = await connection.fetchval(COUNT_LINES, *line)
            response = await send(client, case.request, case.key, headers[role.name])
            differences += find_differences(response, case, role)
            added = await connection.fetchval(COUNT_LINES, *line) - before
            is_read = response.status_code < 300 and case.request.operation in PERSONAL
            if added != is_read:
                differences.append(f"{role.name} repeats {case.request}: {added} lines in the audit trail")
            cells += 1
    await connection.close()
    assert cells > 1000
    assert not differences, f"{len(differences)} leaks, the first of them:\n" + "\n".join(differences[:10])
