"""Tests that every item must pass."""

from typing import ClassVar

import httpx
import pytest

from tests.scenarios.common import HASH_PATTERN, EndpointScenarios, InvalidQuery


class ItemScenarios(EndpointScenarios):
    """Tests that every item must pass. A subclass sets the attributes."""

    etag_pattern = rf'"[1-9][0-9]*\.{HASH_PATTERN}"'
    missing_path: ClassVar[str]
    """The path of an item that does not exist."""

    invalid_queries: ClassVar[tuple[InvalidQuery, ...]] = (
        ({"page_size": "5"}, "page_size", "unknown_parameter", "fields"),
        ({"q": "papua"}, "q", "unknown_parameter", "fields"),
    )

    async def test_etag_starts_with_the_revision(self, client: httpx.AsyncClient) -> None:
        response = await self.get(client)
        assert response.headers["etag"].startswith(f'"{response.json()["revision"]}.')
        assert (await self.get(client, {"fields": "name"})).headers["etag"] != response.headers["etag"]

    @pytest.mark.parametrize(("language", "title"), [("id", "Tidak ditemukan"), ("en", "Not found")])
    async def test_missing_item_is_404(
        self, client: httpx.AsyncClient, statements: list[str], language: str, title: str
    ) -> None:
        response = await client.get(self.missing_path, headers={"Accept-Language": language})
        assert (response.status_code, response.json()["title"]) == (404, title)
        assert (response.json()["code"], response.json()["type"]) == ("not_found", "/problems/not_found")
        assert response.headers["content-language"] == language
        assert "Accept-Language" in response.headers["vary"]
        assert len(statements) <= 2
