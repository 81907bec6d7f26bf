"""Invalid codes and ids in each variable segment of the path of each route."""

from collections.abc import Iterator

from tests.service.corpus.contract import ROUTES
from tests.service.corpus.invalid_request import CANARY, InvalidRequest, build_get_cases, percent_encode
from tests.service.corpus.values import FEW_NO_TEXTS, NO_IDS

NO_CODES = {
    "a word": CANARY,
    "of 4,000": b"k" * 4000,
    "four bytes each": percent_encode("🗳" * 50),
    "Arabic digits": percent_encode("٣١"),
    "fullwidth": percent_encode("\uff4b\uff50\uff55"),
    "dots": b"..",
    "dots, encoded": b"%2e%2e",
    "space": b"%20",
    "newline in front": b"%0Akpu",
    "a percent sign, encoded twice": b"%2500",
    "SQL": b"kpu%27%20OR%20%27%27%3D%27",
    "LIKE wildcard": b"%25",
    "a list": b"31,32",
    "null": b"null",
}
SLASHES = {"nothing": b"", "slash": b"%2F", "slash in front": b"%2F31", "slash within": b"31%2F32"}


def cases() -> Iterator[InvalidRequest]:
    for route in ROUTES:
        for name, schema in route.path.items():
            target = route.address(**{name: "{}"})
            group = f"{route} {name}"
            if "pattern" in schema:
                yield from build_get_cases(group, target, NO_CODES | NO_IDS, 422)
            elif schema.get("format") == "uuid":
                yield from build_get_cases(group, target, NO_CODES | NO_IDS, 422, 404)
            else:
                yield from build_get_cases(group, target, NO_CODES, 404)
            yield from build_get_cases(group, target, FEW_NO_TEXTS, 400)
            yield from build_get_cases(group, target, SLASHES, 404)
