"""Invalid values for each query parameter of each route, by the kind of parameter."""

from collections.abc import Iterator, Mapping

from tests.service.corpus.contract import ROUTES, Route, Schema
from tests.service.corpus.invalid_request import (
    CANARY,
    LEGAL,
    InvalidRequest,
    build_case,
    build_get_cases,
    percent_encode,
)
from tests.service.corpus.values import (
    DAYS,
    FEW_DAYS,
    FEW_NUMBERS,
    FEW_ODD_TEXTS,
    NO_IDS,
    NO_TEXT,
    NUMBERS,
    ODD_TEXT,
    TWO_NO_TEXTS,
)
from tests.service.raw_http import build_get

NO_FIELDS = {
    "unknown": CANARY,
    "one unknown": b"code,kenari7",
    "an empty one": b"code,,name",
    "comma alone": b",",
    "space": b"code,%20name",
    "all": b"*",
    "nested": b"source.title",
    "in capitals": b"NAME",
}
NO_TOKENS = {
    "forged": CANARY,
    "zeros": b"A" * 64,
    "base64 of old": b"%2B%2F%3D%3D",
    "in another script": percent_encode("токен"),
    "space": b"%20",
    "of 3,000": b"A" * 3000,
    "NUL within": b"AAAAAAAAAAAAAAAAAAAAAFsiMTEAIl0",
}
NO_INSTANTS = {
    "a word": CANARY,
    "a day": b"2021-03-04",
    "no offset": b"2021-03-04T09:00:00",
    "a blank for the plus": b"2021-03-04T09:00:00+07:00",
    "year 1": b"0001-01-01T00:00:00Z",
    "year 2200": b"2200-01-01T00:00:00Z",
    "February 30th": b"2022-02-30T00:00:00Z",
    "hour 25": b"2021-03-04T25:00:00Z",
    "a number": b"1655175600",
    "infinity": b"infinity",
}
NO_WORDS = {"one letter": b"k", "of 101": b"k" * 101, "of 8,000": b"k" * 8000, "one of four bytes": percent_encode("🗳")}


def cases() -> Iterator[InvalidRequest]:
    # All values for one or two routes, a few for the others.
    yield from build_get_cases("number", "/v1/regions?page_size={}", NUMBERS, 422)
    yield from build_get_cases("day", "/v1/regions?as_of={}", DAYS, 422)
    yield from build_get_cases(
        "day of an item", "/v1/officials/01a20c10-0ad9-7584-8953-0eb59d6a8d90?as_of={}", DAYS, 422
    )
    yield from build_get_cases("odd text to search", "/v1/officials?q={}", ODD_TEXT, LEGAL)
    yield from build_get_cases("odd text to search everywhere", "/v1/search?q={}", ODD_TEXT, LEGAL)
    yield from build_get_cases("odd text for a code", "/v1/officials?organization={}", ODD_TEXT, 422)
    yield from build_get_cases("no text in the query", "/v1/officials?q={}", NO_TEXT, 400)
    yield from build_get_cases("no text in a name", "/v1/officials?q{}=a", NO_TEXT, 400)
    yield from build_get_cases("no text in the path", "/v1/organizations/{}", NO_TEXT, 400)
    for route in ROUTES:
        for name, schema in route.query.items():
            yield from _common_cases(route, name)
            target = route.target(f"{name}={{}}", without=name)
            yield from build_get_cases(f"{route} {name}", target, invalid_values(name, schema), 422)
            if name in ("q", "topic"):
                yield from build_get_cases(f"{route} {name}: odd", target, FEW_ODD_TEXTS, LEGAL)


def _common_cases(route: Route, name: str) -> Iterator[InvalidRequest]:
    """Yield cases that are invalid for a parameter of any kind."""
    target = route.target(f"{name}={{}}", without=name)
    yield from build_get_cases(f"{route} {name}", target, TWO_NO_TEXTS, 400)
    for how, query in {
        "repeated": f"{name}=kenari7&%{ord(name[0]):02x}{name[1:]}=kenari7",
        "empty": f"{name}=",
        "name in capitals": f"{name.upper()}=kenari7",
    }.items():
        yield build_case(f"{route} {name}: {how}", build_get(route.target(query, without=name).encode()), 422)


def invalid_values(name: str, schema: Schema) -> Mapping[str, bytes]:
    """Return values that are invalid for a parameter; none for an unknown kind, which test_corpus.py reports."""
    match name, schema:
        case "q", _:
            return NO_WORDS
        case "fields", _:
            return NO_FIELDS
        case "page_token", _:
            return NO_TOKENS
        case _, {"type": "integer", "minimum": least, "maximum": most}:
            return FEW_NUMBERS | {"below the least": b"%d" % (least - 1), "above the most": b"%d" % (most + 1)}
        case _, {"format": "date"}:
            return FEW_DAYS
        case _, {"format": "date-time"}:
            return NO_INSTANTS
        case "since", _:
            return FEW_NUMBERS | {"of 14 digits": b"1" * 14}
        case "official" | "participant", _:
            return NO_IDS
        case _, {"enum": values}:
            return _invalid_choices(values[0])
        case _, {"maxLength": 40}:
            return FEW_ODD_TEXTS | {"unknown": CANARY, "in capitals": b"KPU", "of 41": b"k" * 41}
        case _, {"maxLength": most}:
            return {
                "too long": b"k" * (most + 1),
                "too long, of four bytes": percent_encode("🗳" * (most + 1)),
                "far too long": b"k" * (most + 2000),
                "too long by a blank": b"k" * most + b"%20",
            }
    return {}


def _invalid_choices(value: str) -> Mapping[str, bytes]:
    first = value.encode()
    return {
        "unknown": CANARY,
        "in capitals": first.upper(),
        "space in front": b"%20" + first,
        "two": first + b"," + first,
    }
