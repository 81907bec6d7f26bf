import base64
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from app.core.http.paging import Item, Page, PageCursor
from app.core.problems import InvalidParameters

SECRET = b"s" * 32
QUERY = ["Region", "code", {"type": "city", "parent": "31"}]
CURSOR = PageCursor(SECRET, QUERY)


def build_request(path: str = "/v1/regions", query: str = "") -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": [],
            "server": ("t", 80),
        }
    )


class TestPageCursor:
    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
    def test_token_contains_the_keys(self, keys: list[str]) -> None:
        assert CURSOR.read_token(CURSOR.create_token(keys, None)) == (keys, None)

    def test_token_contains_the_day(self) -> None:
        assert CURSOR.read_token(CURSOR.create_token(["x"], date(2024, 7, 2))) == (["x"], date(2024, 7, 2))

    def test_token_is_url_safe(self) -> None:
        tokens = "".join(CURSOR.create_token([str(number)], None) for number in range(100))
        assert tokens.replace("-", "").replace("_", "").isalnum()

    def test_order_of_filters_is_irrelevant(self) -> None:
        other = PageCursor(SECRET, ["Region", "code", {"parent": "31", "type": "city"}])
        assert other.read_token(CURSOR.create_token(["31.71"], None)) == (["31.71"], None)

    @pytest.mark.parametrize(
        ("secret", "query"),
        [
            (b"t" * 32, QUERY),
            (SECRET, ["Organization", *QUERY[1:]]),
            (SECRET, ["Region", "-code", QUERY[2]]),
            (SECRET, ["Region", "code", {"type": "city"}]),
            (SECRET, ["Region", "code", {"type": "city", "parent": "32"}]),
        ],
        ids=["secret", "list", "sort", "filter", "value"],
    )
    def test_token_of_another_query_is_rejected(self, secret: bytes, query: object) -> None:
        with pytest.raises(InvalidParameters) as raised:
            PageCursor(secret, query).read_token(CURSOR.create_token(["31.71"], None))
        assert [(error.parameter, error.code) for error in raised.value.errors] == [
            ("page_token", "foreign_page_token")
        ]

    @given(st.text())
    def test_random_text_is_rejected(self, text: str) -> None:
        with pytest.raises(InvalidParameters):
            CURSOR.read_token(text)

    def test_changed_token_is_rejected(self) -> None:
        token = CURSOR.create_token(["31.71"], None)
        raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        for index in range(len(raw)):
            changed = raw.copy()
            changed[index] ^= 1
            with pytest.raises(InvalidParameters):
                CURSOR.read_token(base64.urlsafe_b64encode(changed).decode().rstrip("="))

    @pytest.mark.parametrize("cut", range(1, 30))
    def test_truncated_token_is_rejected(self, cut: int) -> None:
        with pytest.raises(InvalidParameters):
            CURSOR.read_token(CURSOR.create_token(["31.71"], None)[:-cut])


class TestPage:
    def test_link_to_the_next_page_keeps_the_query(self) -> None:
        response = Page(b"{}", "a-_b", is_empty=False).to_response(
            build_request("/v1/officials", "q=Asy%27ari+%C3%A9&page_token=old&page_size=3"), max_age=60
        )
        assert response.headers["link"] == (
            '</v1/officials?q=Asy%27ari+%C3%A9&page_size=3&page_token=a-_b>; rel="next"'
        )

    def test_last_page_has_no_link(self) -> None:
        assert "link" not in Page(b"{}", None, is_empty=False).to_response(build_request(), max_age=60).headers

    def test_etag_of_a_page_is_the_hash_and_of_an_item_begins_with_the_revision(self) -> None:
        page = Page(b"{}", None, is_empty=True).to_response(build_request(), max_age=60)
        item = Item(b"{}", 12).to_response(max_age=60)
        assert item.headers["etag"] == f'"12.{page.headers["etag"][1:]}'
