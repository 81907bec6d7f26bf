"""Requests that nobody should send: to every route and parameter that the contract offers, and to the web server."""

from tests.service.corpus import addresses, everywhere, fields, legal, messages, parameters, segments, together
from tests.service.corpus.nasty import CLOSED, Nasty

__all__ = ["CLOSED", "CORPUS", "Nasty"]

PARTS = (addresses, everywhere, segments, parameters, together, fields, messages, legal)
CORPUS = [nasty for part in PARTS for nasty in part.cases()]
