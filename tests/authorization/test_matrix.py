"""Every operation, requested by every role about objects of every kind of owner and missing ones.

By default, a part of the cells is tested: each request by all roles with its scope and by a sample of the others, which
differs from request to request. The full suite tests the rest.
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
from tests.conftest import fetch_value

OPERATIONS = sorted({case.operation for case in REQUESTS})
SELECT_STORED_COUNTS = """
    SELECT (SELECT count(*) FROM revisions), (SELECT count(*) FROM idempotency_keys), (SELECT count(*) FROM clients),
        (SELECT count(*) FROM client_secrets WHERE revoked_at IS NULL),
        (SELECT count(*) FROM audit_lines WHERE operation <> ALL($1)),
        (SELECT count(*) FROM participants), (SELECT count(*) FROM scans WHERE annulled_at IS NULL),
        (SELECT count(*) FROM roll_corrections WHERE confirmed_at IS NULL),
        (SELECT count(*) FROM badges WHERE revoked_at IS NULL),
        (SELECT count(*) FROM meetings WHERE roll_closed_at IS NULL)"""
# Reads of personal data add lines to the audit trail.
READ_OPERATIONS = sorted({case.operation for case in REQUESTS if case.method == "GET"})


class Cell(NamedTuple):
    """One request by one role."""

    request: RequestCase
    role: Role

    def __str__(self) -> str:
        return f"{self.role.name} sends {self.request}"


def is_sent(request: RequestCase, role: Role) -> bool:
    """Return whether a role sends a request.

    Bound roles of one scope do not send public requests and imports, to save time.
    """
    return (
        not role.is_bound_with_one_scope
        or request.reads_restricted_roll
        or bool(find_required_scope(request) and request.operation != "import_rows")
    )


def is_in_default_suite(number: int, request: RequestCase, role: Role) -> bool:
    """Return whether the default suite contains this cell; the number of the request selects the sample of roles."""
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
    (Cell(case, role), is_in_default_suite(n, case, role))
    for n, case in enumerate(REQUESTS)
    for role in ROLES
    if is_sent(case, role)
]
ALL_CELLS = [cell for cell, _ in CELLS]
DEFAULT_CELLS = [cell for cell, is_default in CELLS if is_default]
OTHER_CELLS = [cell for cell, is_default in CELLS if not is_default]


@pytest.mark.parametrize(("cells", "minimum"), [(DEFAULT_CELLS, 3000), (ALL_CELLS, 20000)], ids=["default", "all"])
def test_matrix_has_enough_cells(cells: list[Cell], minimum: int) -> None:
    assert len(cells) >= minimum
    assert {cell.request.owner for cell in cells} >= {"own", "other", "missing", "unowned", "both"}
    statuses = {expect_response(*cell).status for cell in cells}
    assert statuses >= {200, 204, 401, 403, 404}


def test_default_cells_cover_every_role_and_result() -> None:
    """They contain each role that any request may admit, and each result of each operation and kind of owner."""

    def list_results(cells: list[Cell]) -> set[Any]:
        return {(cell.request.operation, cell.request.owner, expect_response(*cell)) for cell in cells}

    required_scopes = set(map(find_required_scope, REQUESTS))
    assert {cell.role for cell in DEFAULT_CELLS} == {
        role for role in ROLES if not role.is_bound_with_one_scope or role.scopes[0] in required_scopes
    }
    assert list_results(DEFAULT_CELLS) == list_results(ALL_CELLS)


def test_matrix_contains_every_operation_with_its_scope(app: FastAPI) -> None:
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    assert {route.name for route in routes if isinstance(route, AuthorizingRoute)} == set(OPERATIONS)
    for route in routes:
        assert isinstance(route, AuthorizingRoute)
        for case in REQUESTS:
            if case.operation == route.name:
                query_params = dict(httpx.URL(case.target).params)
                assert route.access_policy.required_scope(query_params, frozenset()) == find_required_scope(case), case


def test_other_scopes_do_not_authorize(app: FastAPI) -> None:
    """Checks the authorization alone for the cells that the default suite does not contain."""
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    policies = {route.name: route.access_policy for route in routes if isinstance(route, AuthorizingRoute)}
    authorized = []
    for case, role in OTHER_CELLS:
        if expect_response(case, role).code == "insufficient_scope" and find_required_scope(case):
            caller = Caller(CALLER_ID, "tester", frozenset(role.scopes), role.organization, role.meeting)
            query = case.target.partition("?")[2].encode()
            request = Request({"type": "http", "headers": [], "query_string": query, "state": {"caller": caller}})
            try:
                authorize(request, policies[case.operation])
                authorized.append(f"{role.name}: {case}")
            except InsufficientScope:
                pass
    assert not authorized, f"{len(authorized)} leaks, the first of them:\n" + "\n".join(authorized[:10])


@pytest.fixture(scope="module")
async def headers_by_role(app: FastAPI) -> dict[str, dict[str, str]]:
    return {role.name: await build_headers(app, role) for role in ROLES}


@pytest.fixture(scope="module")
def known_refusals() -> dict[Any, Any]:
    """The first problem by method, status, code and scope; all others must be identical."""
    return {}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "cells", [pytest.param(DEFAULT_CELLS, id="default"), pytest.param(OTHER_CELLS, id="rest", marks=pytest.mark.full)]
)
async def test_responses_are_as_the_contract_promises(
    app: FastAPI,
    client: httpx.AsyncClient,
    dataset_url: str,
    headers_by_role: dict[str, dict[str, str]],
    known_refusals: dict[Any, Any],
    cells: list[Cell],
    operation: str,
) -> None:
    stored = await fetch_value(dataset_url, SELECT_STORED_COUNTS, READ_OPERATIONS)
    differences = []
    for cell in cells:
        if cell.request.operation == operation:
            answer = await _send(app, client, cell.request, headers_by_role[cell.role.name])
            differences += [
                f"{cell}: {text}" for text in _find_differences(answer, expect_response(*cell), known_refusals)
            ]
    assert not differences, f"{len(differences)} leaks, the first of them:\n" + "\n".join(differences[:10])
    assert await fetch_value(dataset_url, SELECT_STORED_COUNTS, READ_OPERATIONS) == stored


async def test_quorum_shows_presence_only_to_readers_of_the_roll(
    client: httpx.AsyncClient, headers_by_role: dict[str, dict[str, str]]
) -> None:
    for owner, code in PLENARIES.items():
        case = RequestCase("get_quorum", "GET", owner, f"/v1/meetings/{code}/quorum?at=2030-03-11T03:00:00Z")
        for role in (role for role in ROLES if role.invalid_token in (None, "none")):
            answer = await client.get(case.target, headers=headers_by_role[role.name])
            is_shown = {member["present"] is not None for member in answer.json()["members"]}
            assert is_shown == {"attendance:read" in role.scopes and is_meeting_visible(case, role, code)}, role.name


async def _send(app: FastAPI, client: httpx.AsyncClient, case: RequestCase, token: dict[str, str]) -> httpx.Response:
    headers = {**token, "Accept": case.accept}
    if case.operation == "stream_attendance_summary":
        headers["Accept-Language"] = client.headers["Accept-Language"]
        async with open_event_stream(app, case.target, **headers) as stream:
            request = httpx.Request("GET", f"http://test{case.target}")
            return httpx.Response(stream.status, headers=stream.headers, text=stream.text, request=request)
    if case.content is not None:
        headers["Content-Type"] = case.media_type
    if case.method in ("PATCH", "DELETE") or case.operation in ("move_meeting", "close_roll"):
        headers["If-Match"] = "*"
    return await client.request(case.method, case.target, content=case.content, headers=headers)


def _find_differences(
    response: httpx.Response, expected: ExpectedResponse, known_refusals: dict[Any, Any]
) -> Iterator[str]:
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
        yield "the problem exposes stored data"
    known = known_refusals.setdefault((expected, response.request.method), _comparable_parts(response))
    if known != _comparable_parts(response):
        yield f"{_comparable_parts(response)} instead of {known}"


def _find_row_differences(response: httpx.Response, expected: ExpectedResponse) -> Iterator[str]:
    (row,) = response.json()["rows"]
    if (row["status"] != "refused") != expected.is_row_accepted:
        yield f"{row} instead of {expected}"
    if not expected.is_row_accepted and [error["code"] for error in row["errors"]] != ["outside_organization"]:
        yield f"{row['errors']}"


def _comparable_parts(response: httpx.Response) -> Any:
    """Return the headers and the body of a problem without the members that differ for each request."""
    names = {name for name in response.headers if not name.startswith("access-control-")}  # decided by the path alone
    headers = {name: response.headers[name] for name in sorted(names - {"x-request-id", "date"})}
    return headers, {**response.json(), "request_id": None, "trace_id": None}
