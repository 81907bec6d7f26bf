"""Tests of documents without `fields`: the stage tree and the overview of a day."""

import httpx
import pytest

from tests.scenarios import InvalidQuery, assert_invalid
from tests.scenarios.common import GZIP, HASH_PATTERN, IDENTITY, INVALID_DATES, EndpointScenarios


class DocumentScenarios(EndpointScenarios):
    """The tests of lists and items, except those of `fields` and of an ETag with a revision."""

    etag_pattern = f'"{HASH_PATTERN}"'

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        if "invalid_query" in metafunc.fixturenames:
            unknown: InvalidQuery = ({"colour": "red"}, "colour", "unknown_parameter", "as_of")
            refused = (unknown, *INVALID_DATES, *cls.invalid_queries)
            ids = ["&".join(map("=".join, invalid_query[0].items())) for invalid_query in refused]
            metafunc.parametrize("invalid_query", refused, ids=ids)
        if "encoding" in metafunc.fixturenames:
            metafunc.parametrize("encoding", [IDENTITY, GZIP], ids=["identity", "gzip"])

    async def test_fields_select_members_in_document_order(self, client: httpx.AsyncClient) -> None:
        """The parameter `fields` does not exist."""
        assert_invalid(await self.get(client, {"fields": "as_of"}), "fields", "unknown_parameter", "as_of")
