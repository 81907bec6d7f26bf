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
from tests.authorization.ask import Ask
from tests.authorization.asks import ASKS
from tests.authorization.roles import GATE, ROLES, Role, headers
from tests.authorization.rules import Expected, expected, may_know, scope_of
from tests.authorization.world import CALLER, OTHER, OWN, PLENARIES, SECRET
from tests.conftest import fetch_value

OPERATIONS = sorted({ask.operation for ask in ASKS})
KEPT = """
    SELECT (SELECT count(*) FROM revisions), (SELECT count(*) FROM idempotency_keys), (SELECT count(*) FROM clients),
        (SELECT count(*) FROM client_secrets WHERE revoked_at IS NULL),
        (SELECT count(*) FROM audit_lines WHERE operation <> ALL($1)),
        (SELECT count(*) FROM participants), (SELECT count(*) FROM scans WHERE annulled_at IS NULL),
        (SELECT count(*) FROM roll_corrections WHERE confirmed_at IS NULL),
        (SELECT count(*) FROM badges WHERE revoked_at IS NULL),
        (SELECT count(*) FROM meetings WHERE roll_closed_at IS NULL)"""
# What is personal leaves a line in the trail when it is read.
READINGS = sorted({ask.operation for ask in ASKS if ask.method == "GET"})


class Cell(NamedTuple):
    ask: Ask
    role: Role

    def __str__(self) -> str:
        return f"{self.role.name} asks for {self.ask}"


def is_asked(ask: Ask, role: Role) -> bool:
    """Return whether a request is sent by a role.

    What is open to all is not asked by every kind of bound token, nor are files sent by each: each takes a connection.
    """
    return not role.is_one_bound or ask.roll or bool(scope_of(ask) and ask.operation != "import_rows")


def is_covering(number: int, ask: Ask, role: Role) -> bool:
    """Return whether the default suite asks this cell; `number` chooses the roles that stand for others like them."""
    if role.bad and role.bad != "none":
        return role.bad == ("garbage", "expired")[number % 2]
    bound = role.organization or role.meeting
    if len(role.scopes) != 1:
        return bound in (None, (OWN, OTHER, GATE)[number % 3]) or ask.operation == "import_rows"
    taken = {scope_of(ask), Scope.ATTENDANCE_READ} if ask.roll else {scope_of(ask)}
    others = [scope for scope in Scope if scope not in taken]
    return role.scopes[0] in taken or (bound is None and role.scopes[0] == others[number % len(others)])


CELLS = [
    (Cell(ask, role), is_covering(n, ask, role)) for n, ask in enumerate(ASKS) for role in ROLES if is_asked(ask, role)
]
WHOLE = [cell for cell, _ in CELLS]
COVERING = [cell for cell, covers in CELLS if covers]
REST = [cell for cell, covers in CELLS if not covers]


@pytest.mark.parametrize(("cells", "least"), [(COVERING, 3000), (WHOLE, 20000)], ids=["covering", "whole"])
def test_the_matrix_is_large(cells: list[Cell], least: int) -> None:
    assert len(cells) >= least
    assert {cell.ask.whose for cell in cells} >= {"own", "other", "missing", "nobody", "both"}
    statuses = {expected(*cell).status for cell in cells}
    assert statuses >= {200, 204, 401, 403, 404}


def test_the_covering_part_leaves_no_role_and_no_end_out() -> None:
    """Each role stands in it that any request could take, and of each operation whatever any role is answered."""

    def ends(cells: list[Cell]) -> set[Any]:
        return {(cell.ask.operation, cell.ask.whose, expected(*cell)) for cell in cells}

    taken = set(map(scope_of, ASKS))
    assert {cell.role for cell in COVERING} == {r for r in ROLES if not r.is_one_bound or r.scopes[0] in taken}
    assert ends(COVERING) == ends(WHOLE)


def test_every_operation_is_in_it_with_the_scope_of_the_contract(app: FastAPI) -> None:
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    assert {route.name for route in routes if isinstance(route, AuthorizingRoute)} == set(OPERATIONS)
    for route in routes:
        assert isinstance(route, AuthorizingRoute)
        for ask in ASKS:
            if ask.operation == route.name:
                given = dict(httpx.URL(ask.target).params)
                assert route.access_policy.required_scope(given, frozenset()) == scope_of(ask), ask


def test_a_scope_that_is_not_taken_opens_nothing(app: FastAPI) -> None:
    """Of the cells that are not asked by default all that a scope decides, asked of the check alone."""
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    accesses = {route.name: route.access_policy for route in routes if isinstance(route, AuthorizingRoute)}
    opened = []
    for ask, role in REST:
        if expected(ask, role).code == "insufficient_scope" and scope_of(ask):
            caller = Caller(CALLER, "tester", frozenset(role.scopes), role.organization, role.meeting)
            query = ask.target.partition("?")[2].encode()
            request = Request({"type": "http", "headers": [], "query_string": query, "state": {"caller": caller}})
            try:
                authorize(request, accesses[ask.operation])
                opened.append(f"{role.name} opens {ask}")
            except InsufficientScope:
                pass
    assert not opened, f"{len(opened)} leaks, the first of them:\n" + "\n".join(opened[:10])


@pytest.fixture(scope="module")
async def tokens(app: FastAPI) -> dict[str, dict[str, str]]:
    return {role.name: await headers(app, role) for role in ROLES}


@pytest.fixture(scope="module")
def refusals() -> dict[Any, Any]:
    """What was answered to whom may not: by method, status, code and scope it is the same whatever is asked for."""
    return {}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "cells", [pytest.param(COVERING, id="covering"), pytest.param(REST, id="rest", marks=pytest.mark.full)]
)
async def test_nobody_gets_more_than_the_contract_gives(
    app: FastAPI,
    client: httpx.AsyncClient,
    world_url: str,
    tokens: dict[str, dict[str, str]],
    refusals: dict[Any, Any],
    cells: list[Cell],
    operation: str,
) -> None:
    kept = await fetch_value(world_url, KEPT, READINGS)
    wrong = []
    for cell in cells:
        if cell.ask.operation == operation:
            answer = await _answer(app, client, cell.ask, tokens[cell.role.name])
            wrong += [f"{cell}: {flaw}" for flaw in _flaws(answer, expected(*cell), refusals)]
    assert not wrong, f"{len(wrong)} leaks, the first of them:\n" + "\n".join(wrong[:10])
    assert await fetch_value(world_url, KEPT, READINGS) == kept


async def test_who_is_present_at_a_restricted_plenary_is_told_to_whom_its_roll_is(
    client: httpx.AsyncClient, tokens: dict[str, dict[str, str]]
) -> None:
    for whose, code in PLENARIES.items():
        ask = Ask("get_quorum", "GET", whose, f"/v1/meetings/{code}/quorum?at=2030-03-11T03:00:00Z")
        for role in (role for role in ROLES if role.bad in (None, "none")):
            answer = await client.get(ask.target, headers=tokens[role.name])
            told = {one["present"] is not None for one in answer.json()["members"]}
            assert told == {"attendance:read" in role.scopes and may_know(ask, role, code)}, role.name


async def _answer(app: FastAPI, client: httpx.AsyncClient, ask: Ask, token: dict[str, str]) -> httpx.Response:
    given = {**token, "Accept": ask.accept}
    if ask.operation == "stream_attendance_summary":
        given["Accept-Language"] = client.headers["Accept-Language"]
        async with open_event_stream(app, ask.target, **given) as heard:  # httpx would wait for the end of the stream
            request = httpx.Request("GET", f"http://test{ask.target}")
            return httpx.Response(heard.status, headers=heard.headers, text=heard.text, request=request)
    if ask.content is not None:
        given["Content-Type"] = ask.media_type
    if ask.method in ("PATCH", "DELETE"):
        given["If-Match"] = "*"
    return await client.request(ask.method, ask.target, content=ask.content, headers=given)


def _flaws(answer: httpx.Response, right: Expected, refusals: dict[Any, Any]) -> Iterator[str]:
    if answer.status_code != right.status:
        yield f"{answer.status_code} instead of {right}: {answer.text[:300]}"
        return
    if right.code is None:
        if not right.row or "rows" in answer.text[:300]:
            yield from _row_flaws(answer, right)
        return
    document = answer.json()
    if document["code"] != right.code:
        yield f"{document['code']} instead of {right.code}"
    challenge = answer.headers.get("www-authenticate", "")
    if (right.status == 401) != ("Bearer" in challenge and right.code == "unauthenticated"):
        yield f"{challenge!r} challenges with {right.status}"
    if right.scope and f'scope="{right.scope}"' not in challenge:
        yield f"{challenge!r} does not name {right.scope}"
    if SECRET in answer.text or SECRET in str(answer.headers):
        yield "a refusal tells of what is there"
    same = refusals.setdefault((right, answer.request.method), _refusal(answer))
    if same != _refusal(answer):
        yield f"{_refusal(answer)} instead of {same}"


def _row_flaws(answer: httpx.Response, right: Expected) -> Iterator[str]:
    (row,) = answer.json()["rows"]
    if (row["status"] != "refused") != right.row:
        yield f"{row} instead of {right}"
    if not right.row and [error["code"] for error in row["errors"]] != ["outside_organization"]:
        yield f"{row['errors']}"


def _refusal(answer: httpx.Response) -> Any:
    """All of an answer but for what names the request."""
    told = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "date")}
    return told, {**answer.json(), "request_id": None, "trace_id": None}
