"""What every list and every item must do, whatever it shows. The test class of an endpoint inherits these scenarios."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.core.pages import Walk

Params = Mapping[str, str]
IDENTITY = {"Accept-Encoding": "identity"}
GZIP = {"Accept-Encoding": "gzip"}
HASH = r"[0-9a-f]{24}"

# A row of each: the query, the parameter that the answer must name, the code, and a piece of what is allowed.
Refused = tuple[Params, str, str, str]

ANY_REFUSED: tuple[Refused, ...] = (
    ({"colour": "red"}, "colour", "unknown_parameter", "fields"),
    ({"fields": "name,colour"}, "fields", "unknown_field", "source"),
    ({"fields": "name,"}, "fields", "unknown_field", "source"),
    ({"fields": ""}, "fields", "empty_parameter", "value"),
)
DATES_REFUSED: tuple[Refused, ...] = (
    *(
        ({"as_of": bad}, "as_of", "not_a_date", "YYYY-MM-DD, years 1900 to 2199")
        for bad in ("yesterday", "2022-6-14", "20220614", "1899-12-31", "2200-01-01", "2022-06-14T00:00", "٢٠٢٢-06-14")
    ),
    *(({"as_of": bad}, "as_of", "no_such_date", "calendar") for bad in ("2023-02-29", "2022-13-01", "2022-00-10")),
)
LIST_REFUSED: tuple[Refused, ...] = (
    ({"page_size": "0"}, "page_size", "too_small", "1"),
    ({"page_size": "201"}, "page_size", "too_large", "200"),
    *(
        ({"page_size": bad}, "page_size", "not_an_integer", "ASCII digits")
        for bad in ("+5", "-1", "1_0", "٣", "5.0", "five", "1e1", " 5")
    ),
    ({"sort": "colour"}, "sort", "not_one_of", "name"),
    ({"sort": "+name"}, "sort", "not_one_of", "-name"),
    ({"q": "a"}, "q", "too_short", "2"),
    ({"q": "a" * 101}, "q", "too_long", "100"),
    ({"q": "ab", "sort": "name"}, "sort", "sort_with_q", "leave sort out"),
)


def of_code(item: Any) -> Any:
    return item["code"]


def of_name(item: Any) -> Any:
    return item["name"], item.get("code", item.get("id"))


def of_update(item: Any) -> Any:
    return datetime.fromisoformat(item["updated_at"]), item.get("code", item.get("id"))


async def walk(client: httpx.AsyncClient, path: str, params: Params, page_size: int = 200) -> list[Any]:
    """All items of a list, page after page by the Link header."""
    items: list[Any] = []
    answer = await client.get(path, params={**params, "page_size": str(page_size)})
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        assert ("next" in answer.links) == (page["next_page_token"] is not None)
        if "next" not in answer.links:
            return items
        assert len(page["items"]) == page_size
        answer = await client.get(answer.links["next"]["url"])


def assert_refused(answer: httpx.Response, parameter: str, code: str, allowed: str = "") -> None:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "invalid_parameters"
    (error,) = problem["errors"]
    assert (error["parameter"], error["code"]) == (parameter, code)
    assert allowed in error["detail"]


class _Scenarios:
    """What holds of lists and items alike."""

    path: ClassVar[str]
    """The endpoint."""
    base: ClassVar[Params] = {}
    """Parameters without which it would be hard to test: the day of a roster."""
    members: ClassVar[str]
    """The names of the document's members, in order."""
    refused: ClassVar[tuple[Refused, ...]] = ()
    """What else this endpoint refuses."""
    entity_tag: ClassVar[str]

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        if "refusal" in metafunc.fixturenames:
            refused = (*ANY_REFUSED, *DATES_REFUSED, *cls.refused)
            metafunc.parametrize("refusal", refused, ids=["&".join(map("=".join, one[0].items())) for one in refused])
        if "encoding" in metafunc.fixturenames:
            metafunc.parametrize("encoding", [IDENTITY, GZIP], ids=["identity", "gzip"])

    async def get(self, client: httpx.AsyncClient, params: Params | None = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.get(self.path, params={**self.base, **(params or {})}, headers=named)

    def shown(self, answer: httpx.Response) -> Any:
        """One document of an answer: an item is one, a list shows its first."""
        return answer.json()

    async def test_a_stranger_is_answered_in_json(self, client: httpx.AsyncClient) -> None:
        answer = await self.get(client, accept="application/json", accept_encoding="identity")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert re.fullmatch(r"public, max-age=\d+, stale-while-revalidate=\d+", answer.headers["cache-control"])
        assert {"Accept", "Accept-Encoding"} <= set(re.split(", *", answer.headers["vary"]))
        assert re.fullmatch(self.entity_tag, answer.headers["etag"])
        assert list(self.shown(answer)) == self.members.split()

    async def test_who_takes_no_json_is_told(self, client: httpx.AsyncClient) -> None:
        answer = await self.get(client, {"page_size": "x"}, accept="text/html")
        assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")

    async def test_fields_keep_the_documents_order(self, client: httpx.AsyncClient) -> None:
        asked = self.members.split()[::-2]
        whole, part = (
            self.shown(await self.get(client)),
            self.shown(await self.get(client, {"fields": ",".join(asked)})),
        )
        assert list(part.items()) == [(name, value) for name, value in whole.items() if name in asked]

    async def test_refusals(self, client: httpx.AsyncClient, refusal: Refused) -> None:
        params, parameter, code, allowed = refusal
        assert_refused(await self.get(client, params), parameter, code, allowed)

    async def test_a_refusal_echoes_nothing(self, client: httpx.AsyncClient) -> None:
        assert "1234567" not in (await self.get(client, {"as_of": "1234567", "fields": "1234567"})).text

    async def test_a_parameter_is_given_once(self, client: httpx.AsyncClient) -> None:
        answer = await client.get(f"{self.path}?as_of=2022-06-14&as_of=2022-06-14")
        assert_refused(answer, "as_of", "repeated_parameter", "once")

    @pytest.mark.parametrize(("language", "title"), [("id", "Parameter tidak sah"), ("en", "Invalid parameters")])
    async def test_problems_speak_both_languages(self, client: httpx.AsyncClient, language: str, title: str) -> None:
        answer = await self.get(client, {"colour": "red"}, accept_language=language)
        assert answer.json()["title"] == title
        assert answer.headers["content-language"] == language
        assert "Accept-Language" in answer.headers["vary"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]

    async def test_an_unchanged_answer_costs_nothing(self, client: httpx.AsyncClient, encoding: dict[str, str]) -> None:
        given = await client.get(self.path, params=self.base, headers=encoding)
        answer = await client.get(
            self.path, params=self.base, headers={**encoding, "If-None-Match": f'"other", {given.headers["etag"]}'}
        )
        assert (answer.status_code, answer.content) == (304, b"")
        for name in ("etag", "cache-control", "vary"):
            assert answer.headers[name] == given.headers[name]
        assert not {"content-type", "content-encoding", "content-length"} & set(answer.headers)

    async def test_a_tag_names_the_bytes_of_one_coding(self, client: httpx.AsyncClient) -> None:
        plain = await client.get(self.path, params=self.base, headers=IDENTITY)
        zipped = await client.get(self.path, params=self.base, headers=GZIP)
        assert zipped.headers["content-encoding"] == "gzip"
        assert zipped.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'
        assert zipped.content == plain.content
        crossed = {**GZIP, "If-None-Match": plain.headers["etag"]}
        assert (await client.get(self.path, params=self.base, headers=crossed)).status_code == 200

    async def test_head_has_the_headers_of_get(self, client: httpx.AsyncClient, encoding: dict[str, str]) -> None:
        named = {**encoding, "X-Request-Id": "head"}
        get = await client.get(self.path, params=self.base, headers=named)
        head = await client.head(self.path, params=self.base, headers=named)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers == get.headers

    async def test_one_statement(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        await self.get(client)  # the first page after a start asks for the key of page tokens too
        statements.clear()
        assert (await self.get(client)).status_code == 200
        assert len(statements) == 1


class ListScenarios(_Scenarios):
    """What every list must do."""

    entity_tag = f'"{HASH}"'
    order: ClassVar[Mapping[str, Callable[[Any], Any]]]
    """The names that `sort` takes, the default first, each with the key that Python would sort by."""
    search: ClassVar[str]
    """A `q` that finds more than one page."""
    filtered: ClassVar[Params]
    """A filter that leaves something."""
    neighbour: ClassVar[str]
    """The address of another list with the same names of sorts."""

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        sorts = [sort for name in cls.order for sort in (name, f"-{name}")]
        if "sort" in metafunc.fixturenames:
            metafunc.parametrize("sort", sorts)
        if "way" in metafunc.fixturenames:
            # The whole list once in each direction; a part of it is enough for the other sorts.
            ways: list[Params] = [{"sort": sort} for sort in sorts[:2]]
            ways += [{"sort": sort, **cls.filtered} for sort in sorts[2:]]
            ways.append({"q": cls.search})
            metafunc.parametrize("way", ways, ids=["&".join(map("=".join, one.items())) for one in ways])
        cls.refused = (*LIST_REFUSED, *[one for one in cls.refused if one not in LIST_REFUSED])
        super().pytest_generate_tests(metafunc)

    def shown(self, answer: httpx.Response) -> Any:
        return answer.json()["items"][0]

    async def token(self, client: httpx.AsyncClient, **params: str) -> str:
        token = (await self.get(client, {"page_size": "1", **params})).json()["next_page_token"]
        assert isinstance(token, str)
        return token

    async def test_sorted_by_code_point(self, client: httpx.AsyncClient, sort: str) -> None:
        items = await walk(client, self.path, {**self.base, "sort": sort})
        assert len(items) > 7
        assert items == sorted(items, key=self.order[sort.removeprefix("-")], reverse=sort.startswith("-"))

    async def test_the_first_sort_is_the_default(self, client: httpx.AsyncClient) -> None:
        first = next(iter(self.order))
        assert (await self.get(client)).content == (await self.get(client, {"sort": first})).content

    async def test_a_walk_loses_and_doubles_nothing(self, client: httpx.AsyncClient, way: Params) -> None:
        whole = await walk(client, self.path, {**self.base, **way})
        page_size = 7 if len(whole) > 7 else 1
        assert len(whole) > page_size
        assert await walk(client, self.path, {**self.base, **way}, page_size) == whole

    async def test_a_filtered_walk_stays_within_its_filter(self, client: httpx.AsyncClient) -> None:
        answer = await self.get(client, {**self.filtered, "page_size": "1"})
        query = dict(parse_qsl(urlsplit(answer.links["next"]["url"]).query))
        token = answer.json()["next_page_token"]
        assert query == {**self.base, **self.filtered, "page_size": "1", "page_token": token}

    async def test_size_and_fields_may_change_on_the_way(self, client: httpx.AsyncClient) -> None:
        whole = (await self.get(client, {"page_size": "3"})).json()["items"]
        member = self.members.split()[0]
        onward = {"page_token": await self.token(client), "page_size": "2", "fields": member}
        assert (await self.get(client, onward)).json()["items"] == [{member: one[member]} for one in whole[1:]]

    async def test_a_broken_token(self, client: httpx.AsyncClient) -> None:
        token = await self.token(client)
        other = "B" if token[0] == "A" else "A"
        forged = Walk(b"guessed", ["Region", "code", {}]).token(["11"], None)
        for bad in (token[:-2], token[1:], other + token[1:], token + "AAAA", forged, "x", "ñ", "=", "%%", "A" * 2000):
            assert_refused(await self.get(client, {"page_token": bad}), "page_token", "foreign_page_token", "same")
        assert_refused(await self.get(client, {"page_token": "A" * 2001}), "page_token", "too_long", "2000")

    async def test_a_token_of_another_walk(self, client: httpx.AsyncClient) -> None:
        token = await self.token(client)
        first, *_ = self.order
        for other in ({"sort": f"-{first}"}, self.filtered, {"q": self.search}, {"as_of": "2024-02-29"}):
            answer = await self.get(client, {**other, "page_token": token})
            assert_refused(answer, "page_token", "foreign_page_token", "same filters and order")
        answer = await client.get(self.neighbour, params={**self.base, "sort": "name", "page_size": "1"})
        answer = await self.get(client, {"sort": "name", "page_token": answer.json()["next_page_token"]})
        assert_refused(answer, "page_token", "foreign_page_token")

    async def test_an_unknown_parameter_tells_those_that_exist(self, client: httpx.AsyncClient) -> None:
        (error,) = (await self.get(client, {"colour": "red"})).json()["errors"]
        assert {"page_size", "page_token", "q", "sort", "fields", "as_of", *self.filtered} <= set(
            re.findall(r"\w+", error["detail"])
        )


class ItemScenarios(_Scenarios):
    """What every item must do."""

    entity_tag = rf'"[1-9][0-9]*\.{HASH}"'
    missing: ClassVar[str]
    """An address at which there could be an item, and is none."""

    refused: ClassVar[tuple[Refused, ...]] = (
        ({"page_size": "5"}, "page_size", "unknown_parameter", "fields"),
        ({"q": "papua"}, "q", "unknown_parameter", "as_of"),
    )

    async def test_the_tag_begins_with_the_revision(self, client: httpx.AsyncClient) -> None:
        answer = await self.get(client)
        assert answer.headers["etag"].startswith(f'"{answer.json()["revision"]}.')
        assert (await self.get(client, {"fields": "name"})).headers["etag"] != answer.headers["etag"]

    @pytest.mark.parametrize(("language", "title"), [("id", "Tidak ditemukan"), ("en", "Not found")])
    async def test_nothing_there(
        self, client: httpx.AsyncClient, statements: list[str], language: str, title: str
    ) -> None:
        answer = await client.get(self.missing, headers={"Accept-Language": language})
        assert (answer.status_code, answer.json()["title"]) == (404, title)
        assert (answer.json()["code"], answer.json()["type"]) == ("not_found", "/problems/not_found")
        assert answer.headers["content-language"] == language
        assert "Accept-Language" in answer.headers["vary"]
        assert len(statements) <= 2
