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


def leaves(kind: type[Problem]) -> list[type[Problem]]:
    below = [leaf for child in kind.__subclasses__() for leaf in leaves(child)]
    return below or [kind]


class Page(HTMLParser):
    """The language and the words of a page."""

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


class TestKinds:
    def test_each_kind_is_known_by_a_code_of_its_own(self) -> None:
        kinds = leaves(Problem)
        assert len({kind.code for kind in kinds}) == len(kinds)
        assert set(PROBLEM_TYPES.values()) == {*kinds, Conflict}
        assert all(PROBLEM_TYPES[kind.code] is kind for kind in PROBLEM_TYPES.values())

    def test_the_tree_is_drawn_as_it_is(self) -> None:
        drawn = re.findall(r"─ (\w+) *(\d{3})?", problems.__doc__ or "")
        assert {name: int(status) for name, status in drawn if status} == {
            kind.__name__: kind.status for kind in Problem.__subclasses__()
        }
        assert {name for name, status in drawn if not status} == {
            kind.__name__ for parent in (Forbidden, Conflict) for kind in parent.__subclasses__()
        }
        assert {name for name, _ in drawn} <= set(problems.__all__)

    @pytest.mark.parametrize("code", PROBLEM_TYPES)
    def test_each_speaks_both_languages(self, code: str) -> None:
        kind = PROBLEM_TYPES[code]
        for text in (kind.title, kind.remedy):
            assert text.id
            assert text.en
            assert text.id != text.en
        assert 400 <= kind.status < 600


class TestProblemPages:
    @pytest.mark.parametrize("language", ["id", "en"])
    @pytest.mark.parametrize("code", PROBLEM_TYPES)
    async def test_a_type_leads_to_its_page(self, client: httpx.AsyncClient, code: str, language: str) -> None:
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
        for answer in (as_json, as_html):
            assert answer.headers["content-language"] == language
            assert {"Accept", "Accept-Language"} <= set(answer.headers["vary"].split(", "))

    @pytest.mark.parametrize("accept", ["application/json", "text/html"])
    async def test_all_kinds_are_listed(self, client: httpx.AsyncClient, accept: str) -> None:
        answer = await client.get("/problems", headers={"Accept": accept})
        assert answer.status_code == 200
        for code in PROBLEM_TYPES:
            assert f"/problems/{code}" in answer.text

    @pytest.mark.parametrize("accept", ["application/json", "text/html"])
    async def test_a_page_is_tagged(self, client: httpx.AsyncClient, accept: str) -> None:
        for path in ("/problems", "/problems/not_found"):
            tag = (await client.get(path, headers={"Accept": accept})).headers["etag"]
            unchanged = await client.get(path, headers={"Accept": accept, "If-None-Match": tag})
            assert unchanged.status_code == 304

    @pytest.mark.parametrize("accept", ["text/html;q=0, application/json", "application/json, text/html;q=0.1"])
    async def test_who_prefers_json_gets_json(self, client: httpx.AsyncClient, accept: str) -> None:
        answer = await client.get("/problems/not_found", headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/json"

    async def test_who_takes_neither_is_told(self, client: httpx.AsyncClient) -> None:
        for path in ("/", "/problems", "/problems/not_found"):
            assert (await client.get(path, headers={"Accept": "image/png"})).status_code == 406

    async def test_no_such_kind(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/problems/nothing")).json()["code"] == "not_found"


class TestDocument:
    def test_members(self) -> None:
        error = ErrorDetail("wrong", Text("salah", "wrong"), parameter="q" * 200)
        document = InvalidParameters(error).document("en", "r1")
        assert list(document) == MEMBERS
        assert document["request_id"] == "r1"
        assert document["errors"] == [{"parameter": "q" * 100, "code": "wrong", "detail": "wrong"}]

    def test_a_place_in_a_body_is_a_pointer(self) -> None:
        assert ErrorDetail("wrong", Text("salah", "wrong"), pointer="/a").document("id") == {
            "pointer": "/a",
            "code": "wrong",
            "detail": "salah",
        }

    def test_a_long_place_is_cut(self) -> None:
        assert (
            ErrorDetail("wrong", Text("salah", "wrong"), pointer="/" + "a" * 9000).document("en")["pointer"]
            == "/" + "a" * 199
        )

    def test_what_stands_in_the_way_has_an_address(self) -> None:
        error = ErrorDetail("taken", Text("sudah ada", "taken"), pointer="/code", address="/v1/regions/31")
        assert AlreadyExists(error).document("en")["errors"] == [
            {"pointer": "/code", "code": "taken", "detail": "taken", "address": "/v1/regions/31"}
        ]

    def test_the_scope_that_is_needed_is_named(self) -> None:
        problem = InsufficientScope("regions:write", headers={"WWW-Authenticate": "Bearer"})
        for detail in problem.detail:
            assert "regions:write" in detail
        assert problem.headers == {"WWW-Authenticate": "Bearer"}

    def test_when_to_come_back_is_told(self) -> None:
        assert RequestInFlight().headers == {"Retry-After": "1"}
        assert TooManyRequests(retry_after=9, headers={"X": "y"}).headers == {"Retry-After": "9", "X": "y"}

    def test_a_detail_of_its_own(self) -> None:
        assert NotFound(detail=Text("hilang", "gone")).document("id")["detail"] == "hilang"

    @pytest.mark.parametrize(("header", "language"), [("en", "en"), ("id", "id"), (None, "id")])
    def test_the_answer(self, header: str | None, language: str) -> None:
        headers = [(b"accept-language", header.encode())] if header else []
        scope: dict[str, Any] = {"type": "http", "headers": headers, "state": {"request_id": "r1"}}
        answer = Unavailable(retry_after=7).response(scope)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "7"
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == language
        assert answer.headers["vary"] == "Accept-Language"
        assert answer.headers["cache-control"] == "no-store"
