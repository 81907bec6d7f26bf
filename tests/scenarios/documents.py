"""What a document must do that is given whole: a tree, a day."""

import httpx
import pytest

from tests.scenarios import InvalidQuery, assert_invalid
from tests.scenarios.common import GZIP, HASH_PATTERN, IDENTITY, INVALID_DATES, EndpointScenarios


class DocumentScenarios(EndpointScenarios):
    """What holds of lists and items, but for `fields`, and for a tag that begins with a revision."""

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
        """There are no `fields` to keep."""
        assert_invalid(await self.get(client, {"fields": "as_of"}), "fields", "unknown_parameter", "as_of")
