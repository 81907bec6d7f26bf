"""A corpus of invalid and unusual requests to each route and parameter of the contract, and to the web server."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from tests.service.corpus import (
    addresses,
    combinations,
    every_route,
    header_fields,
    messages,
    parameters,
    path_segments,
    unusual,
    writes,
)
from tests.service.corpus.invalid_request import CLOSED, InvalidRequest

__all__ = ["CLOSED", "CORPUS", "PARTS", "InvalidRequest", "get_kind", "group_by_prefix", "select_sample"]

MODULES = (
    *(addresses, every_route, path_segments, parameters, combinations),
    *(header_fields, messages, unusual, writes),
)
PARTS = {module.__name__.rpartition(".")[2]: list(module.cases()) for module in MODULES}
CORPUS = [case for part in PARTS.values() for case in part]
ROUTE_PREFIX = re.compile("([A-Z]+ )?/")


def group_by_prefix(corpus: Iterable[InvalidRequest]) -> Mapping[str, list[InvalidRequest]]:
    """Return the cases by the part of their name before the colon. Those of one group are sent at once."""
    found = defaultdict(list)
    for case in corpus:
        found[case.name.partition(":")[0]].append(case)
    return found


def select_sample(corpus: Iterable[InvalidRequest]) -> Iterator[InvalidRequest]:
    """Yield a quarter of the cases of each route or parameter, a different quarter each time, and all other cases.

    A case of a kind that no quarter has had yet is yielded too. So each kind is included, and each route has some.
    """
    kinds = set()
    for n, (name, group) in enumerate(group_by_prefix(corpus).items()):
        for position, case in enumerate(group):
            kind = get_kind(case)
            if position % 4 == n % 4 or kind not in kinds or not ROUTE_PREFIX.match(name):
                kinds.add(kind)
                yield case


def get_kind(case: InvalidRequest) -> str:
    """Return what is invalid about a request: the part of its name after the colon."""
    return case.name.partition(": ")[2]
