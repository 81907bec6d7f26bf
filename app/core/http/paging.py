"""Pages and items of a list, and the signed token of the next page.

Keyset pagination: the next page begins after the sort keys of the last row, not after a number of rows, so the
thousandth page costs as much as the first, and inserted or deleted rows do not shift it. The token contains those keys,
signed together with the filters and the order, so it is valid for one query only.
"""

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

import orjson
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from app.core.http import conditional
from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidParameters

T = TypeVar("T")

FOREIGN_PAGE_TOKEN = ErrorDetail(
    "foreign_page_token",
    Text(
        "Gunakan next_page_token apa adanya, dengan filter dan urutan yang sama seperti halaman sebelumnya.",
        "Use next_page_token unchanged, with the same filters and order as the previous page.",
    ),
    parameter="page_token",
)


class PageOf(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    next_page_token: Annotated[
        str | None, Field(description="Value of `page_token` for the next page; null: this is the last page.")
    ]

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Return the name of the schema: `StagePage` for `PageOf[Stage]`."""
        return f"{params[0].__name__}Page"


@dataclass(frozen=True, slots=True)
class Page:
    """The JSON body of one page, and the token of the next.

    Attributes:
        body: The JSON document.
        next_page_token: The token of the next page; None: this is the last page.
        is_empty: True if the page has no items.
        valid_seconds: Seconds for which the page is correct; None: without an end.
    """

    body: bytes
    next_page_token: str | None
    is_empty: bool
    valid_seconds: int | None = None

    def to_response(self, request: Request, *, max_age: int | None, vary: str = "Accept") -> Response:
        """Build the page's response: ETag, Cache-Control (no-store if `max_age` is None), Link to the next page.

        Args:
            request: The request, whose URL the Link repeats.
            max_age: Seconds for which the response is fresh; None: it is personal and must not be stored.
            vary: Request headers on which the response depends.
        """
        headers = {"Vary": vary}
        if self.next_page_token:
            query = [(name, value) for name, value in parse_qsl(request.url.query) if name != "page_token"]
            query.append(("page_token", self.next_page_token))
            headers["Link"] = f'<{request.url.path}?{urlencode(query)}>; rel="next"'
        cache_control = "no-store"
        if max_age is not None:
            cache_control = conditional.public_cache_control(max_age, valid_seconds=self.valid_seconds)
        return conditional.json_response(self.body, cache_control=cache_control, headers=headers)


@dataclass(frozen=True, slots=True)
class Item:
    """The JSON body of one item.

    Attributes:
        body: The JSON document.
        revision: The revision of the item.
        valid_seconds: Seconds for which the document is correct; None: without an end.
    """

    body: bytes
    revision: int
    valid_seconds: int | None = None

    def to_response(self, *, max_age: int) -> Response:
        """Build the 200 response with the item and its entity tag, fresh for at most `max_age` seconds."""
        cache_control = conditional.public_cache_control(max_age, valid_seconds=self.valid_seconds)
        return conditional.json_response(self.body, cache_control=cache_control, revision=self.revision)


class PageCursor:
    """Creates and reads the page tokens of one query.

    A token contains the sort keys of the last row of a page and is signed together with the query.
    """

    def __init__(self, secret: bytes, query: Any) -> None:
        """Create the cursor of a query.

        Args:
            secret: The key of the signature.
            query: Everything that must be the same for all pages, such as filters and order; serializable as JSON.
        """
        self._secret = secret
        self._query = orjson.dumps(query, option=orjson.OPT_SORT_KEYS)

    def create_token(self, keys: Sequence[str], today: date | None) -> str:
        """Create the signed token of the page after these sort keys; it also contains the day.

        Args:
            keys: Sort keys of the last row.
            today: The day shown if the query names none: later pages show the same day, also after midnight.
        """
        payload = orjson.dumps([today, *keys])
        return base64.urlsafe_b64encode(self._mac(payload) + payload).decode().rstrip("=")

    def read_token(self, token: str) -> tuple[list[str], date | None]:
        """Return the sort keys and the day in a page token; InvalidParameters if it is not one of this query.

        Raises:
            InvalidParameters: The token is not one of this query.
        """
        try:
            signed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise InvalidParameters(FOREIGN_PAGE_TOKEN) from None
        mac, payload = signed[:16], signed[16:]
        if not hmac.compare_digest(mac, self._mac(payload)):
            raise InvalidParameters(FOREIGN_PAGE_TOKEN)
        day, *keys = orjson.loads(payload)
        return keys, date.fromisoformat(day) if day else None

    def _mac(self, payload: bytes) -> bytes:
        """Return the MAC of a page token's payload together with the query that it belongs to."""
        return blake2b(self._query + b"\0" + payload, key=self._secret, digest_size=16).digest()
