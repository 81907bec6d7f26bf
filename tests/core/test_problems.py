import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from app.core import problems
from app.core.languages import Text
from app.core.problems import (
    PROBLEM_TYPES,
    AlreadyExists,
    Conflict,
    ErrorDetail,
    Forbidden,
    InsufficientScope,
    InvalidParameters,
    NotFound,
    Problem,
    RequestInFlight,
    TooManyRequests,
    Unavailable,
)

MEMBERS = ["type", "title", "status", "detail", "code", "request_id", "trace_id", "errors"]


def list_leaf_types(problem_type: type[Problem]) -> list[type[Problem]]:
    descendants = [leaf for child in problem_type.__subclasses__() for leaf in list_leaf_types(child)]
    return descendants or [problem_type]


class Page(HTMLParser):
    """Parser of the language and the text of an HTML page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.language: str | None = None
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "html":
            self.language = dict(attrs)["lang"]

    def handle_data(self, data: str) -> None:
        self.words += data


class TestProblemTypes:
    def test_each_problem_type_has_a_unique_code(self) -> None:
        problem_types = list_leaf_types(Problem)
        assert len({problem_type.code for problem_type in problem_types}) == len(problem_types)
        assert set(PROBLEM_TYPES.values()) == {*problem_types, Conflict}
        assert all(PROBLEM_TYPES[problem_type.code] is problem_type for problem_type in PROBLEM_TYPES.values())

    def test_tree_in_the_docstring_matches_the_classes(self) -> None:
        documented = re.findall(r"─ (\w+) *(\d{3})?", problems.__doc__ or "")
        assert {name: int(status) for name, status in documented if status} == {
            problem_type.__name__: problem_type.status for problem_type in Problem.__subclasses__()
        }
        assert {name for name, status in documented if not status} == {
            problem_type.__name__ for parent in (Forbidden, Conflict) for problem_type in parent.__subclasses__()
        }
        assert {name for name, _ in documented} <= set(problems.__all__)

    @pytest.mark.parametrize("code", PROBLEM_TYPES)
    def test_each_problem_type_has_texts_in_both_languages(self, code: str) -> None:
        problem_type = PROBLEM_TYPES[code]
        for text in (problem_type.title, problem_type.remedy):
            assert text.id
            assert text.en
            assert text.id != text.en
        assert 400 <= problem_type.status < 600


class TestProblemPages:
    @pytest.mark.parametrize("language", ["id", "en"])
    @pytest.mark.parametrize("code", PROBLEM_TYPES)
    async def test_type_is_the_address_of_a_page(self, client: httpx.AsyncClient, code: str, language: str) -> None:
        problem = PROBLEM_TYPES[code]().document("en" if language == "en" else "id")
        as_json = await client.get(problem["type"], headers={"Accept-Language": language})
        assert as_json.status_code == 200
        assert as_json.headers["content-type"] == "application/json"
        assert as_json.json() == {name: problem[name] for name in ("type", "code", "status", "title", "detail")}
        as_html = await client.get(problem["type"], headers={"Accept-Language": language, "Accept": "text/html,*/*"})
        assert as_html.headers["content-type"] == "text/html; charset=utf-8"
        page = Page(as_html.text)
        assert page.language == language
        assert problem["title"] in page.words
        assert problem["detail"] in page.words
        for response in (as_json, as_html):
            assert response.headers["content-language"] == language
            assert {"Accept", "Accept-Language"} <= set(response.headers["vary"].split(", "))

    @pytest.mark.parametrize("accept", ["application/json", "text/html"])
    async def test_all_problem_types_are_listed(self, client: httpx.AsyncClient, accept: str) -> None:
        response = await client.get("/problems", headers={"Accept": accept})
        assert response.status_code == 200
        for code in PROBLEM_TYPES:
            assert f"/problems/{code}" in response.text

    @pytest.mark.parametrize("accept", ["application/json", "text/html"])
    async def test_page_has_an_etag(self, client: httpx.AsyncClient, accept: str) -> None:
        for path in ("/problems", "/problems/not_found"):
            tag = (await client.get(path, headers={"Accept": accept})).headers["etag"]
            unchanged = await client.get(path, headers={"Accept": accept, "If-None-Match": tag})
            assert unchanged.status_code == 304

    @pytest.mark.parametrize("accept", ["text/html;q=0, application/json", "application/json, text/html;q=0.1"])
    async def test_preferred_json_is_served(self, client: httpx.AsyncClient, accept: str) -> None:
        response = await client.get("/problems/not_found", headers={"Accept": accept})
        assert response.headers["content-type"] == "application/json"

    async def test_other_media_types_are_406(self, client: httpx.AsyncClient) -> None:
        for path in ("/", "/problems", "/problems/not_found"):
            assert (await client.get(path, headers={"Accept": "image/png"})).status_code == 406

    async def test_unknown_problem_type_is_404(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/problems/nothing")).json()["code"] == "not_found"


class TestProblemDocument:
    def test_document_has_all_members(self) -> None:
        error = ErrorDetail("wrong", Text("salah", "wrong"), parameter="q" * 200)
        document = InvalidParameters(error).document("en", "r1")
        assert list(document) == MEMBERS
        assert document["request_id"] == "r1"
        assert document["errors"] == [{"parameter": "q" * 100, "code": "wrong", "detail": "wrong"}]

    def test_error_of_a_body_has_a_pointer(self) -> None:
        assert ErrorDetail("wrong", Text("salah", "wrong"), pointer="/a").document("id") == {
            "pointer": "/a",
            "code": "wrong",
            "detail": "salah",
        }

    def test_long_pointer_is_truncated(self) -> None:
        assert (
            ErrorDetail("wrong", Text("salah", "wrong"), pointer="/" + "a" * 9000).document("en")["pointer"]
            == "/" + "a" * 199
        )

    def test_conflicting_object_has_an_address(self) -> None:
        error = ErrorDetail("taken", Text("sudah ada", "taken"), pointer="/code", address="/v1/regions/31")
        assert AlreadyExists(error).document("en")["errors"] == [
            {"pointer": "/code", "code": "taken", "detail": "taken", "address": "/v1/regions/31"}
        ]

    def test_insufficient_scope_names_the_required_scope(self) -> None:
        problem = InsufficientScope("regions:write", headers={"WWW-Authenticate": "Bearer"})
        for detail in problem.detail:
            assert "regions:write" in detail
        assert problem.headers == {"WWW-Authenticate": "Bearer"}

    def test_retry_after_is_set(self) -> None:
        assert RequestInFlight().headers == {"Retry-After": "1"}
        assert TooManyRequests(retry_after=9, headers={"X": "y"}).headers == {"Retry-After": "9", "X": "y"}

    def test_detail_can_be_replaced(self) -> None:
        assert NotFound(detail=Text("hilang", "gone")).document("id")["detail"] == "hilang"

    @pytest.mark.parametrize(("header", "language"), [("en", "en"), ("id", "id"), (None, "id")])
    def test_response_has_the_headers_of_a_problem(self, header: str | None, language: str) -> None:
        headers = [(b"accept-language", header.encode())] if header else []
        scope: dict[str, Any] = {"type": "http", "headers": headers, "state": {"request_id": "r1"}}
        response = Unavailable(retry_after=7).response(scope)
        assert response.status_code == 503
        assert response.headers["retry-after"] == "7"
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["content-language"] == language
        assert response.headers["vary"] == "Accept-Language"
        assert response.headers["cache-control"] == "no-store"
