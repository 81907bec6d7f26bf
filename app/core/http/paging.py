"""Pages, items and the signed tokens that lead from one page to the next.

A page ends where the next begins by the *keys* of its last row, not by a count of rows skipped, so the thousandth page
costs what the first does, and rows that come or go shift nothing. The token carries those keys, signed together with
the filters: it is good for one walk only.
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
        "Use next_page_token as it was given, with the same filters and order as the page before.",
    ),
    parameter="page_token",
)


class PageOf(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    next_page_token: Annotated[
        str | None, Field(description="For `page_token`, to read on; null: this was the last page.")
    ]


@dataclass(frozen=True, slots=True)
class Page:
    """The JSON body of one page, and the token of the next. `lasts`: the seconds for which it is true, if it ends."""

    body: bytes
    next_page_token: str | None
    is_empty: bool
    valid_seconds: int | None = None

    def to_response(self, request: Request, *, max_age: int | None, vary: str = "Accept") -> Response:
        """The answer, `fresh` for so many seconds, with its tag and, if there is a next page, its Link (RFC 8288).

        None: it is personal, and nobody keeps it. `vary`: the headers of the request on which it depends.
        """
        headers = {"Vary": vary}
        if self.next_page_token:
            query = [(name, value) for name, value in parse_qsl(request.url.query) if name != "page_token"]
            query.append(("page_token", self.next_page_token))
            headers["Link"] = f'<{request.url.path}?{urlencode(query)}>; rel="next"'
        cache = (
            "no-store"
            if max_age is None
            else conditional.public_cache_control(max_age, valid_seconds=self.valid_seconds)
        )
        return conditional.json_response(self.body, cache=cache, headers=headers)


@dataclass(frozen=True, slots=True)
class Item:
    """The JSON body of one item, and its revision. `lasts`: the seconds for which it is true, if it ends."""

    body: bytes
    revision: int
    valid_seconds: int | None = None

    def to_response(self, *, max_age: int) -> Response:
        """The answer, `fresh` for so many seconds, with its tag."""
        cache = conditional.public_cache_control(max_age, valid_seconds=self.valid_seconds)
        return conditional.json_response(self.body, cache=cache, revision=self.revision)


class PageCursor:
    """One way through one list: signs the keys of a page's last row together with all that the walk is bound to."""

    def __init__(self, secret: bytes, bound_to: Any) -> None:
        self._secret = secret
        self._bound_to = orjson.dumps(bound_to, option=orjson.OPT_SORT_KEYS)

    def create_token(self, keys: Sequence[str], today: date | None) -> str:
        """The token of the next page. A walk that began with "today" goes on with that day, also after midnight."""
        payload = orjson.dumps([today, *keys])
        return base64.urlsafe_b64encode(self._mac(payload) + payload).decode().rstrip("=")

    def read_token(self, token: str) -> tuple[list[str], date | None]:
        """The keys and the day within a token; InvalidParameters if this walk did not make it."""
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
        return blake2b(self._bound_to + b"\0" + payload, key=self._secret, digest_size=16).digest()
