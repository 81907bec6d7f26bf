import pytest

from app.core.http.negotiation import rate_media_type

JSON = "application/json"


class TestAccepts:
    @pytest.mark.parametrize(
        "values",
        [
            [],
            [""],
            ["*/*"],
            ["application/*"],
            [JSON],
            ["Application/JSON"],
            ["text/html, application/json;q=0.1"],
            ["text/html,*/*;q=0.8"],
            ["text/html", JSON],
            ["application/json; charset=utf-8"],
            ["application/*;q=0, application/json"],
            ["*/*;q=0, application/*"],
            ["application/json;q=0.001"],
            ["application/json;q=0, application/json;q=1"],
            [" application/json ;Q=1.0 "],
        ],
    )
    def test_json_is_taken(self, values: list[str]) -> None:
        assert rate_media_type(values, JSON).quality

    @pytest.mark.parametrize(
        "values",
        [
            ["text/html"],
            ["application/xml, text/*"],
            ["application/json;q=0"],
            ["application/json;q=0, */*"],
            ["application/json;q=0.0, application/*;q=1"],
            ["application/*;q=0, */*"],
            ["*/*;q=0"],
            ["json"],
            ["application"],
            ["application/jsonp"],
            ["application/json;q=high"],
            ["application/json;q=nan"],
            ["application/problem+json"],
        ],
    )
    def test_json_is_refused(self, values: list[str]) -> None:
        assert not rate_media_type(values, JSON).quality
