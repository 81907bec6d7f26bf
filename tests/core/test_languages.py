import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.languages import Text, preferred_language


class TestPreferredLanguage:
    @pytest.mark.parametrize(
        "header",
        [
            "",
            "id",
            "id-ID,id;q=0.9,en;q=0.8",
            "*",
            "fr",
            "fr, *;q=0.5",
            "en;q=0",
            "en;q=0, *",
            "en;q=0.5, id;q=0.5",
            "en;q=0.5, *;q=0.9",
            "en;q=much",
            "english",
            "id;q=0.3, en;q=0.2",
            ";;;,,,q=1",
        ],
    )
    def test_indonesian_is_preferred(self, header: str) -> None:
        assert preferred_language(header) == "id"

    @pytest.mark.parametrize(
        "header",
        [
            "en",
            "EN",
            "en-GB",
            "fr, en;q=0.1",
            "en-US,en;q=0.9,id;q=0.8",
            "id;q=0.8, en",
            "id;q=0, *",
            "*;q=0.1, id;q=0",
            "en ; q=0.9 , id ; q=0.1",
            "id;q=0.1,en;Q=0.2",
            pytest.param("en-US,id;q=0.7,en;q=0.3"),
        ],
    )
    def test_english_is_preferred(self, header: str) -> None:
        assert preferred_language(header) == "en"

    @given(st.text())
    def test_any_header_returns_a_language(self, header: str) -> None:
        assert preferred_language(header) in ("id", "en")


def test_text_is_returned_in_each_language() -> None:
    text = Text("satu", "one")
    assert (text.in_language("id"), text.in_language("en")) == ("satu", "one")
