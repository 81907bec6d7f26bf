from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Body, FastAPI, Query, Request, Response
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict

from app.auth import (
    AccessPolicy,
    AuthorizingRoute,
    Scope,
    allow_anonymous,
    build_missing_scope_problem,
    check_access_declared,
    require_scope,
)
from app.core.problems import Problem
from tests.conftest import client_of


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: int


def service() -> FastAPI:
    router = APIRouter(route_class=AuthorizingRoute)

    @router.post("/closed", dependencies=[require_scope(Scope.REGIONS_WRITE)])
    async def write(query: Annotated[Given, Query()], body: Annotated[Given, Body()]) -> str:
        return "written"

    @router.post("/open", dependencies=[allow_anonymous()])
    async def read(query: Annotated[Given, Query()], body: Annotated[Given, Body()]) -> str:
        return "read"

    @router.get("/sometimes", dependencies=[allow_anonymous()])
    async def find(request: Request) -> None:
        raise build_missing_scope_problem(Scope.ATTENDANCE_READ, request)

    app = FastAPI()
    app.include_router(router)

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> Response:
        return problem.response(request.scope)

    return app


class TestRoute:
    @pytest.mark.parametrize(
        "declared",
        [
            [],
            None,
            [allow_anonymous(), allow_anonymous()],
            [allow_anonymous(), require_scope(Scope.AUDIT_READ)],
            [require_scope(Scope.AUDIT_READ)] * 2,
        ],
        ids=["none", "nothing", "public twice", "public and scope", "two scopes"],
    )
    def test_a_route_declares_exactly_one(self, declared: list[Any] | None) -> None:
        router = APIRouter(route_class=AuthorizingRoute)
        with pytest.raises(TypeError, match=r"/x: declare exactly one of allow_anonymous\(\), require_scope\(\)"):
            router.get("/x", dependencies=declared)(lambda: None)

    @pytest.mark.parametrize("declared", [allow_anonymous(), require_scope(Scope.CLIENTS_ADMIN)])
    def test_a_router_may_not_declare_for_its_routes(self, declared: Any) -> None:
        """Else a route would be open because of where it stands."""
        router = APIRouter(prefix="/x", route_class=AuthorizingRoute, dependencies=[declared])
        router.get("/y")(lambda: None)
        with pytest.raises(TypeError, match="/x: the access policy must be declared by each route"):
            check_access_declared(FastAPI(), [router])

    def test_a_route_of_another_class_is_refused(self) -> None:
        router = APIRouter()
        router.get("/open")(lambda: None)
        app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        app.include_router(router)
        with pytest.raises(TypeError, match="/open: the route declares no access policy"):
            check_access_declared(app, [router])

    async def test_without_a_token_nothing_is_looked_at(self) -> None:
        """Neither wrong parameters nor a body that is no JSON change the answer; the body is not even read."""
        read = False

        async def body() -> Any:
            nonlocal read
            read = True
            yield b"{"

        async with client_of(service()) as client:
            for params in ({}, {"number": "x"}, {"number": "1", "colour": "red"}):
                answer = await client.post(
                    "/closed", params=params, content=body(), headers={"Content-Type": "application/json"}
                )
                assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
                assert answer.headers["www-authenticate"] == 'Bearer realm="rakornas", scope="regions:write"'
                assert answer.headers["cache-control"] == "no-store"
        assert not read

    @pytest.mark.parametrize("authorization", ["Bearer x", "Bearer", "Basic eDp5", "x"])
    async def test_what_is_no_token_of_ours_is_invalid(self, authorization: str) -> None:
        async with client_of(service()) as client:
            answer = await client.post("/closed", headers={"Authorization": authorization})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].endswith('scope="regions:write", error="invalid_token"')

    @pytest.mark.parametrize(
        ("headers", "rest"),
        [({}, ""), ({"Authorization": "Bearer x"}, ', error="invalid_token"')],
        ids=["none", "wrong"],
    )
    async def test_an_open_route_may_need_one_for_what_it_finds(self, headers: dict[str, str], rest: str) -> None:
        """As a restricted roll does: the same challenge, from within the route."""
        async with client_of(service()) as client:
            answer = await client.get("/sometimes", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == f'Bearer realm="rakornas", scope="attendance:read"{rest}'
        assert answer.headers["cache-control"] == "no-store"

    async def test_an_open_route_asks_for_none(self) -> None:
        async with client_of(service()) as client:
            answer = await client.post("/open?number=1", json={"number": 1}, headers={"Authorization": "Bearer x"})
        assert answer.json() == "read"


def test_every_scope_is_a_scope_token() -> None:
    assert len(set(Scope)) == 14
    for scope in Scope:
        resource, _, right = scope.partition(":")
        assert resource.replace("-", "").isalpha()
        assert right in ("read", "write", "admin")


def test_every_route_of_the_app_declares_who_may_call_it(app: FastAPI) -> None:
    routes = [context.route for context in iter_route_contexts(app.router.routes)]
    assert {"/v1/regions", "/v1/officials/{id}", "/docs/{asset}", "/metrics"} <= {
        getattr(route, "path", None) for route in routes
    }
    for route in routes:
        assert isinstance(route, AuthorizingRoute)
        assert [one.dependency for one in route.dependencies if isinstance(one.dependency, AccessPolicy)] == [
            route.access_policy
        ]


def test_nothing_can_be_written_by_anyone(app: FastAPI) -> None:
    """But for the token endpoint, which asks for more than a token."""
    routes: list[Any] = [context.route for context in iter_route_contexts(app.router.routes)]
    open_writes = {one.path for one in routes if one.access_policy.scope is None and not {"GET", "HEAD"} >= one.methods}
    assert open_writes == {"/oauth/token"}
    closed_reads = {one.path for one in routes if one.access_policy.scope is not None and "GET" in one.methods}
    assert {"/v1/clients", "/v1/clients/{id}"} <= closed_reads
