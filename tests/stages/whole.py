"""What a document must do that is given whole: a tree, a day."""

import httpx
import pytest

from tests.scenarios import Refused, assert_refused
from tests.scenarios.common import DATES_REFUSED, GZIP, HASH, IDENTITY, Scenarios


class WholeScenarios(Scenarios):
    """What holds of lists and items, but for `fields`, and for a tag that begins with a revision."""

    entity_tag = f'"{HASH}"'

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        if "refusal" in metafunc.fixturenames:
            unknown: Refused = ({"colour": "red"}, "colour", "unknown_parameter", "as_of")
            refused = (unknown, *DATES_REFUSED, *cls.refused)
            metafunc.parametrize("refusal", refused, ids=["&".join(map("=".join, one[0].items())) for one in refused])
        if "encoding" in metafunc.fixturenames:
            metafunc.parametrize("encoding", [IDENTITY, GZIP], ids=["identity", "gzip"])

    async def test_fields_keep_the_documents_order(self, client: httpx.AsyncClient) -> None:
        """There are no `fields` to keep."""
        assert_refused(await self.get(client, {"fields": "as_of"}), "fields", "unknown_parameter", "as_of")
