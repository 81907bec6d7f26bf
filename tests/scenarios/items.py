"""What every item must do."""

from typing import ClassVar

import httpx
import pytest

from tests.scenarios.common import HASH_PATTERN, EndpointScenarios, InvalidQuery


class ItemScenarios(EndpointScenarios):
    """What every item must do."""

    etag_pattern = rf'"[1-9][0-9]*\.{HASH_PATTERN}"'
    missing_path: ClassVar[str]
    """An address at which there could be an item, and is none."""

    invalid_queries: ClassVar[tuple[InvalidQuery, ...]] = (
        ({"page_size": "5"}, "page_size", "unknown_parameter", "fields"),
        ({"q": "papua"}, "q", "unknown_parameter", "fields"),
    )

    async def test_the_tag_begins_with_the_revision(self, client: httpx.AsyncClient) -> None:
        answer = await self.get(client)
        assert answer.headers["etag"].startswith(f'"{answer.json()["revision"]}.')
        assert (await self.get(client, {"fields": "name"})).headers["etag"] != answer.headers["etag"]

    @pytest.mark.parametrize(("language", "title"), [("id", "Tidak ditemukan"), ("en", "Not found")])
    async def test_nothing_there(
        self, client: httpx.AsyncClient, statements: list[str], language: str, title: str
    ) -> None:
        answer = await client.get(self.missing_path, headers={"Accept-Language": language})
        assert (answer.status_code, answer.json()["title"]) == (404, title)
        assert (answer.json()["code"], answer.json()["type"]) == ("not_found", "/problems/not_found")
        assert answer.headers["content-language"] == language
        assert "Accept-Language" in answer.headers["vary"]
        assert len(statements) <= 2
