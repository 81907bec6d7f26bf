"""Requests that nobody should send: to every route and parameter that the contract offers, and to the web server."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from tests.service.corpus import addresses, everywhere, fields, legal, messages, parameters, segments, together, writes
from tests.service.corpus.nasty import CLOSED, Nasty

__all__ = ["CLOSED", "CORPUS", "PARTS", "Nasty", "groups", "sample"]

MODULES = (addresses, everywhere, segments, parameters, together, fields, messages, legal, writes)
PARTS = {module.__name__.rpartition(".")[2]: list(module.cases()) for module in MODULES}
CORPUS = [nasty for part in PARTS.values() for nasty in part]
OF_A_ROUTE = re.compile("([A-Z]+ )?/")


def groups(corpus: Iterable[Nasty]) -> Mapping[str, list[Nasty]]:
    """Those that are tried at once: what stands before the colon of their names."""
    found = defaultdict(list)
    for nasty in corpus:
        found[nasty.name.partition(":")[0]].append(nasty)
    return found


def sample(corpus: Iterable[Nasty]) -> Iterator[Nasty]:
    """Yield a quarter of what is asked of each route or parameter, another quarter of the next, and all of the rest.

    So every kind of request is made, and every route gets some.
    """
    for n, (name, group) in enumerate(groups(corpus).items()):
        yield from group[n % 4 :: 4] if OF_A_ROUTE.match(name) else group
