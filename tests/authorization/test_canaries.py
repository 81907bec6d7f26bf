"""What is personal or secret is in no answer, log line, measurement or error, but to whom the scope is for it.

By default, a service within this process is asked by the few roles that matter; the full suite asks the real one, in a
process of its own, by every role.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import structlog

from app.auth import Scope
from app.settings import Settings
from tests.attendance.event_stream_client import open_event_stream
from tests.authorization import canaries
from tests.authorization.canaries import (
    CANARIES,
    HIDDEN_IDS,
    OPEN_MEETING,
    RESTRICTED_MEETING,
    SENT_CANARY,
    SICK_PARTICIPANT,
    build_id,
)
from tests.authorization.meeting_requests import FILE_MEDIA_TYPES
from tests.authorization.recorded_responses import RecordedResponses, fetch_response
from tests.callers import bearer_headers
from tests.conftest import LOADED, client_of, copy_of, fetch, running
from tests.service.conftest import serving

READER, READER_OF_KPU_31, DEVICE_OF_OPEN_MEETING = (
    "attendance:read",
    "attendance:read of kpu-31",
    "attendance:read at another gate",
)
ROLES: dict[str, tuple[list[Scope], dict[str, str]]] = {str(scope): ([scope], {}) for scope in Scope}
ROLES |= {
    READER_OF_KPU_31: ([Scope.ATTENDANCE_READ], {"organization": "kpu-31"}),
    DEVICE_OF_OPEN_MEETING: ([Scope.ATTENDANCE_READ], {"meeting": OPEN_MEETING}),
}
ALL_SCOPES = "all scopes"
DEFAULT_ROLES = (
    READER,
    READER_OF_KPU_31,
    DEVICE_OF_OPEN_MEETING,
    *map(str, (Scope.MEETINGS_WRITE, Scope.OFFICIALS_WRITE, Scope.REGIONS_WRITE)),
)
DEFAULT_ROLES += (str(Scope.CLIENTS_ADMIN),)
SICK_STATUS = '"status":"sick"'
PERSONAL_PATHS = ("attendance", "participants", "badges", "check-ins", "corrections")
Fetch = Callable[[str, dict[str, str]], Any]


async def serve_in_own_process(url: str) -> AsyncIterator["ServiceUnderTest"]:
    made = {
        name: await asyncio.to_thread(canaries.create_client, url, list(map(str, scopes)), **bound)
        for name, (scopes, bound) in ROLES.items()
    }
    limits = {"RAKORNAS_RATE_CLIENT": "0", "RAKORNAS_RATE_NETWORK": "0", "RAKORNAS_LOG_LEVEL": "DEBUG"}
    with serving("--database-url", url, **limits) as service:
        tokens: dict[str, dict[str, str]] = {"anyone": {}}
        async with httpx.AsyncClient(base_url=service.base, timeout=30) as http:
            for name, proof in made.items():
                form = {"grant_type": "client_credentials"}
                answer = await http.post("/oauth/token", data=form, auth=httpx.BasicAuth(*proof))
                tokens[name] = {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

            async def read(target: str, headers: dict[str, str]) -> httpx.Response:
                return await fetch_response(http, target, headers)

            secrets = [secret for _, secret in made.values()]
            yield ServiceUnderTest(
                url, http, read, tokens, secrets, lambda: service.errors() + service.greeting, asks_all_roles=True
            )


async def run_in_this_process(url: str) -> AsyncIterator["ServiceUnderTest"]:
    made = await asyncio.to_thread(canaries.create_client, url, [READER])
    with structlog.testing.capture_logs(processors=[structlog.processors.format_exc_info]) as lines:
        async with running(Settings(DATABASE_URL=url, rate_client=0, rate_network=0)) as app, client_of(app) as http:
            form = {"grant_type": "client_credentials"}
            answer = await http.post("/oauth/token", data=form, auth=httpx.BasicAuth(*made))
            tokens = {
                "anyone": {},
                **{name: bearer_headers(app, *ROLES[name][0], **ROLES[name][1]) for name in DEFAULT_ROLES},
            }
            tokens[ALL_SCOPES] = bearer_headers(app, *Scope)
            tokens[READER] = {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

            async def read(target: str, headers: dict[str, str]) -> httpx.Response:
                if not target.partition("?")[0].endswith("/live") or "/attendance" not in target:
                    return await http.get(target, headers=headers)
                async with open_event_stream(
                    app, target, **headers
                ) as heard:  # httpx would wait for the end of the stream
                    if heard.status == 200:
                        await heard.wait_for_events(1)
                    return httpx.Response(heard.status, headers=heard.headers, text=heard.text)

            yield ServiceUnderTest(
                url, http, read, tokens, [made[1]], lambda: json.dumps(lines, default=repr), asks_all_roles=False
            )


@dataclass
class ServiceUnderTest:
    """A service that is asked: its database, its callers, and all that it has logged so far."""

    url: str
    http: httpx.AsyncClient
    fetch: Fetch
    tokens: Mapping[str, dict[str, str]]
    client_secrets: list[str]
    read_log: Callable[[], str]
    asks_all_roles: bool
    """Whether every role asks for everything."""

    async def assert_no_leak_in_log(self, *faults: str) -> None:
        """Assert that the log names these faults, and that neither it nor the measurements tell of anybody."""
        said = self.read_log() + (await self.http.get("/metrics")).text
        assert '"request"' in said
        assert [fault for fault in faults if fault not in said] == []
        secrets = [*self.client_secrets, *(await canaries.fetch_secrets(self.url)).values()]
        tokens = [token["Authorization"].split()[1].rpartition(".")[2] for token in self.tokens.values() if token]
        told = (
            *CANARIES.values(),
            *map(quote, CANARIES.values()),
            SENT_CANARY,
            quote(SENT_CANARY),
            *HIDDEN_IDS,
            *secrets,
            *tokens,
        )
        assert [word for word in told if word in said] == []


@pytest_asyncio.fixture(
    scope="module",
    params=[
        pytest.param(run_in_this_process, id="in this process"),
        pytest.param(serve_in_own_process, id="as it is served", marks=pytest.mark.full),
    ],
)
async def asked(server: str, request: pytest.FixtureRequest) -> AsyncIterator[ServiceUnderTest]:
    async for url in copy_of(server, LOADED):
        await canaries.insert_canaries(url)
        async for one in request.param(url):
            yield one


def list_targets(contract: Mapping[str, Any]) -> Iterator[str]:
    """Every address that can be read, of the examples and of both meetings, with each parameter in each form."""
    for path, methods in contract["paths"].items():
        if "get" not in methods:
            continue
        parameters = methods["get"].get("parameters", [])
        given = {one["name"]: quote(str(one.get("example", ""))) for one in parameters if one["in"] == "path"}
        meetings = (
            (given["code"], RESTRICTED_MEETING, OPEN_MEETING)
            if path.startswith("/v1/meetings/{code}")
            else (given.get("code"),)
        )
        required = [one for one in parameters if one.get("required") and one["in"] == "query"]
        beside = "".join(f"&{one['name']}={quote(str(one['example']))}" for one in required)
        for code in meetings:
            if code in (RESTRICTED_MEETING, OPEN_MEETING):
                given |= dict.fromkeys(
                    given.keys() & {"id", "participant"}, build_id(1 if code == RESTRICTED_MEETING else 4)
                )
            address = path.format(**{**given, "code": code})
            yield f"{address}?{beside[1:]}" if beside else address
            for one in parameters:
                if one["in"] == "query":
                    yield from (f"{address}?{one['name']}={value}" for value in _list_parameter_values(one))


def _list_parameter_values(parameter: Mapping[str, Any]) -> list[str]:
    match parameter["name"]:
        case "q":
            return ["zulkenari", *map(quote, CANARIES.values())]
        case "known_at":
            return [quote((datetime.now(UTC) - timedelta(minutes=1)).isoformat())]
        case "session":
            return ["alfa"]
        case "organization" | "attended_by":
            return ["kpu-32"]
        case _:
            found = parameter["schema"].get("enum") or [parameter.get("example")]
            return [quote(str(one)) for one in found if one is not None]


def find_leaks(heard: RecordedResponses, secrets: Mapping[str, str]) -> list[str]:
    """What was told to whom it is not for."""
    found = []
    for role, what, told in heard.responses:
        closed = [*CANARIES.values(), SICK_STATUS]
        if not (role == READER and f"/{RESTRICTED_MEETING}/" in what) and role != "audit:read":
            closed += HIDDEN_IDS  # the trail names whose data was read, by ids alone
        if "status=sick" in what:
            closed.append(SICK_PARTICIPANT)
        if role == READER and any(f"/{part}" in what for part in PERSONAL_PATHS):
            closed = []
        if role == DEVICE_OF_OPEN_MEETING and any(
            f"/{OPEN_MEETING}/{part}" in what for part in PERSONAL_PATHS
        ):  # its own meeting
            closed = [
                word
                for word in closed
                if word not in (CANARIES["excuse"], CANARIES["illness"], SICK_STATUS, SICK_PARTICIPANT)
            ]
        found += [f"{role}, {what}: {word}" for word in (*closed, SENT_CANARY, *secrets.values()) if word in told]
    return found


async def test_reads_show_canaries_only_to_permitted_roles(asked: ServiceUnderTest) -> None:
    contract = (await asked.http.get("/openapi.json")).json()
    heard, at_once = RecordedResponses(), asyncio.Semaphore(8)
    everything = list(dict.fromkeys(list_targets(contract)))
    personal = [
        one
        for one in everything
        if RESTRICTED_MEETING in one or OPEN_MEETING in one or "/search" in one or "/audit" in one
    ]
    plain = [one for one in everything if "?" not in one]

    async def ask(role: str, target: str) -> None:
        async with at_once:
            heard.record(role, target, await asked.fetch(target, asked.tokens[role]))

    if asked.asks_all_roles:
        targets_of = {role: everything if role == "anyone" else [*personal, *plain] for role in asked.tokens}
    else:
        bare = [one for one in personal if "?" not in one]
        targets_of = {"anyone": [*personal, *plain], READER: bare}
        targets_of |= {READER_OF_KPU_31: [*bare, *personal[::2]], DEVICE_OF_OPEN_MEETING: [*bare, *personal[1::2]]}
    await asyncio.gather(*(ask(role, target) for role, some in targets_of.items() for target in dict.fromkeys(some)))
    secrets = await canaries.fetch_secrets(asked.url)
    assert len(secrets) >= 1 + len(asked.client_secrets)
    known = dict(secrets) | {f"client secret {n}": one for n, one in enumerate(asked.client_secrets)}
    assert not find_leaks(heard, known)
    seen = "".join(told for role, what, told in heard.responses if role == READER)
    assert [word for word in (*CANARIES.values(), SICK_STATUS) if word not in seen] == []  # whom it is for is told all
    assert len(heard.responses) > (2000 if asked.asks_all_roles else 700)
    await asked.assert_no_leak_in_log()


async def test_exported_rolls_show_canaries_only_to_permitted_roles(asked: ServiceUnderTest) -> None:
    heard = RecordedResponses()
    for role, token in asked.tokens.items():
        if role == ALL_SCOPES:
            continue
        for code in (RESTRICTED_MEETING, OPEN_MEETING):
            for media_type in FILE_MEDIA_TYPES:
                target = f"/v1/meetings/{code}/attendance"
                heard.record(role, target, await asked.http.get(target, headers={**token, "Accept": media_type}))
    assert not find_leaks(heard, {})
    told = [told for role, what, told in heard.responses if role == READER and RESTRICTED_MEETING in what]
    assert [CANARIES["name"] in one for one in told] == [True] * len(FILE_MEDIA_TYPES)
    await asked.assert_no_leak_in_log()


async def test_problems_do_not_echo_input_or_stored_data(asked: ServiceUnderTest) -> None:
    """Of what was sent, of what stands in the way, and of what the database said."""
    heard, contract = RecordedResponses(), (await asked.http.get("/openapi.json")).json()
    for path, methods in contract["paths"].items():
        for method in methods.keys() & {"post", "patch", "delete"}:
            parameters = methods[method].get("parameters", [])
            given = {one["name"]: one.get("example", build_id(9)) for one in parameters if one["in"] == "path"}
            address = path.format(**({**given, "code": RESTRICTED_MEETING} if "/meetings/{code}" in path else given))
            body: dict[str, Any] = {
                "name": SENT_CANARY,
                "note": SENT_CANARY,
                "kenari": SENT_CANARY,
                "code": SENT_CANARY,
                "scopes": [SENT_CANARY],
            }
            kind = "application/merge-patch+json" if method == "patch" else "application/json"
            for role in asked.tokens if asked.asks_all_roles else ("anyone", ALL_SCOPES):
                headers = {**asked.tokens[role], "If-Match": "*", "Idempotency-Key": uuid4().hex, "Content-Type": kind}
                answer = await asked.http.request(
                    method, f"{address}?q={quote(SENT_CANARY)}", json=body, headers=headers
                )
                assert answer.status_code >= 400
                heard.record(role, f"{method} {address}", answer)
                answer = await asked.http.request(method, address, json=body, headers=headers)
                assert answer.status_code >= 400
                heard.record(role, f"{method} {address}", answer)
    region = {"code": "31", "name": SENT_CANARY, "type": "province", "time_zone": "Asia/Jakarta"}
    conflicts: tuple[tuple[str, str, str, Any, str], ...] = (
        ("meetings:write", "DELETE", f"/v1/meetings/{RESTRICTED_MEETING}", None, "in_use"),
        ("meetings:write", "DELETE", f"/v1/meetings/{RESTRICTED_MEETING}/sessions/alfa", None, "in_use"),
        ("regions:write", "POST", "/v1/regions", region, "already_exists"),
    )
    for scope, method, address, content, code in conflicts:
        headers = {**asked.tokens[scope], "If-Match": "*", "Idempotency-Key": uuid4().hex}
        answer = await asked.http.request(method, address, json=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        heard.record(scope, address, answer)
    assert not find_leaks(heard, await canaries.fetch_secrets(asked.url))
    await asked.assert_no_leak_in_log()


@pytest.mark.parametrize(("sqlstate", "status"), [("XX000", 500), ("53100", 503)])
async def test_database_error_message_is_not_exposed(asked: ServiceUnderTest, sqlstate: str, status: int) -> None:
    heard = RecordedResponses()
    await canaries.execute(asked.url, canaries.CREATE_FAILING_TRIGGER.format(sqlstate))
    headers = {**asked.tokens["officials:write"], "Idempotency-Key": uuid4().hex}
    answer = heard.record(
        "officials:write", "", await asked.http.post("/v1/officials", json={"name": SENT_CANARY}, headers=headers)
    )
    await canaries.execute(asked.url, canaries.DROP_FAILING_TRIGGER)
    assert answer.status_code == status
    assert not find_leaks(heard, {})
    await asked.assert_no_leak_in_log("request_failed" if status == 500 else "database_unavailable")


async def test_server_error_exposes_nothing(asked: ServiceUnderTest) -> None:
    heard = RecordedResponses()
    await canaries.execute(asked.url, canaries.BREAK_TABLE)
    for role, token in asked.tokens.items():
        for code in (RESTRICTED_MEETING, OPEN_MEETING):
            target = f"/v1/meetings/{code}/attendance?q={quote(CANARIES['name'])}"
            heard.record(role, "", await asked.http.get(target, headers=token))
    await canaries.execute(asked.url, canaries.REPAIR_TABLE)
    assert any(told.startswith("500") for _, _, told in heard.responses)
    assert not find_leaks(heard, {})
    await asked.assert_no_leak_in_log("request_failed")


async def test_client_secret_is_shown_once_and_not_stored(asked: ServiceUnderTest) -> None:
    headers = {**asked.tokens["clients:admin"], "Idempotency-Key": uuid4().hex}
    content = {"name": "x", "scopes": ["audit:read"]}
    first, again = [await asked.http.post("/v1/clients", json=content, headers=headers) for _ in range(2)]
    secret = first.json()["client_secret"]
    asked.client_secrets.append(secret)
    assert (again.status_code, again.json()["client_secret"]) == (201, None)
    kept = "SELECT string_agg(encode(body, 'escape') || headers::text, '') FROM idempotency_keys"
    assert secret not in await fetch(asked.url, kept)
    await asked.assert_no_leak_in_log()
