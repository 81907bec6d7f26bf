"""Problems and responses of operations in the OpenAPI document."""

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from app.auth import AuthorizingRoute, allow_anonymous
from app.core.http.openapi import MIDDLEWARE_PROBLEMS, build_openapi_document, problem_responses
from app.core.http.openapi_schemas import name_schemas_by_title
from app.core.problems import AlreadyExists, Conflict, InvalidContent, NotFound, TwoDefinitiveHolders
from tests.applications import resolve_document


class Document(BaseModel):
    name: str


def build_operation(method: str, *problem_types: Any, status: int = 200) -> dict[str, Any]:
    """Return the operation of a route that declares these problems, as in the OpenAPI document."""
    router = APIRouter(route_class=AuthorizingRoute)

    @router.api_route(
        "/x",
        methods=[method],
        dependencies=[allow_anonymous()],
        responses=problem_responses(*problem_types),
        status_code=status,
        response_model=None if status == 204 else Document,
    )
    async def do_it() -> Any:
        """Get document

        More about it.
        """
        return Document(name="x")

    app = FastAPI(responses=problem_responses(*MIDDLEWARE_PROBLEMS))
    app.include_router(router)
    operation: dict[str, Any] = resolve_document(build_openapi_document(app, {}))["paths"]["/x"][method.lower()]
    return operation


def get_problem_content(operation: dict[str, Any], status: int) -> dict[str, Any]:
    problem_content: dict[str, Any] = operation["responses"][str(status)]["content"]["application/problem+json"]
    return problem_content


class TestProblemResponses:
    def test_problems_of_a_status_are_examples_by_code(self) -> None:
        operation = build_operation("POST", AlreadyExists, TwoDefinitiveHolders, AlreadyExists)
        examples = get_problem_content(operation, 409)["examples"]
        assert {code: one["value"]["code"] for code, one in examples.items()} == {
            code: code for code in ("already_exists", "two_definitive_holders")
        }
        for problem_type in (AlreadyExists, TwoDefinitiveHolders):
            assert problem_type.title.en in operation["responses"]["409"]["description"]
            assert examples[problem_type.code]["summary"] == problem_type.title.en
            assert examples[problem_type.code]["value"]["trace_id"] is None

    def test_problems_of_the_middleware_are_kept(self) -> None:
        examples = get_problem_content(build_operation("POST", InvalidContent), 422)["examples"]
        assert list(examples) == ["invalid_parameters", "invalid_content"]
        assert [one["parameter"] for one in examples["invalid_parameters"]["value"]["errors"]] == ["colour"]

    def test_statuses_are_unique_and_sorted(self) -> None:
        assert list(problem_responses(InvalidContent, Conflict, NotFound, AlreadyExists)) == [404, 409, 422]


class TestSuccessResponses:
    @pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 201), ("POST", 200), ("PATCH", 200)])
    def test_only_get_declares_304_and_etag(self, method: str, status: int) -> None:
        responses = build_operation(method, status=status)["responses"]
        assert ("304" in responses) == (method == "GET")
        own = {"ETag"} if method == "GET" else {"RateLimit", "RateLimit-Policy"}
        assert set(responses[str(status)]["headers"]) == {"X-Request-Id"} | own

    def test_204_has_no_content(self) -> None:
        assert "content" not in build_operation("DELETE", status=204)["responses"]["204"]


def test_two_schemas_with_the_same_title_are_rejected() -> None:
    document = {"components": {"schemas": {"Code-Input": {"title": "Code"}, "Code-Output": {"title": "Code"}}}}
    with pytest.raises(ValueError, match="Several schemas have the title Code"):
        name_schemas_by_title(document)
