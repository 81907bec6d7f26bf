"""The nasty requests go everywhere: to every route and parameter that the running service offers."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote_to_bytes

import orjson
import pytest

from tests.service.conftest import Service, fetched
from tests.service.corpus import CORPUS, Nasty, sample

LEAST = 300
LEAST_OF_A_ROUTE = 15
LEAST_OF_A_PARAMETER = 8
REQUEST_LINE = re.compile(rb"[A-Z]+ (/[^ ?]*)(?:\?([^ ]*))? HTTP/1\.1\r\n")


@pytest.fixture(scope="module")
def offered(service: Service) -> dict[str, set[str]]:
    """The names of the query parameters by the route's template, as the service itself tells them."""
    offered: dict[str, set[str]] = {}
    for template, methods in orjson.loads(fetched(f"{service.base}/openapi.json"))["paths"].items():
        parameters = methods.get("get", {}).get("parameters", ())
        offered[template] = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    return offered


def patterns(templates: Iterable[str]) -> dict[str, re.Pattern[bytes]]:
    """Those without variables first, as the router has it, and what is done to one before what reads it."""
    in_order = sorted(templates, key=lambda template: (template.count("{"), -len(template)))
    return {template: re.compile(re.sub(r"\{\w+\}", "[^/]+", template).encode()) for template in in_order}


def asked(nasty: Nasty, routes: Mapping[str, re.Pattern[bytes]]) -> Iterator[tuple[str, list[str]]]:
    """The route that would take this request, if one would, and the names in the query."""
    line = REQUEST_LINE.match(b"".join(nasty.sent))
    if line is None:
        return
    for template, pattern in routes.items():
        if pattern.fullmatch(line[1]):
            pieces = (line[2] or b"").split(b"&")
            yield template, [unquote_to_bytes(piece.partition(b"=")[0]).decode("utf-8", "replace") for piece in pieces]
            return


def test_every_route_and_every_parameter_is_mistreated(offered: dict[str, set[str]]) -> None:
    taken = patterns(offered)
    found = [each for nasty in CORPUS for each in asked(nasty, taken)]
    routes = Counter(template for template, _ in found)
    parameters = Counter((template, name) for template, names in found for name in set(names))
    assert {template for template in offered if routes[template] < LEAST_OF_A_ROUTE} == set()
    known = {(template, name) for template, names in offered.items() for name in names}
    assert {each for each in known if parameters[each] < LEAST_OF_A_PARAMETER} == set()


def test_nearly_all_are_to_be_refused() -> None:
    refused = [nasty for nasty in CORPUS if all(status >= 400 or status == 0 for status in nasty.expected)]
    assert len(refused) > LEAST
    assert not any(status >= 500 for nasty in CORPUS for status in nasty.expected)
    assert len({nasty.name for nasty in CORPUS}) == len(CORPUS)


def test_the_sample_has_all_kinds_and_a_third_at_most() -> None:
    taken = list(sample(CORPUS))
    assert len(taken) < len(CORPUS) / 3
    left_out = {kind(nasty) for nasty in CORPUS} - {kind(nasty) for nasty in taken}
    assert left_out <= {"of 14 digits"}  # of one parameter alone


def kind(nasty: Nasty) -> str:
    return nasty.name.partition(": ")[2]
