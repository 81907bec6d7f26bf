"""One request that nobody should send, as bytes, and what becomes of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from tests.service.wire import get

KIB = 1024
CLOSED = 0
LEGAL = 200
CANARY = b"kenari7"  # a value that is nowhere in the service's own words


@dataclass(frozen=True)
class Nasty:
    """`expected` are the statuses that are right: 200 only where the request is legal, however odd.

    `CLOSED`: the connection may be closed without an answer. `secret`: what an answer must not repeat.
    """

    name: str
    sent: tuple[bytes, ...]
    expected: frozenset[int]
    secret: bytes = CANARY
    half_close: bool = False

    def __str__(self) -> str:
        return self.name


def nasty(name: str, sent: bytes | tuple[bytes, ...], *expected: int, secret: bytes = CANARY) -> Nasty:
    return Nasty(name, (sent,) if isinstance(sent, bytes) else sent, frozenset(expected), secret)


def asked(group: str, target: str, values: Mapping[str, bytes], *expected: int) -> Iterator[Nasty]:
    """GET of a target in whose `{}` each value is put as it is."""
    before, after = (part.encode() for part in target.split("{}"))
    for name, value in values.items():
        # What is short may stand in the answer by chance, and a whole query has names, which may be told.
        secret = value if len(value) >= 3 and before.endswith(b"=") else CANARY
        yield nasty(f"{group}: {name}", get(before + value + after), *expected, secret=secret)


def escaped(text: str) -> bytes:
    return quote_from_bytes(text.encode()).encode()
