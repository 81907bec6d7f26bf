import base64
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from app.core.http.paging import Item, Page, PageCursor
from app.core.problems import InvalidParameters

SECRET = b"s" * 32
BOUND = ["Region", "code", {"type": "city", "parent": "31"}]
WALK = PageCursor(SECRET, BOUND)


def request(path: str = "/v1/regions", query: str = "") -> Request:
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


class TestWalk:
    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
    def test_a_token_gives_its_keys_back(self, keys: list[str]) -> None:
        assert WALK.read_token(WALK.create_token(keys, None)) == (keys, None)

    def test_a_token_keeps_the_day_on_which_the_walk_began(self) -> None:
        assert WALK.read_token(WALK.create_token(["x"], date(2024, 7, 2))) == (["x"], date(2024, 7, 2))

    def test_a_token_needs_no_escaping(self) -> None:
        tokens = "".join(WALK.create_token([str(number)], None) for number in range(100))
        assert tokens.replace("-", "").replace("_", "").isalnum()

    def test_the_order_of_filters_does_not_count(self) -> None:
        other = PageCursor(SECRET, ["Region", "code", {"parent": "31", "type": "city"}])
        assert other.read_token(WALK.create_token(["31.71"], None)) == (["31.71"], None)

    @pytest.mark.parametrize(
        ("secret", "bound"),
        [
            (b"t" * 32, BOUND),
            (SECRET, ["Organization", *BOUND[1:]]),
            (SECRET, ["Region", "-code", BOUND[2]]),
            (SECRET, ["Region", "code", {"type": "city"}]),
            (SECRET, ["Region", "code", {"type": "city", "parent": "32"}]),
        ],
        ids=["secret", "list", "sort", "filter", "value"],
    )
    def test_a_token_is_bound(self, secret: bytes, bound: object) -> None:
        with pytest.raises(InvalidParameters) as raised:
            PageCursor(secret, bound).read_token(WALK.create_token(["31.71"], None))
        assert [(error.parameter, error.code) for error in raised.value.errors] == [
            ("page_token", "foreign_page_token")
        ]

    @given(st.text())
    def test_no_text_is_a_token_by_chance(self, text: str) -> None:
        with pytest.raises(InvalidParameters):
            WALK.read_token(text)

    def test_each_byte_is_signed(self) -> None:
        token = WALK.create_token(["31.71"], None)
        raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        for place in range(len(raw)):
            changed = raw.copy()
            changed[place] ^= 1
            with pytest.raises(InvalidParameters):
                WALK.read_token(base64.urlsafe_b64encode(changed).decode().rstrip("="))

    @pytest.mark.parametrize("cut", range(1, 30))
    def test_what_is_cut_off_is_missed(self, cut: int) -> None:
        with pytest.raises(InvalidParameters):
            WALK.read_token(WALK.create_token(["31.71"], None)[:-cut])


class TestPage:
    def test_the_next_page_is_linked_with_the_query_kept(self) -> None:
        answer = Page(b"{}", "a-_b", is_empty=False).to_response(
            request("/v1/officials", "q=Asy%27ari+%C3%A9&page_token=old&page_size=3"), max_age=60
        )
        assert answer.headers["link"] == ('</v1/officials?q=Asy%27ari+%C3%A9&page_size=3&page_token=a-_b>; rel="next"')

    def test_the_last_page_links_nothing(self) -> None:
        assert "link" not in Page(b"{}", None, is_empty=False).to_response(request(), max_age=60).headers

    def test_a_lists_tag_is_the_hash_an_items_begins_with_the_revision(self) -> None:
        page = Page(b"{}", None, is_empty=True).to_response(request(), max_age=60)
        item = Item(b"{}", 12).to_response(max_age=60)
        assert item.headers["etag"] == f'"12.{page.headers["etag"][1:]}'
