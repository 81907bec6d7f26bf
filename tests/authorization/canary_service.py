"""A service over a database with canaries: in this process for a few roles, or in its own process for all roles."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import structlog

from app.auth import Scope
from app.settings import Settings
from tests.attendance.event_stream_client import open_event_stream
from tests.authorization import canaries
from tests.authorization.canaries import CANARIES, HIDDEN_IDS, OPEN_MEETING, SENT_CANARY
from tests.authorization.recorded_responses import fetch_response
from tests.callers import bearer_headers
from tests.conftest import connect_client, run_application
from tests.service.conftest import run_service

READER, READER_OF_KPU_31 = "attendance:read", "attendance:read of kpu-31"
DEVICE_OF_OPEN_MEETING = "attendance:read of another meeting"
ALL_SCOPES = "all scopes"
ROLES: dict[str, tuple[list[Scope], dict[str, str]]] = {str(scope): ([scope], {}) for scope in Scope}
ROLES |= {
    READER_OF_KPU_31: ([Scope.ATTENDANCE_READ], {"organization": "kpu-31"}),
    DEVICE_OF_OPEN_MEETING: ([Scope.ATTENDANCE_READ], {"meeting": OPEN_MEETING}),
}
DEFAULT_SCOPES = (Scope.MEETINGS_WRITE, Scope.OFFICIALS_WRITE, Scope.REGIONS_WRITE, Scope.CLIENTS_ADMIN)
DEFAULT_ROLES = (READER, READER_OF_KPU_31, DEVICE_OF_OPEN_MEETING, *map(str, DEFAULT_SCOPES))
GRANT_FORM = {"grant_type": "client_credentials"}
Fetch = Callable[[str, dict[str, str]], Any]


@dataclass
class ServiceUnderTest:
    """A running service, the tokens of its callers and its log."""

    url: str
    """The URL of its database."""
    http: httpx.AsyncClient
    fetch: Fetch
    """Fetches a target with headers; of an event stream, the first event."""
    headers_by_role: Mapping[str, dict[str, str]]
    client_secrets: list[str]
    read_log: Callable[[], str]
    sends_all_roles: bool
    """Every role sends every request."""

    async def assert_no_leak_in_log(self, *events: str) -> None:
        """Assert that the log contains these events, and that neither it nor the metrics contain a canary or secret."""
        output = self.read_log() + (await self.http.get("/metrics")).text
        assert '"request"' in output
        assert [event for event in events if event not in output] == []
        secrets = [*self.client_secrets, *(await canaries.fetch_secrets(self.url)).values()]
        signatures = [
            headers["Authorization"].split()[1].rpartition(".")[2]
            for headers in self.headers_by_role.values()
            if headers
        ]
        canary_words = (*CANARIES.values(), *map(quote, CANARIES.values()), SENT_CANARY, quote(SENT_CANARY))
        assert [word for word in (*canary_words, *HIDDEN_IDS, *secrets, *signatures) if word in output] == []


async def fetch_authorization(http: httpx.AsyncClient, client_id: str, secret: str) -> dict[str, str]:
    """Fetch an access token and return its Authorization header."""
    answer = await http.post("/oauth/token", data=GRANT_FORM, auth=httpx.BasicAuth(client_id, secret))
    return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}


async def serve_in_own_process(url: str) -> AsyncIterator[ServiceUnderTest]:
    """Serve the database in a process of its own, with a client for each role."""
    clients = {
        name: await asyncio.to_thread(canaries.create_client, url, list(map(str, scopes)), **binding)
        for name, (scopes, binding) in ROLES.items()
    }
    options = {"RAKORNAS_RATE_CLIENT": "0", "RAKORNAS_RATE_NETWORK": "0", "RAKORNAS_LOG_LEVEL": "DEBUG"}
    with run_service("--database-url", url, **options) as service:
        headers_by_role: dict[str, dict[str, str]] = {"anyone": {}}
        async with httpx.AsyncClient(base_url=service.base_url, timeout=30) as http:
            for name, credentials in clients.items():
                headers_by_role[name] = await fetch_authorization(http, *credentials)

            async def fetch(target: str, headers: dict[str, str]) -> httpx.Response:
                return await fetch_response(http, target, headers)

            def read_log() -> str:
                return service.read_log() + service.greeting

            secrets = [secret for _, secret in clients.values()]
            yield ServiceUnderTest(url, http, fetch, headers_by_role, secrets, read_log, sends_all_roles=True)


async def run_in_this_process(url: str) -> AsyncIterator[ServiceUnderTest]:
    """Run the application in this process, with tokens for the most important roles."""
    credentials = await asyncio.to_thread(canaries.create_client, url, [READER])
    with structlog.testing.capture_logs(processors=[structlog.processors.format_exc_info]) as lines:
        async with (
            run_application(Settings(DATABASE_URL=url, rate_client=0, rate_network=0)) as app,
            connect_client(app) as http,
        ):
            # Fetched first: a new signing key empties the token cache of the verifier, which bearer_headers fills.
            reader_headers = await fetch_authorization(http, *credentials)
            headers_by_role = {name: bearer_headers(app, *ROLES[name][0], **ROLES[name][1]) for name in DEFAULT_ROLES}
            headers_by_role |= {"anyone": {}, ALL_SCOPES: bearer_headers(app, *Scope)}
            headers_by_role[READER] = reader_headers

            async def fetch(target: str, headers: dict[str, str]) -> httpx.Response:
                if not target.partition("?")[0].endswith("/live") or "/attendance" not in target:
                    return await http.get(target, headers=headers)
                # httpx would wait for the end of the event stream.
                async with open_event_stream(app, target, **headers) as stream:
                    if stream.status == 200:
                        await stream.wait_for_events(1)
                    return httpx.Response(stream.status, headers=stream.headers, text=stream.text)

            def read_log() -> str:
                return json.dumps(lines, default=repr)

            secrets = [credentials[1]]
            yield ServiceUnderTest(url, http, fetch, headers_by_role, secrets, read_log, sends_all_roles=False)
