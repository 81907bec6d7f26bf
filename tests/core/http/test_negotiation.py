import pytest

from app.core.http.negotiation import rate_media_type

JSON = "application/json"


class TestRateMediaType:
    @pytest.mark.parametrize(
        "accept",
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
    def test_json_is_accepted(self, accept: list[str]) -> None:
        assert rate_media_type(accept, JSON).quality

    @pytest.mark.parametrize(
        "accept",
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
    def test_json_is_rejected(self, accept: list[str]) -> None:
        assert not rate_media_type(accept, JSON).quality
