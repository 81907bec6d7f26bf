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
from tests.authorization.asks_at_the_door import FILES
from tests.authorization.canaries import CLOSED, HIDDEN_IDS, ILL, OPEN, SENT, WORDS, id_of
from tests.authorization.hearing import Heard, heard_at
from tests.callers import bearer_headers
from tests.conftest import LOADED, connect_client, copy_template, fetch_value, run_application
from tests.service.conftest import serving

READS, ELSEWHERE, OTHER_GATE = "attendance:read", "attendance:read of kpu-31", "attendance:read at another gate"
ROLES: dict[str, tuple[list[Scope], dict[str, str]]] = {str(scope): ([scope], {}) for scope in Scope}
ROLES |= {
    ELSEWHERE: ([Scope.ATTENDANCE_READ], {"organization": "kpu-31"}),
    OTHER_GATE: ([Scope.ATTENDANCE_READ], {"meeting": OPEN}),
}
ALL = "all scopes"
FEW = (READS, ELSEWHERE, OTHER_GATE, *map(str, (Scope.MEETINGS_WRITE, Scope.OFFICIALS_WRITE, Scope.REGIONS_WRITE)))
FEW += (str(Scope.CLIENTS_ADMIN),)
SICK = '"status":"sick"'
PERSONAL = ("attendance", "participants", "badges", "check-ins", "corrections")
Ask = Callable[[str, dict[str, str]], Any]


async def whole(url: str) -> AsyncIterator["Asked"]:
    made = {
        name: await asyncio.to_thread(canaries.make_client, url, list(map(str, scopes)), **bound)
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
                return await heard_at(http, target, headers)

            secrets = [secret for _, secret in made.values()]
            yield Asked(url, http, read, tokens, secrets, lambda: service.errors() + service.greeting, is_whole=True)


async def few(url: str) -> AsyncIterator["Asked"]:
    made = await asyncio.to_thread(canaries.make_client, url, [READS])
    with structlog.testing.capture_logs(processors=[structlog.processors.format_exc_info]) as lines:
        async with (
            run_application(Settings(DATABASE_URL=url, rate_client=0, rate_network=0)) as app,
            connect_client(app) as http,
        ):
            form = {"grant_type": "client_credentials"}
            answer = await http.post("/oauth/token", data=form, auth=httpx.BasicAuth(*made))
            tokens = {"anyone": {}, **{name: bearer_headers(app, *ROLES[name][0], **ROLES[name][1]) for name in FEW}}
            tokens[ALL] = bearer_headers(app, *Scope)
            tokens[READS] = {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

            async def read(target: str, headers: dict[str, str]) -> httpx.Response:
                if not target.partition("?")[0].endswith("/live") or "/attendance" not in target:
                    return await http.get(target, headers=headers)
                async with open_event_stream(
                    app, target, **headers
                ) as heard:  # httpx would wait for the end of the stream
                    if heard.status == 200:
                        await heard.wait_for_events(1)
                    return httpx.Response(heard.status, headers=heard.headers, text=heard.text)

            yield Asked(url, http, read, tokens, [made[1]], lambda: json.dumps(lines, default=repr), is_whole=False)


@dataclass
class Asked:
    """A service that is asked: its database, its callers, and all that it has logged so far."""

    url: str
    http: httpx.AsyncClient
    read: Ask
    tokens: Mapping[str, dict[str, str]]
    client_secrets: list[str]
    log: Callable[[], str]
    is_whole: bool
    """Whether every role asks for everything."""

    async def assert_silent(self, *faults: str) -> None:
        """Assert that the log names these faults, and that neither it nor the measurements tell of anybody."""
        said = self.log() + (await self.http.get("/metrics")).text
        assert '"request"' in said
        assert [fault for fault in faults if fault not in said] == []
        secrets = [*self.client_secrets, *(await canaries.secrets(self.url)).values()]
        tokens = [token["Authorization"].split()[1].rpartition(".")[2] for token in self.tokens.values() if token]
        told = (*WORDS.values(), *map(quote, WORDS.values()), SENT, quote(SENT), *HIDDEN_IDS, *secrets, *tokens)
        assert [word for word in told if word in said] == []


@pytest_asyncio.fixture(
    scope="module",
    params=[pytest.param(few, id="in this process"), pytest.param(whole, id="as it is served", marks=pytest.mark.full)],
)
async def asked(server: str, request: pytest.FixtureRequest) -> AsyncIterator[Asked]:
    async for url in copy_template(server, LOADED):
        await canaries.plant(url)
        async for one in request.param(url):
            yield one


def targets(contract: Mapping[str, Any]) -> Iterator[str]:
    """Every address that can be read, of the examples and of both meetings, with each parameter in each form."""
    for path, methods in contract["paths"].items():
        if "get" not in methods:
            continue
        parameters = methods["get"].get("parameters", [])
        given = {one["name"]: quote(str(one.get("example", ""))) for one in parameters if one["in"] == "path"}
        meetings = (given["code"], CLOSED, OPEN) if path.startswith("/v1/meetings/{code}") else (given.get("code"),)
        required = [one for one in parameters if one.get("required") and one["in"] == "query"]
        beside = "".join(f"&{one['name']}={quote(str(one['example']))}" for one in required)
        for code in meetings:
            if code in (CLOSED, OPEN):
                given |= dict.fromkeys(given.keys() & {"id", "participant"}, id_of(1 if code == CLOSED else 4))
            address = path.format(**{**given, "code": code})
            yield f"{address}?{beside[1:]}" if beside else address
            for one in parameters:
                if one["in"] == "query":
                    yield from (f"{address}?{one['name']}={value}" for value in _values(one))


def _values(parameter: Mapping[str, Any]) -> list[str]:
    match parameter["name"]:
        case "q":
            return ["zulkenari", *map(quote, WORDS.values())]
        case "known_at":
            return [quote((datetime.now(UTC) - timedelta(minutes=1)).isoformat())]
        case "session":
            return ["alfa"]
        case "organization" | "attended_by":
            return ["kpu-32"]
        case _:
            found = parameter["schema"].get("enum") or [parameter.get("example")]
            return [quote(str(one)) for one in found if one is not None]


def leaks(heard: Heard, secrets: Mapping[str, str]) -> list[str]:
    """What was told to whom it is not for."""
    found = []
    for role, what, told in heard.answers:
        closed = [*WORDS.values(), SICK]
        if not (role == READS and f"/{CLOSED}/" in what) and role != "audit:read":
            closed += HIDDEN_IDS  # the trail names whose data was read, by ids alone
        if "status=sick" in what:
            closed.append(ILL)
        if role == READS and any(f"/{part}" in what for part in PERSONAL):
            closed = []
        if role == OTHER_GATE and any(f"/{OPEN}/{part}" in what for part in PERSONAL):  # its own meeting
            closed = [word for word in closed if word not in (WORDS["excuse"], WORDS["illness"], SICK, ILL)]
        found += [f"{role}, {what}: {word}" for word in (*closed, SENT, *secrets.values()) if word in told]
    return found


async def test_every_address_that_can_be_read(asked: Asked) -> None:
    contract = (await asked.http.get("/openapi.json")).json()
    heard, at_once = Heard(), asyncio.Semaphore(8)
    everything = list(dict.fromkeys(targets(contract)))
    personal = [one for one in everything if CLOSED in one or OPEN in one or "/search" in one or "/audit" in one]
    plain = [one for one in everything if "?" not in one]

    async def ask(role: str, target: str) -> None:
        async with at_once:
            heard.add(role, target, await asked.read(target, asked.tokens[role]))

    if asked.is_whole:
        targets_of = {role: everything if role == "anyone" else [*personal, *plain] for role in asked.tokens}
    else:
        bare = [one for one in personal if "?" not in one]
        targets_of = {"anyone": [*personal, *plain], READS: bare}
        targets_of |= {ELSEWHERE: [*bare, *personal[::2]], OTHER_GATE: [*bare, *personal[1::2]]}
    await asyncio.gather(*(ask(role, target) for role, some in targets_of.items() for target in dict.fromkeys(some)))
    secrets = await canaries.secrets(asked.url)
    assert len(secrets) >= 1 + len(asked.client_secrets)
    known = dict(secrets) | {f"client secret {n}": one for n, one in enumerate(asked.client_secrets)}
    assert not leaks(heard, known)
    seen = "".join(told for role, what, told in heard.answers if role == READS)
    assert [word for word in (*WORDS.values(), SICK) if word not in seen] == []  # whom it is for is told all
    assert len(heard.answers) > (2000 if asked.is_whole else 700)
    await asked.assert_silent()


async def test_a_roll_as_a_file(asked: Asked) -> None:
    heard = Heard()
    for role, token in asked.tokens.items():
        if role == ALL:
            continue
        for code in (CLOSED, OPEN):
            for media_type in FILES:
                target = f"/v1/meetings/{code}/attendance"
                heard.add(role, target, await asked.http.get(target, headers={**token, "Accept": media_type}))
    assert not leaks(heard, {})
    told = [told for role, what, told in heard.answers if role == READS and CLOSED in what]
    assert [WORDS["name"] in one for one in told] == [True] * len(FILES)
    await asked.assert_silent()


async def test_a_refusal_tells_back_nothing(asked: Asked) -> None:
    """Of what was sent, of what stands in the way, and of what the database said."""
    heard, contract = Heard(), (await asked.http.get("/openapi.json")).json()
    for path, methods in contract["paths"].items():
        for method in methods.keys() & {"post", "patch", "delete"}:
            parameters = methods[method].get("parameters", [])
            given = {one["name"]: one.get("example", id_of(9)) for one in parameters if one["in"] == "path"}
            address = path.format(**({**given, "code": CLOSED} if "/meetings/{code}" in path else given))
            body: dict[str, Any] = {"name": SENT, "note": SENT, "kenari": SENT, "code": SENT, "scopes": [SENT]}
            kind = "application/merge-patch+json" if method == "patch" else "application/json"
            for role in asked.tokens if asked.is_whole else ("anyone", ALL):
                headers = {**asked.tokens[role], "If-Match": "*", "Idempotency-Key": uuid4().hex, "Content-Type": kind}
                answer = await asked.http.request(method, f"{address}?q={quote(SENT)}", json=body, headers=headers)
                assert answer.status_code >= 400
                heard.add(role, f"{method} {address}", answer)
                answer = await asked.http.request(method, address, json=body, headers=headers)
                assert answer.status_code >= 400
                heard.add(role, f"{method} {address}", answer)
    region = {"code": "31", "name": SENT, "type": "province", "time_zone": "Asia/Jakarta"}
    conflicts: tuple[tuple[str, str, str, Any, str], ...] = (
        ("meetings:write", "DELETE", f"/v1/meetings/{CLOSED}", None, "in_use"),
        ("meetings:write", "DELETE", f"/v1/meetings/{CLOSED}/sessions/alfa", None, "in_use"),
        ("regions:write", "POST", "/v1/regions", region, "already_exists"),
    )
    for scope, method, address, content, code in conflicts:
        headers = {**asked.tokens[scope], "If-Match": "*", "Idempotency-Key": uuid4().hex}
        answer = await asked.http.request(method, address, json=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        heard.add(scope, address, answer)
    assert not leaks(heard, await canaries.secrets(asked.url))
    await asked.assert_silent()


@pytest.mark.parametrize(("sqlstate", "status"), [("XX000", 500), ("53100", 503)])
async def test_a_fault_tells_nothing(asked: Asked, sqlstate: str, status: int) -> None:
    heard = Heard()
    await canaries.run(asked.url, canaries.FAULT.format(sqlstate))
    headers = {**asked.tokens["officials:write"], "Idempotency-Key": uuid4().hex}
    answer = heard.add(
        "officials:write", "", await asked.http.post("/v1/officials", json={"name": SENT}, headers=headers)
    )
    await canaries.run(asked.url, canaries.NO_FAULT)
    assert answer.status_code == status
    assert not leaks(heard, {})
    await asked.assert_silent("request_failed" if status == 500 else "database_unavailable")


async def test_a_broken_table_tells_nothing(asked: Asked) -> None:
    heard = Heard()
    await canaries.run(asked.url, canaries.BREAK)
    for role, token in asked.tokens.items():
        for code in (CLOSED, OPEN):
            target = f"/v1/meetings/{code}/attendance?q={quote(WORDS['name'])}"
            heard.add(role, "", await asked.http.get(target, headers=token))
    await canaries.run(asked.url, canaries.MEND)
    assert any(told.startswith("500") for _, _, told in heard.answers)
    assert not leaks(heard, {})
    await asked.assert_silent("request_failed")


async def test_a_secret_is_shown_once_and_not_kept(asked: Asked) -> None:
    headers = {**asked.tokens["clients:admin"], "Idempotency-Key": uuid4().hex}
    content = {"name": "x", "scopes": ["audit:read"]}
    first, again = [await asked.http.post("/v1/clients", json=content, headers=headers) for _ in range(2)]
    secret = first.json()["client_secret"]
    asked.client_secrets.append(secret)
    assert (again.status_code, again.json()["client_secret"]) == (201, None)
    kept = "SELECT string_agg(encode(body, 'escape') || headers::text, '') FROM idempotency_keys"
    assert secret not in await fetch_value(asked.url, kept)
    await asked.assert_silent()
