"""The corpus contains cases for each route and parameter of the running service."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote_to_bytes

import orjson
import pytest

from tests.applications import resolve_document
from tests.service.conftest import Service, fetch_body
from tests.service.corpus import CORPUS, InvalidRequest, get_kind, select_sample

MIN_INVALID = 300
MIN_PER_ROUTE = 15
MIN_PER_PARAMETER = 8
REQUEST_LINE = re.compile(rb"[A-Z]+ (/[^ ?]*)(?:\?([^ ]*))? HTTP/1\.1\r\n")


@pytest.fixture(scope="module")
def contract_parameters(service: Service) -> dict[str, set[str]]:
    """Names of the query parameters by path, from the served OpenAPI document."""
    contract_parameters: dict[str, set[str]] = {}
    for template, methods in resolve_document(orjson.loads(fetch_body(f"{service.base_url}/openapi.json")))[
        "paths"
    ].items():
        parameters = methods.get("get", {}).get("parameters", ())
        contract_parameters[template] = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    return contract_parameters


def build_route_patterns(templates: Iterable[str]) -> dict[str, re.Pattern[bytes]]:
    """Return a pattern for each path, in the order of matching: fewest variables first, then the longest."""
    in_order = sorted(templates, key=lambda template: (template.count("{"), -len(template)))
    return {template: re.compile(re.sub(r"\{\w+\}", "[^/]+", template).encode()) for template in in_order}


def match_route(case: InvalidRequest, routes: Mapping[str, re.Pattern[bytes]]) -> Iterator[tuple[str, list[str]]]:
    """Yield the path that matches a request, if any, and the names in its query."""
    line = REQUEST_LINE.match(b"".join(case.sent))
    if line is None:
        return
    for template, pattern in routes.items():
        if pattern.fullmatch(line[1]):
            pieces = (line[2] or b"").split(b"&")
            yield template, [unquote_to_bytes(piece.partition(b"=")[0]).decode("utf-8", "replace") for piece in pieces]
            return


def test_corpus_covers_each_route_and_parameter(contract_parameters: dict[str, set[str]]) -> None:
    taken = build_route_patterns(contract_parameters)
    found = [each for case in CORPUS for each in match_route(case, taken)]
    routes = Counter(template for template, _ in found)
    parameters = Counter((template, name) for template, names in found for name in set(names))
    assert {template for template in contract_parameters if routes[template] < MIN_PER_ROUTE} == set()
    known = {(template, name) for template, names in contract_parameters.items() for name in names}
    assert {each for each in known if parameters[each] < MIN_PER_PARAMETER} == set()


def test_most_cases_are_invalid() -> None:
    refused = [case for case in CORPUS if all(status >= 400 or status == 0 for status in case.expected)]
    assert len(refused) > MIN_INVALID
    assert not any(status >= 500 for case in CORPUS for status in case.expected)
    assert len({case.name for case in CORPUS}) == len(CORPUS)


def test_sample_has_all_kinds_and_at_most_a_third() -> None:
    taken = list(select_sample(CORPUS))
    assert len(taken) < len(CORPUS) / 3
    assert {get_kind(case) for case in taken} == {get_kind(case) for case in CORPUS}
