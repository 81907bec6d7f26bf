"""A body as a route declares it, from its media type to its place in the contract."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import orjson
import pytest
import pytest_asyncio
from fastapi import APIRouter, Body, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field

from app.auth import AuthorizingRoute, allow_anonymous
from app.core.http.bodies import MERGE_PATCH_TYPE
from app.core.http.body_types import Int32, Name, PayloadModel, build_patch_model
from app.core.http.openapi import BODY_PROBLEMS, problem_responses
from app.core.http.parameters import EmptyQuery
from app.core.http.validation import list_member_names, validation_problem
from app.core.problems import Problem
from tests.conftest import connect_client


class Room(PayloadModel):
    name: Name
    seats: Annotated[Int32, Field(ge=1)] | None = None


class Notice(PayloadModel):
    name: Name
    rooms: Annotated[list[Room], Field(default_factory=list)]


router = APIRouter(route_class=AuthorizingRoute, responses=problem_responses(*BODY_PROBLEMS))


@router.post("/notices", dependencies=[allow_anonymous()], status_code=201)
async def create(request: Request, _: Annotated[EmptyQuery, Query()], notice: Annotated[Notice, Body()]) -> Any:
    return {"read": notice.model_dump(), "raw": await request.json(), "bytes": len(await request.body())}


@router.patch("/notices", dependencies=[allow_anonymous()])
async def change(
    request: Request,
    notice: Annotated[build_patch_model(Notice), Body(media_type=MERGE_PATCH_TYPE)],  # type: ignore[valid-type]
) -> Any:
    return await request.json()


def service() -> FastAPI:
    app = FastAPI()
    app.include_router(router)

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> Response:
        return problem.response(request.scope)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        route = request.scope["route"]
        known = list_member_names([field.field_info.annotation for field in route.dependant.query_params])
        return validation_problem(error.errors(), known, route.body_field.field_info.annotation).response(request.scope)

    return app


@pytest_asyncio.fixture(scope="session")
async def caller() -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(service()) as client:
        yield client


class TestMediaType:
    @pytest.mark.parametrize(
        "given", ["application/json", "Application/JSON ; charset=UTF-8", 'application/json;charset="utf-8"']
    )
    async def test_json_in_utf_8(self, caller: httpx.AsyncClient, given: str) -> None:
        answer = await caller.post("/notices", content=b'{"name":"x"}', headers={"Content-Type": given})
        assert answer.status_code == 201

    @pytest.mark.parametrize(
        "given",
        ["", "text/plain", "text/json", "application/xml", "application/json; charset=latin-1", MERGE_PATCH_TYPE, "x"],
    )
    async def test_what_else_is_taken_is_told(self, caller: httpx.AsyncClient, given: str) -> None:
        answer = await caller.post("/notices", content=b"{", headers={"Content-Type": given} if given else {})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
        assert answer.headers["accept"] == "application/json"
        assert "accept-patch" not in answer.headers

    async def test_a_patch_is_a_merge_patch(self, caller: httpx.AsyncClient) -> None:
        answer = await caller.patch("/notices", json={"name": "x"})
        assert answer.status_code == 415
        assert answer.headers["accept-patch"] == MERGE_PATCH_TYPE
        patch = {"name": "x"}
        answer = await caller.patch("/notices", content=orjson.dumps(patch), headers={"Content-Type": MERGE_PATCH_TYPE})
        assert (answer.status_code, answer.json()) == (200, patch)

    async def test_nothing_compressed(self, caller: httpx.AsyncClient) -> None:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answer = await caller.post("/notices", content=b'{"name":"x"}', headers=headers)
        assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
        headers["Content-Encoding"] = "identity"
        assert (await caller.post("/notices", content=b'{"name":"x"}', headers=headers)).status_code == 201


class TestRoute:
    async def test_the_route_gets_the_content_and_may_have_it_raw(self, caller: httpx.AsyncClient) -> None:
        content = {"name": "x", "rooms": [{"name": "y"}]}
        answer = await caller.post("/notices", json=content)
        read = {"name": "x", "rooms": [{"name": "y", "seats": None}]}
        assert answer.json() == {"read": read, "raw": content, "bytes": len(answer.request.content)}

    async def test_there_is_no_second_more_lenient_parser(self, caller: httpx.AsyncClient) -> None:
        answer = await caller.post(
            "/notices", content=b'{"name":"x","name":"y"}', headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
        assert answer.json()["errors"][0]["pointer"] == "/name"

    @pytest.mark.parametrize(
        ("content", "errors"),
        [
            ({}, [("/name", "missing_member", "This member is required.")]),
            ({"name": None}, [("/name", "null_not_allowed", "This member must not be null.")]),
            ({"name": 5}, [("/name", "wrong_type", "Must be a string.")]),
            ({"name": "x", "secret": 1}, [("/secret", "unknown_member", "Unknown member. Known: name, rooms.")]),
            ({"name": "x", "rooms": {}}, [("/rooms", "wrong_type", "Must be an array.")]),
            ({"name": "x", "rooms": [7]}, [("/rooms/0", "wrong_type", "Must be an object.")]),
            (
                {"name": "x", "rooms": [{"name": "y"}, {"name": "y", "a/~b": 1, "seats": 0}]},
                [
                    ("/rooms/1/seats", "too_small", "Must be at least 1."),
                    ("/rooms/1/a~1~0b", "unknown_member", "Unknown member. Known: name, seats."),
                ],
            ),
        ],
    )
    async def test_what_is_wrong_is_pointed_at(
        self, caller: httpx.AsyncClient, content: Any, errors: list[Any]
    ) -> None:
        answer = await caller.post("/notices", json=content)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_content")
        assert [tuple(one.values()) for one in answer.json()["errors"]] == errors

    async def test_wrong_parameters_and_content_are_told_together(self, caller: httpx.AsyncClient) -> None:
        answer = await caller.post("/notices?colour=red", json={})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameters")
        assert [(one.get("parameter"), one.get("pointer")) for one in answer.json()["errors"]] == [
            ("colour", None),
            (None, "/name"),
        ]

    async def test_a_long_name_and_many_errors_are_cut(self, caller: httpx.AsyncClient) -> None:
        rooms: list[Any] = [1] * 500
        answer = await caller.post("/notices", json={"x" * 9000: 1, "name": "x", "rooms": rooms})
        assert len(answer.json()["errors"]) == 100
        answer = await caller.post("/notices", json={"x" * 9000: 1, "name": "x"})
        assert len(answer.json()["errors"][0]["pointer"]) == 200

    def test_the_contract_has_the_schema(self) -> None:
        document = service().openapi()
        post, patch = (document["paths"]["/notices"][method] for method in ("post", "patch"))
        assert post["requestBody"] == {
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Notice"}}},
            "required": True,
        }
        assert set(patch["requestBody"]["content"]) == {MERGE_PATCH_TYPE}
        assert document["components"]["schemas"]["Notice"]["additionalProperties"] is False
        assert "required" not in document["components"]["schemas"]["NoticePatch"]
        assert {"415", "422"} <= set(post["responses"])
