"""Requests that nobody should send: to every route and parameter that the contract offers, and to the web server."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from tests.service.corpus import (
    addresses,
    everywhere,
    fields,
    legal,
    messages,
    parameters,
    segments,
    together,
    writes,
)
from tests.service.corpus.nasty import CLOSED, Nasty

__all__ = ["CLOSED", "CORPUS", "Nasty", "groups"]

PARTS = (addresses, everywhere, segments, parameters, together, fields, messages, legal, writes)
CORPUS = [nasty for part in PARTS for nasty in part.cases()]


def groups(corpus: Iterable[Nasty]) -> Mapping[str, list[Nasty]]:
    """Those that are tried at once: what stands before the colon of their names."""
    found = defaultdict(list)
    for nasty in corpus:
        found[nasty.name.partition(":")[0]].append(nasty)
    return found
