"""Examples in the OpenAPI document: for each operation one real request, and the answer to it on the reference data.

A route names its request beside its declaration, `openapi_extra=example("/v1/regions/31")`. Its parameters are what the
explorer fills in; the answers are kept in a file that a test compares with what the service says.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from app.core.http import validation

READ_EXAMPLE_KEY = "x-example"
WRITE_EXAMPLE_KEY = "x-example-written"
EXAMPLE_REQUEST_ID = "4f0c6f5a0d4b4c0c8d4f4f0a1f6b6c1e"
MAX_EXAMPLE_ITEMS = 2
# What differs from one installation to the next: when a row was written, the signature of a token, the parts of a key.
EXAMPLE_PAGE_TOKEN = "pCwljkT9NI-CaelEXWHQfltudWxsLCIwMWEyMGNhZS0zYjdjLTc3NTIiXQ"  # noqa: S105
EXAMPLE_BADGE_TOKEN = "eyJhbGciOiJFZDI1NTE5In0.eyJqdGkiOiJhbiBleGFtcGxlIn0.c2lnbmF0dXJl"  # noqa: S105
EXAMPLE_INSTANT = "2026-11-24T05:45:00+00:00"
FIXED_VALUES = {
    **dict.fromkeys(("created_at", "updated_at", "at", "sealed_at", "issued_at", "requested_at"), EXAMPLE_INSTANT),
    "hour": "2026-11-24T05:00:00+00:00",
    "next_page_token": EXAMPLE_PAGE_TOKEN,
    "kid": "2T9mQ0dCkVhY8mWn7nS1lq3C0a4bT6yqk2vJm5uXo0E",
    "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
    "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
}
# The same of what has this member: what stands in the chain of hashes, where all lines are numbered, a badge, a pack.
FIXED_VALUES_BY_MARKER: dict[str, dict[str, Any]] = {
    "hash": {"id": 1, "xid": "1207", "position": 1, "hash": hashlib.sha256(b"an example").hexdigest()},
    "token": {"id": "01a20cae-6a10-7c11-9a53-5c7d0c2f8b01", "token": EXAMPLE_BADGE_TOKEN},
    "is_delta": {"version": "1795499100000"},
}
# What the explorer fills in where something is written: with these the first try of anyone keeps nothing.
SAFE_WRITE_PARAMETERS = {"dry_run": "true", "If-Match": "*"}

ExampleResponses = Mapping[str, Any]


def example(address: str) -> dict[str, Any]:
    """For `openapi_extra=`: the request that shows best what this route does."""
    return {READ_EXAMPLE_KEY: address}


def write_example(address: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The same for a route that writes, with the body that it takes; nobody asks it for its answer."""
    return {WRITE_EXAMPLE_KEY: {"address": address, "body": body}}


def shorten_response(answer: Any) -> Any:
    """An answer as an example: lists cut after the second item, and nothing in it that only one installation has."""
    if isinstance(answer, dict):
        fixed = FIXED_VALUES | next((more for beside, more in FIXED_VALUES_BY_MARKER.items() if beside in answer), {})
        return {
            name: fixed[name] if name in fixed and value is not None else shorten_response(value)
            for name, value in answer.items()
        }
    if isinstance(answer, list):
        return [shorten_response(item) for item in answer[:MAX_EXAMPLE_ITEMS]]
    return answer


def add_examples(path: str, operation: dict[str, Any], answers: ExampleResponses) -> None:
    """Put the example into an operation: its parameters, its answer, and what an unknown parameter is answered with."""
    shown = operation.pop(WRITE_EXAMPLE_KEY, {})
    address = operation.pop(READ_EXAMPLE_KEY, shown.get("address"))
    if shown.get("body") is not None:
        for content in operation["requestBody"]["content"].values():
            content["example"] = shown["body"]
    given = extract_parameters(path, address) if address else {}
    given |= SAFE_WRITE_PARAMETERS if shown else {}
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        add_parameter_example(parameter, given)
    if address in answers and not shown:
        contents = operation["responses"]["200"]["content"]
        kind = "application/json" if "application/json" in contents else next(iter(contents))
        contents[kind]["example"] = answers[address]
    known = [parameter["name"] for parameter in parameters if parameter["in"] == "query"]
    unknown = validation.parameter_problem([{"type": "extra_forbidden", "loc": ("query", "colour")}], known)
    document = unknown.document("en", EXAMPLE_REQUEST_ID)
    for content in operation["responses"]["422"]["content"].values():
        if "examples" in content:
            content["examples"][unknown.code]["value"] = document
        else:
            content["example"] = document


def add_parameter_example(parameter: dict[str, Any], given: Mapping[str, str]) -> None:
    """Those of the request stand on the parameter, where the explorer takes them from; others in its schema."""
    schema = parameter["schema"]
    if parameter["name"] in given:
        value = given[parameter["name"]]
        parameter["example"] = int(value) if schema["type"] == "integer" else value
        schema.pop("examples", None)
    elif parameter["name"] == "page_token":
        schema["examples"] = [EXAMPLE_PAGE_TOKEN]
    elif "enum" in schema:
        schema.setdefault("examples", schema["enum"][:1])


def extract_parameters(path: str, address: str) -> dict[str, str]:
    """The parameters within an address of this path, by name."""
    parts = urlsplit(address)
    template = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
    found = re.fullmatch(template, parts.path)
    if found is None:
        raise ValueError(f"{address} is no address of {path}")
    named = {name: unquote(value) for name, value in found.groupdict().items()}
    return named | dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
