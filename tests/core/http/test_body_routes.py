"""Bodies declared by a route: media type, validation errors and schema in the contract."""

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
async def create_notice(request: Request, _: Annotated[EmptyQuery, Query()], notice: Annotated[Notice, Body()]) -> Any:
    return {"read": notice.model_dump(), "raw": await request.json(), "bytes": len(await request.body())}


@router.patch("/notices", dependencies=[allow_anonymous()])
async def update_notice(
    request: Request,
    notice: Annotated[build_patch_model(Notice), Body(media_type=MERGE_PATCH_TYPE)],  # type: ignore[valid-type]
) -> Any:
    return await request.json()


def create_test_app() -> FastAPI:
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
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(create_test_app()) as client:
        yield client


class TestMediaType:
    @pytest.mark.parametrize(
        "content_type",
        [
            *("application/json", "Application/JSON ; charset=UTF-8", 'application/json;charset="utf-8"'),
            *("application/json; charset=utf8", "application/json;", "application/json; charset=us-ascii; v=1"),
        ],
    )
    async def test_json_in_utf_8_is_accepted(self, client: httpx.AsyncClient, content_type: str) -> None:
        response = await client.post("/notices", content=b'{"name":"x"}', headers={"Content-Type": content_type})
        assert response.status_code == 201

    @pytest.mark.parametrize(
        "content_type",
        ["", "text/plain", "text/json", "application/xml", "application/json; charset=latin-1", MERGE_PATCH_TYPE, "x"],
    )
    async def test_other_media_types_are_415_with_accept(self, client: httpx.AsyncClient, content_type: str) -> None:
        response = await client.post(
            "/notices", content=b"{", headers={"Content-Type": content_type} if content_type else {}
        )
        assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
        assert response.headers["accept"] == "application/json"
        assert "accept-patch" not in response.headers

    @pytest.mark.parametrize(
        "content_type",
        [MERGE_PATCH_TYPE, "application/json", "application/JSON; charset=utf-8", f"{MERGE_PATCH_TYPE};charset=UTF-8"],
    )
    async def test_patch_may_have_the_media_type_of_json_too(
        self, client: httpx.AsyncClient, content_type: str
    ) -> None:
        patch = {"name": "x"}
        response = await client.patch("/notices", content=orjson.dumps(patch), headers={"Content-Type": content_type})
        assert (response.status_code, response.json()) == (200, patch)

    @pytest.mark.parametrize(
        "content_type",
        ["application/json-patch+json", "text/json", "application/merge-patch+json; charset=utf-16", ""],
    )
    async def test_other_media_types_of_a_patch_are_415_with_accept_patch(
        self, client: httpx.AsyncClient, content_type: str
    ) -> None:
        headers = {"Content-Type": content_type} if content_type else {}
        response = await client.patch("/notices", content=b"{}", headers=headers)
        assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
        assert response.headers["accept-patch"] == f"{MERGE_PATCH_TYPE}, application/json"

    async def test_compressed_body_is_415(self, client: httpx.AsyncClient) -> None:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        response = await client.post("/notices", content=b'{"name":"x"}', headers=headers)
        assert (response.status_code, response.headers["accept-encoding"]) == (415, "identity")
        headers["Content-Encoding"] = "identity"
        assert (await client.post("/notices", content=b'{"name":"x"}', headers=headers)).status_code == 201


class TestRoute:
    async def test_route_receives_the_model_and_the_raw_json(self, client: httpx.AsyncClient) -> None:
        content = {"name": "x", "rooms": [{"name": "y"}]}
        response = await client.post("/notices", json=content)
        parsed = {"name": "x", "rooms": [{"name": "y", "seats": None}]}
        assert response.json() == {"read": parsed, "raw": content, "bytes": len(response.request.content)}

    async def test_repeated_member_is_400(self, client: httpx.AsyncClient) -> None:
        response = await client.post(
            "/notices", content=b'{"name":"x","name":"y"}', headers={"Content-Type": "application/json"}
        )
        assert (response.status_code, response.json()["code"]) == (400, "malformed")
        assert response.json()["errors"][0]["pointer"] == "/name"

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
    async def test_errors_have_json_pointers(self, client: httpx.AsyncClient, content: Any, errors: list[Any]) -> None:
        response = await client.post("/notices", json=content)
        assert (response.status_code, response.json()["code"]) == (422, "invalid_content")
        assert [tuple(one.values()) for one in response.json()["errors"]] == errors

    async def test_invalid_parameters_and_body_are_reported_together(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/notices?colour=red", json={})
        assert (response.status_code, response.json()["code"]) == (422, "invalid_parameters")
        assert [(one.get("parameter"), one.get("pointer")) for one in response.json()["errors"]] == [
            ("colour", None),
            (None, "/name"),
        ]

    async def test_long_pointers_and_many_errors_are_truncated(self, client: httpx.AsyncClient) -> None:
        rooms: list[Any] = [1] * 500
        response = await client.post("/notices", json={"x" * 9000: 1, "name": "x", "rooms": rooms})
        assert len(response.json()["errors"]) == 100
        response = await client.post("/notices", json={"x" * 9000: 1, "name": "x"})
        assert len(response.json()["errors"][0]["pointer"]) == 200

    def test_openapi_document_contains_the_body_schemas(self) -> None:
        document = create_test_app().openapi()
        post, patch = (document["paths"]["/notices"][method] for method in ("post", "patch"))
        assert post["requestBody"] == {
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Notice"}}},
            "required": True,
        }
        assert set(patch["requestBody"]["content"]) == {MERGE_PATCH_TYPE}
        assert document["components"]["schemas"]["Notice"]["additionalProperties"] is False
        assert "required" not in document["components"]["schemas"]["NoticePatch"]
        assert {"415", "422"} <= set(post["responses"])
