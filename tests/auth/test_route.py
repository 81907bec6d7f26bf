"""AuthorizingRoute, the check of all routes, and the access policies of the application."""

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
from tests.conftest import connect_client


class NumberModel(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: int


def build_app() -> FastAPI:
    router = APIRouter(route_class=AuthorizingRoute)

    @router.post("/closed", dependencies=[require_scope(Scope.REGIONS_WRITE)])
    async def write(query: Annotated[NumberModel, Query()], body: Annotated[NumberModel, Body()]) -> str:
        return "written"

    @router.post("/open", dependencies=[allow_anonymous()])
    async def read(query: Annotated[NumberModel, Query()], body: Annotated[NumberModel, Body()]) -> str:
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


class TestAuthorizingRoute:
    @pytest.mark.parametrize(
        "dependencies",
        [
            [],
            None,
            [allow_anonymous(), allow_anonymous()],
            [allow_anonymous(), require_scope(Scope.AUDIT_READ)],
            [require_scope(Scope.AUDIT_READ)] * 2,
        ],
        ids=["none", "nothing", "public twice", "public and scope", "two scopes"],
    )
    def test_route_without_exactly_one_policy_is_rejected(self, dependencies: list[Any] | None) -> None:
        router = APIRouter(route_class=AuthorizingRoute)
        with pytest.raises(TypeError, match=r"/x: declare exactly one of allow_anonymous\(\), require_scope\(\)"):
            router.get("/x", dependencies=dependencies)(lambda: None)

    @pytest.mark.parametrize("dependency", [allow_anonymous(), require_scope(Scope.CLIENTS_ADMIN)])
    def test_router_with_a_policy_is_rejected(self, dependency: Any) -> None:
        """Otherwise a route would be public because of its router."""
        router = APIRouter(prefix="/x", route_class=AuthorizingRoute, dependencies=[dependency])
        router.get("/y")(lambda: None)
        with pytest.raises(TypeError, match="/x: the access policy must be declared by each route"):
            check_access_declared(FastAPI(), [router])

    def test_route_of_another_class_is_rejected(self) -> None:
        router = APIRouter()
        router.get("/open")(lambda: None)
        app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        app.include_router(router)
        with pytest.raises(TypeError, match="/open: the route declares no access policy"):
            check_access_declared(app, [router])

    async def test_anonymous_request_is_401_before_its_parameters_and_body_are_read(self) -> None:
        """Neither invalid parameters nor an invalid body changes the response; the body is not read."""
        is_read = False

        async def body() -> Any:
            nonlocal is_read
            is_read = True
            yield b"{"

        async with connect_client(build_app()) as client:
            for params in ({}, {"number": "x"}, {"number": "1", "colour": "red"}):
                answer = await client.post(
                    "/closed", params=params, content=body(), headers={"Content-Type": "application/json"}
                )
                assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
                assert answer.headers["www-authenticate"] == 'Bearer realm="rakornas", scope="regions:write"'
                assert answer.headers["cache-control"] == "no-store"
        assert not is_read

    @pytest.mark.parametrize("authorization", ["Bearer x", "Bearer", "Basic eDp5", "x"])
    async def test_unverified_authorization_is_an_invalid_token(self, authorization: str) -> None:
        async with connect_client(build_app()) as client:
            answer = await client.post("/closed", headers={"Authorization": authorization})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].endswith('scope="regions:write", error="invalid_token"')

    @pytest.mark.parametrize(
        ("headers", "rest"),
        [({}, ""), ({"Authorization": "Bearer x"}, ', error="invalid_token"')],
        ids=["none", "wrong"],
    )
    async def test_public_route_may_raise_the_same_challenge(self, headers: dict[str, str], rest: str) -> None:
        """As for a restricted roll: the route itself raises the problem."""
        async with connect_client(build_app()) as client:
            answer = await client.get("/sometimes", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == f'Bearer realm="rakornas", scope="attendance:read"{rest}'
        assert answer.headers["cache-control"] == "no-store"

    async def test_public_route_needs_no_token(self) -> None:
        async with connect_client(build_app()) as client:
            answer = await client.post("/open?number=1", json={"number": 1}, headers={"Authorization": "Bearer x"})
        assert answer.json() == "read"


def test_scopes_have_a_resource_and_a_right() -> None:
    assert len(set(Scope)) == 14
    for scope in Scope:
        resource, _, right = scope.partition(":")
        assert resource.replace("-", "").isalpha()
        assert right in ("read", "write", "admin")


def test_every_route_of_the_app_has_one_policy(app: FastAPI) -> None:
    routes = [context.route for context in iter_route_contexts(app.router.routes)]
    assert {"/v1/regions", "/v1/officials/{id}", "/docs/{asset}", "/metrics"} <= {
        getattr(route, "path", None) for route in routes
    }
    for route in routes:
        assert isinstance(route, AuthorizingRoute)
        assert [item.dependency for item in route.dependencies if isinstance(item.dependency, AccessPolicy)] == [
            route.access_policy
        ]


def test_anonymous_requests_cannot_write(app: FastAPI) -> None:
    """Except at the token endpoint, which authenticates clients by other credentials."""
    routes: list[Any] = [context.route for context in iter_route_contexts(app.router.routes)]
    public_writes = {
        route.path for route in routes if route.access_policy.scope is None and not {"GET", "HEAD"} >= route.methods
    }
    assert public_writes == {"/oauth/token"}
    scoped_reads = {route.path for route in routes if route.access_policy.scope is not None and "GET" in route.methods}
    assert {"/v1/clients", "/v1/clients/{id}"} <= scoped_reads
