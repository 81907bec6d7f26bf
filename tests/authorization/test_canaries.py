"""Personal and secret data appear in no response, log line, metric or error, except for roles with the scope for it.

By default, an application in this process gets requests of the few roles that matter; the full suite sends those of
every role to a service in its own process.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.applications import resolve_document
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
from tests.authorization.canary_service import (
    ALL_SCOPES,
    DEVICE_OF_OPEN_MEETING,
    READER,
    READER_OF_KPU_31,
    ServiceUnderTest,
    run_in_this_process,
    serve_in_own_process,
)
from tests.authorization.meeting_requests import FILE_MEDIA_TYPES
from tests.authorization.recorded_responses import RecordedResponses
from tests.conftest import LOADED, copy_template, fetch_value

SICK_STATUS = '"status":"sick"'
PERSONAL_PATHS = ("attendance", "participants", "badges", "check-ins", "corrections")


@pytest_asyncio.fixture(
    scope="module",
    params=[
        pytest.param(run_in_this_process, id="in this process"),
        pytest.param(serve_in_own_process, id="in its own process", marks=pytest.mark.full),
    ],
)
async def service(server: str, request: pytest.FixtureRequest) -> AsyncIterator[ServiceUnderTest]:
    async for url in copy_template(server, LOADED):
        await canaries.insert_canaries(url)
        async for service in request.param(url):
            yield service


def list_targets(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield every GET target of the OpenAPI document, for the examples and both meetings, with each query parameter."""
    for path, methods in document["paths"].items():
        if "get" not in methods:
            continue
        parameters = methods["get"].get("parameters", [])
        query = [parameter for parameter in parameters if parameter["in"] == "query"]
        values = {item["name"]: quote(str(item.get("example", ""))) for item in parameters if item["in"] == "path"}
        codes = [values.get("code")]
        if path.startswith("/v1/meetings/{code}"):
            codes += [RESTRICTED_MEETING, OPEN_MEETING]
        required = "&".join(f"{item['name']}={quote(str(item['example']))}" for item in query if item.get("required"))
        for code in codes:
            if code in (RESTRICTED_MEETING, OPEN_MEETING):
                participant = build_id(1 if code == RESTRICTED_MEETING else 4)
                values |= dict.fromkeys(values.keys() & {"id", "participant"}, participant)
            target = path.format(**{**values, "code": code})
            yield f"{target}?{required}" if required else target
            for parameter in query:
                yield from (f"{target}?{parameter['name']}={value}" for value in _list_parameter_values(parameter))


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
            values = parameter["schema"].get("enum") or [parameter.get("example")]
            return [quote(str(value)) for value in values if value is not None]


def find_leaks(recorded: RecordedResponses, secrets: Mapping[str, str]) -> list[str]:
    """Return the canaries and secrets in responses to roles that must not see them."""
    found = []
    for role, request, response in recorded.responses:
        hidden = [*CANARIES.values(), SICK_STATUS]
        if not (role == READER and f"/{RESTRICTED_MEETING}/" in request) and role != "audit:read":
            hidden += HIDDEN_IDS  # the audit trail contains the ids of participants that were read, and nothing else
        if "status=sick" in request:
            hidden.append(SICK_PARTICIPANT)
        if role == READER and any(f"/{part}" in request for part in PERSONAL_PATHS):
            hidden = []
        if role == DEVICE_OF_OPEN_MEETING and any(f"/{OPEN_MEETING}/{part}" in request for part in PERSONAL_PATHS):
            visible = (CANARIES["excuse"], CANARIES["illness"], SICK_STATUS, SICK_PARTICIPANT)
            hidden = [word for word in hidden if word not in visible]
        words = (*hidden, SENT_CANARY, *secrets.values())
        found += [f"{role}, {request}: {word}" for word in words if word in response]
    return found


async def test_reads_show_canaries_only_to_permitted_roles(service: ServiceUnderTest) -> None:
    document = resolve_document((await service.http.get("/openapi.json")).json())
    recorded, concurrency = RecordedResponses(), asyncio.Semaphore(8)
    targets = list(dict.fromkeys(list_targets(document)))
    personal_parts = (RESTRICTED_MEETING, OPEN_MEETING, "/search", "/audit")
    personal = [target for target in targets if any(part in target for part in personal_parts)]
    without_query = [target for target in targets if "?" not in target]

    async def send(role: str, target: str) -> None:
        async with concurrency:
            recorded.record(role, target, await service.fetch(target, service.headers_by_role[role]))

    if service.sends_all_roles:
        targets_of = {
            role: targets if role == "anyone" else [*personal, *without_query] for role in service.headers_by_role
        }
    else:
        personal_without_query = [target for target in personal if "?" not in target]
        targets_of = {
            "anyone": [*personal, *without_query],
            READER: personal_without_query,
            READER_OF_KPU_31: [*personal_without_query, *personal[::2]],
            DEVICE_OF_OPEN_MEETING: [*personal_without_query, *personal[1::2]],
        }
    await asyncio.gather(*(send(role, target) for role in targets_of for target in dict.fromkeys(targets_of[role])))
    secrets = await canaries.fetch_secrets(service.url)
    assert len(secrets) >= 1 + len(service.client_secrets)
    client_secrets = {f"client secret {n}": secret for n, secret in enumerate(service.client_secrets)}
    assert not find_leaks(recorded, {**secrets, **client_secrets})
    seen_by_reader = "".join(response for role, _, response in recorded.responses if role == READER)
    assert [word for word in (*CANARIES.values(), SICK_STATUS) if word not in seen_by_reader] == []
    assert len(recorded.responses) > (2000 if service.sends_all_roles else 700)
    await service.assert_no_leak_in_log()


async def test_exported_rolls_show_canaries_only_to_permitted_roles(service: ServiceUnderTest) -> None:
    recorded = RecordedResponses()
    for role, headers in service.headers_by_role.items():
        if role == ALL_SCOPES:
            continue
        for code in (RESTRICTED_MEETING, OPEN_MEETING):
            for media_type in FILE_MEDIA_TYPES:
                target = f"/v1/meetings/{code}/attendance"
                recorded.record(role, target, await service.http.get(target, headers={**headers, "Accept": media_type}))
    assert not find_leaks(recorded, {})
    files = [text for role, target, text in recorded.responses if role == READER and RESTRICTED_MEETING in target]
    assert [CANARIES["name"] in text for text in files] == [True] * len(FILE_MEDIA_TYPES)
    await service.assert_no_leak_in_log()


async def test_problems_do_not_echo_input_or_stored_data(service: ServiceUnderTest) -> None:
    recorded, document = RecordedResponses(), resolve_document((await service.http.get("/openapi.json")).json())
    body: dict[str, Any] = dict.fromkeys(("name", "note", "kenari", "code"), SENT_CANARY) | {"scopes": [SENT_CANARY]}
    for path, methods in document["paths"].items():
        for method in methods.keys() & {"post", "patch", "delete"}:
            parameters = methods[method].get("parameters", [])
            values = {item["name"]: item.get("example", build_id(9)) for item in parameters if item["in"] == "path"}
            target = path.format(**values | ({"code": RESTRICTED_MEETING} if "/meetings/{code}" in path else {}))
            media_type = "application/merge-patch+json" if method == "patch" else "application/json"
            for role in service.headers_by_role if service.sends_all_roles else ("anyone", ALL_SCOPES):
                headers = {**_write_headers(service, role), "Content-Type": media_type}
                for query in (f"?q={quote(SENT_CANARY)}", ""):
                    answer = await service.http.request(method, target + query, json=body, headers=headers)
                    assert answer.status_code >= 400
                    recorded.record(role, f"{method} {target}", answer)
    region = {"code": "31", "name": SENT_CANARY, "type": "province", "time_zone": "Asia/Jakarta"}
    conflicts: tuple[tuple[str, str, str, Any, str], ...] = (
        ("meetings:write", "DELETE", f"/v1/meetings/{RESTRICTED_MEETING}", None, "in_use"),
        ("meetings:write", "DELETE", f"/v1/meetings/{RESTRICTED_MEETING}/sessions/alfa", None, "in_use"),
        ("regions:write", "POST", "/v1/regions", region, "already_exists"),
    )
    for scope, method, target, content, code in conflicts:
        answer = await service.http.request(method, target, json=content, headers=_write_headers(service, scope))
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        recorded.record(scope, target, answer)
    assert not find_leaks(recorded, await canaries.fetch_secrets(service.url))
    await service.assert_no_leak_in_log()


@pytest.mark.parametrize(("sqlstate", "status"), [("XX000", 500), ("53100", 503)])
async def test_database_error_message_is_not_exposed(service: ServiceUnderTest, sqlstate: str, status: int) -> None:
    recorded = RecordedResponses()
    await canaries.execute(service.url, canaries.CREATE_FAILING_TRIGGER.format(sqlstate))
    headers = _write_headers(service, "officials:write")
    answer = await service.http.post("/v1/officials", json={"name": SENT_CANARY}, headers=headers)
    recorded.record("officials:write", "", answer)
    await canaries.execute(service.url, canaries.DROP_FAILING_TRIGGER)
    assert answer.status_code == status
    assert not find_leaks(recorded, {})
    await service.assert_no_leak_in_log("request_failed" if status == 500 else "database_unavailable")


async def test_server_error_exposes_nothing(service: ServiceUnderTest) -> None:
    recorded = RecordedResponses()
    await canaries.execute(service.url, canaries.BREAK_TABLE)
    for role, headers in service.headers_by_role.items():
        for code in (RESTRICTED_MEETING, OPEN_MEETING):
            target = f"/v1/meetings/{code}/attendance?q={quote(CANARIES['name'])}"
            recorded.record(role, "", await service.http.get(target, headers=headers))
    await canaries.execute(service.url, canaries.REPAIR_TABLE)
    assert any(text.startswith("500") for _, _, text in recorded.responses)
    assert not find_leaks(recorded, {})
    await service.assert_no_leak_in_log("request_failed")


async def test_client_secret_is_shown_once_and_not_stored(service: ServiceUnderTest) -> None:
    headers = _write_headers(service, "clients:admin")
    payload = {"name": "x", "scopes": ["audit:read"]}
    first, again = [await service.http.post("/v1/clients", json=payload, headers=headers) for _ in range(2)]
    secret = first.json()["client_secret"]
    service.client_secrets.append(secret)
    assert (again.status_code, again.json()["client_secret"]) == (201, None)
    stored = "SELECT string_agg(encode(body, 'escape') || headers::text, '') FROM idempotency_keys"
    assert secret not in await fetch_value(service.url, stored)
    await service.assert_no_leak_in_log()


def _write_headers(service: ServiceUnderTest, role: str) -> dict[str, str]:
    return {**service.headers_by_role[role], "If-Match": "*", "Idempotency-Key": uuid4().hex}
