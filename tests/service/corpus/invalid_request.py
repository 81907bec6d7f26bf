"""A case of the corpus: a request as bytes, and the expected responses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from tests.service.raw_http import build_get

KIB = 1024
CLOSED = 0
LEGAL = 200
CANARY = b"kenari7"  # a value that no text of the service contains


@dataclass(frozen=True)
class InvalidRequest:
    """A request with its expected statuses.

    200 is expected only for a valid request. `CLOSED` allows the server to close the connection without a response.
    `secret` must not appear in the response.
    """

    name: str
    sent: tuple[bytes, ...]
    expected: frozenset[int]
    secret: bytes = CANARY
    half_close: bool = False

    def __str__(self) -> str:
        return self.name


def build_case(name: str, sent: bytes | tuple[bytes, ...], *expected: int, secret: bytes = CANARY) -> InvalidRequest:
    return InvalidRequest(name, (sent,) if isinstance(sent, bytes) else sent, frozenset(expected), secret)


def build_get_cases(group: str, target: str, values: Mapping[str, bytes], *expected: int) -> Iterator[InvalidRequest]:
    """Yield a GET of the target for each value, which replaces `{}` unchanged."""
    before, after = (part.encode() for part in target.split("{}"))
    for name, value in values.items():
        # A short value may appear in a response by chance, and a whole query contains names, which may be named.
        secret = value if len(value) >= 3 and before.endswith(b"=") else CANARY
        yield build_case(f"{group}: {name}", build_get(before + value + after), *expected, secret=secret)


def percent_encode(text: str) -> bytes:
    return quote_from_bytes(text.encode()).encode()
