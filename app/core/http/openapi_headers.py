"""Response headers in the OpenAPI document."""

from typing import Any

from app.core.http.openapi_components import is_anonymous, list_parameters
from app.core.problems import MEDIA_TYPE, InsufficientScope, RequestInFlight

TEXT = {"type": "string"}
# A header with `required` is sent with every response that declares it by reference.
HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Id of the request, its own `X-Request-Id` or a new one: mention it when you report a problem.",
        "required": True,
        "schema": TEXT,
    },
    "Content-Language": {
        "description": "Language of the texts for people.",
        "required": True,
        "schema": {"type": "string", "enum": ["id", "en"]},
    },
    "ETag": {
        "description": "Entity tag of these bytes: send it as `If-None-Match` to read them again only if they changed, "
        "and that of an object as `If-Match` to change it.",
        "required": True,
        "schema": TEXT,
    },
    "Link": {"description": 'The next page, as `rel="next"`; absent on the last one.', "schema": TEXT},
    "Location": {
        "description": "Path of the object.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Retry-After": {
        "description": "Seconds after which the request can be repeated.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "The challenge: the scope that is needed, and what is wrong with the credentials.",
        "required": True,
        "schema": TEXT,
    },
    "RateLimit": {
        "description": "Requests left (`r`), and the seconds until all are available again (`t`). Absent from public "
        "responses, and for callers that are not counted.",
        "schema": TEXT,
    },
    "RateLimit-Policy": {
        "description": "Requests that can be made at once (`q`), and the seconds that it takes until they are "
        "available again (`w`).",
        "schema": TEXT,
    },
    "Idempotency-Replayed": {
        "description": "This is the response to an earlier request with the same Idempotency-Key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Content-Disposition": {"description": "Name of the file.", "schema": TEXT},
    "Accept": {"description": "Media types that the operation accepts.", "schema": TEXT},
    "Accept-Patch": {"description": "Media types that the operation accepts as a patch.", "schema": TEXT},
    "Accept-Encoding": {"description": "Content codings that the operation accepts.", "schema": TEXT},
}
# The headers of the responses with a status, besides those of all responses.
HEADERS_BY_STATUS: dict[str, tuple[str, ...]] = {
    "304": ("ETag", "Link"),
    "401": ("WWW-Authenticate",),
    "412": ("ETag",),
    "415": ("Accept", "Accept-Patch", "Accept-Encoding"),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}
# The header that a problem has and others of the same status have not.
HEADERS_BY_PROBLEM = {InsufficientScope.code: "WWW-Authenticate", RequestInFlight.code: "Retry-After"}
RATE_LIMIT_HEADERS = ("RateLimit", "RateLimit-Policy")
UNCOUNTED_PATHS = ("/health/", "/metrics")


def refer_to_headers(*names: str) -> dict[str, dict[str, Any]]:
    """Return the OpenAPI `headers` of a response that has these headers, as references to their components."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def describe_optional_header(name: str) -> dict[str, dict[str, Any]]:
    """Return the OpenAPI `headers` of a response that has this header only sometimes."""
    return {name: {**HEADERS[name], "required": False}}


def declare_response_headers(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> None:
    """Declare the headers of all responses of an operation in place, beside those that its route declares."""
    names = {parameter["name"] for parameter in list_parameters(document, operation)}
    for status, response in operation["responses"].items():
        declared = ["X-Request-Id", *HEADERS_BY_STATUS.get(status, ())]
        content = response.get("content", {})
        is_problem = MEDIA_TYPE in content
        is_read = method == "get" and status == "200"
        if is_problem:
            declared.append("Content-Language")
        if is_read and "304" in operation["responses"]:
            declared.append("ETag")
        if is_read and "page_token" in names:
            declared.append("Link")
        if status < "300" and "Idempotency-Key" in names:
            declared.append("Idempotency-Replayed")
        if status >= "304" or _is_counted(method, path, operation):
            declared.extend(RATE_LIMIT_HEADERS)
        own = response.get("headers", {})
        headers = refer_to_headers(*declared) | own
        codes = content.get(MEDIA_TYPE, {}).get("examples", {})
        for code, name in HEADERS_BY_PROBLEM.items():
            if code in codes:
                is_always = len(codes) == 1
                headers |= refer_to_headers(name) if is_always else describe_optional_header(name)
        response["headers"] = headers


def _is_counted(method: str, path: str, operation: dict[str, Any]) -> bool:
    """Return whether a success of the operation tells what is left of the caller's rate: if no cache may store it."""
    is_public = method == "get" and is_anonymous(operation) and "403" not in operation["responses"]
    return not is_public and not path.startswith(UNCOUNTED_PATHS)
