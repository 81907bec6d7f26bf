"""How the contract shows what an operation may be answered with."""

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from app.auth import AuthorizingRoute, allow_anonymous
from app.core.http.openapi import MIDDLEWARE_PROBLEMS, build_openapi_document, problem_responses
from app.core.problems import AlreadyExists, Conflict, InvalidContent, NotFound, TwoDefinitiveHolders


class Answer(BaseModel):
    name: str


def operation(method: str, *kinds: Any, status: int = 200) -> dict[str, Any]:
    """A route that declares these problems, as the contract shows it."""
    router = APIRouter(route_class=AuthorizingRoute)

    @router.api_route(
        "/x",
        methods=[method],
        dependencies=[allow_anonymous()],
        responses=problem_responses(*kinds),
        status_code=status,
        response_model=None if status == 204 else Answer,
    )
    async def answer() -> Any:
        """Do it

        As it is done.
        """
        return Answer(name="x")

    app = FastAPI(responses=problem_responses(*MIDDLEWARE_PROBLEMS))
    app.include_router(router)
    shown: dict[str, Any] = build_openapi_document(app, {})["paths"]["/x"][method.lower()]
    return shown


def content(shown: dict[str, Any], status: int) -> dict[str, Any]:
    found: dict[str, Any] = shown["responses"][str(status)]["content"]["application/problem+json"]
    return found


class TestProblems:
    def test_one_of_a_status_is_the_example(self) -> None:
        shown = operation("GET", NotFound, AlreadyExists, TwoDefinitiveHolders)
        assert content(shown, 404)["example"]["code"] == "not_found"
        assert "examples" not in content(shown, 404)

    def test_several_of_a_status_are_examples_by_their_codes(self) -> None:
        shown = operation("POST", AlreadyExists, TwoDefinitiveHolders, AlreadyExists)
        examples = content(shown, 409)["examples"]
        assert {code: one["value"]["code"] for code, one in examples.items()} == {
            code: code for code in ("already_exists", "two_definitive_holders")
        }
        assert "example" not in content(shown, 409)
        for kind in (AlreadyExists, TwoDefinitiveHolders):
            assert kind.title.en in shown["responses"]["409"]["description"]
            assert examples[kind.code]["summary"] == kind.title.en
            assert examples[kind.code]["value"]["trace_id"] is None

    def test_those_of_the_rooms_remain_beside_those_of_a_route(self) -> None:
        examples = content(operation("POST", InvalidContent), 422)["examples"]
        assert list(examples) == ["invalid_parameters", "invalid_content"]
        assert [one["parameter"] for one in examples["invalid_parameters"]["value"]["errors"]] == ["colour"]

    def test_each_status_once_in_order(self) -> None:
        assert list(problem_responses(InvalidContent, Conflict, NotFound, AlreadyExists)) == [404, 409, 422]


class TestAnswers:
    @pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 201), ("POST", 200), ("PATCH", 200)])
    def test_only_what_is_read_may_be_unchanged(self, method: str, status: int) -> None:
        responses = operation(method, status=status)["responses"]
        assert ("304" in responses) == (method == "GET")
        # What a write answers with beside its body, its route declares.
        assert set(responses[str(status)].get("headers", ())) == ({"ETag"} if method == "GET" else set())

    def test_an_answer_without_content_is_one(self) -> None:
        assert "content" not in operation("DELETE", status=204)["responses"]["204"]
