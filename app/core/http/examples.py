"""Examples in the OpenAPI document: for each operation one real request, and its response on the reference data.

A route declares its request with `openapi_extra=example("/v1/regions/31")`. The explorer fills in its parameters. The
responses are stored in a file that a test compares with those of the service.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from app.core.http import validation
from app.core.http.openapi_components import EXAMPLES_PREFIX
from app.core.problems import PROBLEM_TYPES, InvalidParameters

READ_EXAMPLE_KEY = "x-example"
WRITE_EXAMPLE_KEY = "x-example-written"
EXAMPLE_REQUEST_ID = "4f0c6f5a0d4b4c0c8d4f4f0a1f6b6c1e"
EXAMPLE_KNOWN_PARAMETERS = ("as_of", "page_size", "page_token", "fields")
MAX_EXAMPLE_ITEMS = 2
# Values that differ between installations, such as the time of a write, are replaced by fixed ones.
EXAMPLE_PAGE_TOKEN = "pCwljkT9NI-CaelEXWHQfltudWxsLCIwMWEyMGNhZS0zYjdjLTc3NTIiXQ"  # noqa: S105
EXAMPLE_BADGE_TOKEN = "eyJhbGciOiJFZDI1NTE5In0.eyJqdGkiOiJhbiBleGFtcGxlIn0.c2lnbmF0dXJl"  # noqa: S105
EXAMPLE_INSTANT = "2026-11-24T05:45:00.000000+00:00"
FIXED_VALUES = {
    **dict.fromkeys(("created_at", "updated_at", "at", "sealed_at", "issued_at", "requested_at"), EXAMPLE_INSTANT),
    "hour": "2026-11-24T05:00:00.000000+00:00",
    "next_page_token": EXAMPLE_PAGE_TOKEN,
    "kid": "2T9mQ0dCkVhY8mWn7nS1lq3C0a4bT6yqk2vJm5uXo0E",
    "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
    "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
}
# Values of an object that has the member named by the key: a line of the audit chain, a badge, a gate pack.
FIXED_VALUES_BY_MARKER: dict[str, dict[str, Any]] = {
    "hash": {"id": 1, "xid": "1207", "position": 1, "hash": hashlib.sha256(b"an example").hexdigest()},
    "token": {"id": "01a20cae-6a10-7c11-9a53-5c7d0c2f8b01", "token": EXAMPLE_BADGE_TOKEN},
    "is_delta": {"version": "1795499100000"},
}
# Parameters that the explorer fills in for a write, so that trying it out stores nothing.
SAFE_WRITE_PARAMETERS = {"dry_run": "true", "If-Match": "*"}

ExampleResponses = Mapping[str, Any]


def example(address: str) -> dict[str, Any]:
    """Return the `openapi_extra` of a GET route with the address (path and query) of its example request."""
    return {READ_EXAMPLE_KEY: address}


def write_example(address: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the `openapi_extra` of a route that writes, with the address and body of its example request.

    Its response is not recorded.
    """
    return {WRITE_EXAMPLE_KEY: {"address": address, "body": body}}


def shorten_response(response: Any) -> Any:
    """Return a copy of a response to record as example: shorter lists, fixed values where installations differ."""
    if isinstance(response, dict):
        marked = (values for marker, values in FIXED_VALUES_BY_MARKER.items() if marker in response)
        fixed = FIXED_VALUES | next(marked, {})
        return {
            name: fixed[name] if name in fixed and value is not None else shorten_response(value)
            for name, value in response.items()
        }
    if isinstance(response, list):
        return [shorten_response(item) for item in response[:MAX_EXAMPLE_ITEMS]]
    return response


def add_examples(path: str, operation: dict[str, Any], responses: ExampleResponses) -> None:
    """Replace an operation's example keys in place by examples of its parameters, body and response.

    Args:
        path: Path template of the operation.
        operation: The operation of the OpenAPI document, which is changed in place.
        responses: The recorded responses by path and query.
    """
    write_request = operation.pop(WRITE_EXAMPLE_KEY, {})
    address = operation.pop(READ_EXAMPLE_KEY, write_request.get("address"))
    if write_request.get("body") is not None:
        for content in operation["requestBody"]["content"].values():
            content["example"] = write_request["body"]
    values = extract_parameters(path, address) if address else {}
    values |= SAFE_WRITE_PARAMETERS if write_request else {}
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        add_parameter_example(parameter, values)
    if address in responses and not write_request:
        contents = operation["responses"]["200"]["content"]
        media_type = "application/json" if "application/json" in contents else next(iter(contents))
        contents[media_type]["example"] = responses[address]


def build_problem_examples(document: Mapping[str, Any]) -> dict[str, Any]:
    """Build the example of each kind of problem to which a response of the OpenAPI document refers, by its code."""
    text = json.dumps(document)
    used = [kind for code, kind in PROBLEM_TYPES.items() if f'"{EXAMPLES_PREFIX}{code}"' in text]
    unknown = [{"type": "extra_forbidden", "loc": ("query", "colour")}]
    problems = [
        validation.validation_problem(unknown, EXAMPLE_KNOWN_PARAMETERS) if kind is InvalidParameters else kind()
        for kind in used
    ]
    return {
        problem.code: {"summary": problem.title.en, "value": problem.document("en", EXAMPLE_REQUEST_ID)}
        for problem in problems
    }


def add_parameter_example(parameter: dict[str, Any], example_values: Mapping[str, str]) -> None:
    """Add a parameter's example value to it in place or, if there is none, a hint to its schema.

    Values of the example request are added to the parameter itself: the explorer fills them in. Other parameters get
    an example in their schema, which the explorer shows as a hint.
    """
    schema = parameter["schema"]
    if parameter["name"] in example_values:
        value = example_values[parameter["name"]]
        parameter["example"] = int(value) if schema["type"] == "integer" else value
        schema.pop("examples", None)
    elif parameter["name"] == "page_token":
        schema["examples"] = [EXAMPLE_PAGE_TOKEN]
    elif "enum" in schema:
        schema.setdefault("examples", schema["enum"][:1])


def extract_parameters(path: str, address: str) -> dict[str, str]:
    """Return path and query parameters of an address by name; ValueError if it does not match the path template.

    Raises:
        ValueError: The address does not match the path template.
    """
    parts = urlsplit(address)
    template = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
    match = re.fullmatch(template, parts.path)
    if match is None:
        raise ValueError(f"{address} does not match {path}")
    path_parameters = {name: unquote(value) for name, value in match.groupdict().items()}
    return path_parameters | dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
