"""Every operation, asked by every role about what is its own, another's, nobody's and missing: no cell leaks.

By default, a covering part of the cells is asked: each request by all roles of the scope that it takes, and by some
that stand for the others, which are others for each request. The full suite asks the rest.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts

from app.auth import AuthorizingRoute, Caller, Scope
from app.auth.route import authorize
from app.core.problems import InsufficientScope
from tests.attendance.event_stream_client import open_event_stream
from tests.authorization.dataset import CALLER_ID, OTHER, OWN, PLENARIES, SECRET_TEXT
from tests.authorization.expectations import ExpectedResponse, expect_response, find_required_scope, is_meeting_visible
from tests.authorization.request_case import RequestCase
from tests.authorization.requests import REQUESTS
from tests.authorization.roles import DEVICE_MEETING, ROLES, Role, build_headers
from tests.conftest import fetch

OPERATIONS = sorted({ask.operation for ask in REQUESTS})
SELECT_STORED_COUNTS = """
    SELECT (SELECT count(*) FROM revisions), (SELECT count(*) FROM idempotency_keys), (SELECT count(*) FROM clients),
        (SELECT count(*) FROM client_secrets WHERE revoked_at IS NULL),
        (SELECT count(*) FROM audit_lines WHERE operation <> ALL($1)),
        (SELECT count(*) FROM participants), (SELECT count(*) FROM scans WHERE annulled_at IS NULL),
        (SELECT count(*) FROM roll_corrections WHERE confirmed_at IS NULL),
        (SELECT count(*) FROM badges WHERE revoked_at IS NULL),
        (SELECT count(*) FROM meetings WHERE roll_closed_at IS NULL)"""
# What is personal leaves a line in the trail when it is read.
READ_OPERATIONS = sorted({ask.operation for ask in REQUESTS if ask.method == "GET"})


class Cell(NamedTuple):
    request: RequestCase
    role: Role

    def __str__(self) -> str:
        return f"{self.role.name} asks for {self.request}"


def is_sent(request: RequestCase, role: Role) -> bool:
    """Return whether a request is sent by a role.

    What is open to all is not asked by every kind of bound token, nor are files sent by each: each takes a connection.
    """
    return (
        not role.is_bound_with_one_scope
        or request.reads_restricted_roll
        or bool(find_required_scope(request) and request.operation != "import_rows")
    )


def is_in_default_suite(number: int, request: RequestCase, role: Role) -> bool:
    """Return whether the default suite asks this cell; `number` chooses the roles that stand for others like them."""
    if role.invalid_token and role.invalid_token != "none":
        return role.invalid_token == ("garbage", "expired")[number % 2]
    bound = role.organization or role.meeting
    if len(role.scopes) != 1:
        return bound in (None, (OWN, OTHER, DEVICE_MEETING)[number % 3]) or request.operation == "import_rows"
    taken = (
        {find_required_scope(request), Scope.ATTENDANCE_READ}
        if request.reads_restricted_roll
        else {find_required_scope(request)}
    )
    others = [scope for scope in Scope if scope not in taken]
    return role.scopes[0] in taken or (bound is None and role.scopes[0] == others[number % len(others)])


CELLS = [
    (Cell(ask, role), is_in_default_suite(n, ask, role))
    for n, ask in enumerate(REQUESTS)
    for role in ROLES
    if is_sent(ask, role)
]
ALL_CELLS = [cell for cell, _ in CELLS]
DEFAULT_CELLS = [cell for cell, covers in CELLS if covers]
OTHER_CELLS = [cell for cell, covers in CELLS if not covers]


@pytest.mark.parametrize(("cells", "least"), [(DEFAULT_CELLS, 3000), (ALL_CELLS, 20000)], ids=["covering", "whole"])
def test_matrix_has_enough_cells(cells: list[Cell], least: int) -> None:
    assert len(cells) >= least
    assert {cell.request.owner for cell in cells} >= {"own", "other", "missing", "nobody", "both"}
    statuses = {expect_response(*cell).status for cell in cells}
    assert statuses >= {200, 204, 401, 403, 404}


def test_default_cells_cover_every_role_and_result() -> None:
    """Each role stands in it that any request could take, and of each operation whatever any role is answered."""

    def ends(cells: list[Cell]) -> set[Any]:
        return {(cell.request.operation, cell.request.owner, expect_response(*cell)) for cell in cells}

    taken = set(map(find_required_scope, REQUESTS))
    assert {cell.role for cell in DEFAULT_CELLS} == {
        r for r in ROLES if not r.is_bound_with_one_scope or r.scopes[0] in taken
    }
    assert ends(DEFAULT_CELLS) == ends(ALL_CELLS)


def test_matrix_contains_every_operation_with_its_scope(app: FastAPI) -> None:
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    assert {route.name for route in routes if isinstance(route, AuthorizingRoute)} == set(OPERATIONS)
    for route in routes:
        assert isinstance(route, AuthorizingRoute)
        for ask in REQUESTS:
            if ask.operation == route.name:
                given = dict(httpx.URL(ask.target).params)
                assert route.access_policy.required_scope(given, frozenset()) == find_required_scope(ask), ask


def test_other_scopes_do_not_authorize(app: FastAPI) -> None:
    """Of the cells that are not asked by default all that a scope decides, asked of the check alone."""
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    accesses = {route.name: route.access_policy for route in routes if isinstance(route, AuthorizingRoute)}
    opened = []
    for ask, role in OTHER_CELLS:
        if expect_response(ask, role).code == "insufficient_scope" and find_required_scope(ask):
            caller = Caller(CALLER_ID, "tester", frozenset(role.scopes), role.organization, role.meeting)
            query = ask.target.partition("?")[2].encode()
            request = Request({"type": "http", "headers": [], "query_string": query, "state": {"caller": caller}})
            try:
                authorize(request, accesses[ask.operation])
                opened.append(f"{role.name} opens {ask}")
            except InsufficientScope:
                pass
    assert not opened, f"{len(opened)} leaks, the first of them:\n" + "\n".join(opened[:10])


@pytest.fixture(scope="module")
async def headers_by_role(app: FastAPI) -> dict[str, dict[str, str]]:
    return {role.name: await build_headers(app, role) for role in ROLES}


@pytest.fixture(scope="module")
def known_refusals() -> dict[Any, Any]:
    """What was answered to whom may not: by method, status, code and scope it is the same whatever is asked for."""
    return {}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "cells", [pytest.param(DEFAULT_CELLS, id="covering"), pytest.param(OTHER_CELLS, id="rest", marks=pytest.mark.full)]
)
async def test_responses_are_as_the_contract_promises(
    app: FastAPI,
    client: httpx.AsyncClient,
    world_url: str,
    tokens: dict[str, dict[str, str]],
    refusals: dict[Any, Any],
    cells: list[Cell],
    operation: str,
) -> None:
    kept = await fetch(world_url, SELECT_STORED_COUNTS, READ_OPERATIONS)
    wrong = []
    for cell in cells:
        if cell.request.operation == operation:
            answer = await _send(app, client, cell.request, tokens[cell.role.name])
            wrong += [f"{cell}: {flaw}" for flaw in _find_differences(answer, expect_response(*cell), refusals)]
    assert not wrong, f"{len(wrong)} leaks, the first of them:\n" + "\n".join(wrong[:10])
    assert await fetch(world_url, SELECT_STORED_COUNTS, READ_OPERATIONS) == kept


async def test_quorum_shows_presence_only_to_readers_of_the_roll(
    client: httpx.AsyncClient, tokens: dict[str, dict[str, str]]
) -> None:
    for whose, code in PLENARIES.items():
        ask = RequestCase("get_quorum", "GET", whose, f"/v1/meetings/{code}/quorum?at=2030-03-11T03:00:00Z")
        for role in (role for role in ROLES if role.invalid_token in (None, "none")):
            answer = await client.get(ask.target, headers=tokens[role.name])
            told = {one["present"] is not None for one in answer.json()["members"]}
            assert told == {"attendance:read" in role.scopes and is_meeting_visible(ask, role, code)}, role.name


async def _send(app: FastAPI, client: httpx.AsyncClient, case: RequestCase, token: dict[str, str]) -> httpx.Response:
    given = {**token, "Accept": case.accept}
    if case.operation == "stream_attendance_summary":
        given["Accept-Language"] = client.headers["Accept-Language"]
        async with open_event_stream(app, case.target, **given) as heard:  # httpx would wait for the end of the stream
            request = httpx.Request("GET", f"http://test{case.target}")
            return httpx.Response(heard.status, headers=heard.headers, text=heard.text, request=request)
    if case.content is not None:
        given["Content-Type"] = case.media_type
    if case.method in ("PATCH", "DELETE"):
        given["If-Match"] = "*"
    return await client.request(case.method, case.target, content=case.content, headers=given)


def _find_differences(response: httpx.Response, expected: ExpectedResponse, refusals: dict[Any, Any]) -> Iterator[str]:
    if response.status_code != expected.status:
        yield f"{response.status_code} instead of {expected}: {response.text[:300]}"
        return
    if expected.code is None:
        if not expected.is_row_accepted or "rows" in response.text[:300]:
            yield from _find_row_differences(response, expected)
        return
    document = response.json()
    if document["code"] != expected.code:
        yield f"{document['code']} instead of {expected.code}"
    challenge = response.headers.get("www-authenticate", "")
    if (expected.status == 401) != ("Bearer" in challenge and expected.code == "unauthenticated"):
        yield f"{challenge!r} challenges with {expected.status}"
    if expected.scope and f'scope="{expected.scope}"' not in challenge:
        yield f"{challenge!r} does not name {expected.scope}"
    if SECRET_TEXT in response.text or SECRET_TEXT in str(response.headers):
        yield "a refusal tells of what is there"
    same = refusals.setdefault((expected, response.request.method), _comparable_parts(response))
    if same != _comparable_parts(response):
        yield f"{_comparable_parts(response)} instead of {same}"


def _find_row_differences(response: httpx.Response, expected: ExpectedResponse) -> Iterator[str]:
    (row,) = response.json()["rows"]
    if (row["status"] != "refused") != expected.is_row_accepted:
        yield f"{row} instead of {expected}"
    if not expected.is_row_accepted and [error["code"] for error in row["errors"]] != ["outside_organization"]:
        yield f"{row['errors']}"


def _comparable_parts(response: httpx.Response) -> Any:
    """All of an answer but for what names the request."""
    told = {name: value for name, value in response.headers.items() if name not in ("x-request-id", "date")}
    return told, {**response.json(), "request_id": None, "trace_id": None}
