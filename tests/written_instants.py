"""The form of instants in responses."""

import re

import httpx

from app.core.datetimes import WRITTEN_INSTANT_PATTERN

# A string that is nothing else than an instant, of whatever form.
INSTANT = re.compile(r'"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}[0-9:.,]*(?:[Zz]|[+-][0-9:]+)?)"')
NOT_CHECKED = ("/openapi.json", "/docs", "/problems")  # they contain examples of what may be sent


def find_other_instants(content: str) -> list[str]:
    """Return the instants in a JSON text that do not have the form in which the service writes them."""
    return [text for text in INSTANT.findall(content) if not re.fullmatch(WRITTEN_INSTANT_PATTERN, text)]


async def require_written_instants(response: httpx.Response) -> None:
    """Assert that each instant in a JSON response is in UTC with six fractional digits."""
    if "json" in response.headers.get("content-type", "") and not response.url.path.startswith(NOT_CHECKED):
        await response.aread()
        other = find_other_instants(response.text)
        assert not other, f"{response.url}: {other[:3]}"
