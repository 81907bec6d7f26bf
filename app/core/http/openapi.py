"""Completion of the OpenAPI document that FastAPI generates."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field

from app.core.http.bodies import MERGE_PATCH_TYPE, PATCH_TYPES
from app.core.http.examples import ExampleResponses, add_examples, build_problem_examples
from app.core.http.openapi_components import (
    EXAMPLES_PREFIX,
    list_operations,
    share_parameters,
    share_responses,
)
from app.core.http.openapi_headers import HEADERS, UNCOUNTED_PATHS, declare_response_headers
from app.core.http.openapi_schemas import name_schemas_by_title, simplify_schemas
from app.core.problems import (
    MEDIA_TYPE,
    ContentTooLarge,
    HeadersTooLarge,
    InvalidContent,
    InvalidParameters,
    Malformed,
    Problem,
    RequestTimeout,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    UriTooLong,
)

# Parameters of every list, shown after the parameters of its own.
COMMON_LIST_PARAMETERS = ("q", "sort", "page_size", "page_token", "fields", "known_at")

FIELDS_DESCRIPTION = (
    "Members to include, separated by commas. The object, or each object of a list, then has exactly these members, "
    "also if its schema requires others."
)
# The server that answers, whatever its address is.
SERVERS = [{"url": "/", "description": "This service."}]
CONTACT = {"name": "The operator of this service"}


class ProblemError(BaseModel):
    """One error of a problem; `parameter` or `pointer` names its place."""

    parameter: str | None = None
    pointer: str | None = None
    code: str
    detail: str
    address: str | None = Field(None, description="Address of the conflicting object, if there is one.")


class ProblemDocument(BaseModel):
    """A problem (RFC 9457)."""

    type: str = Field(description="Address of a page about this kind of problem.")
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None = Field(description="Id of the request: mention it when you report the problem.")
    trace_id: str | None = Field(description="Trace id of the request's `traceparent`, if it had one.")
    errors: list[ProblemError]


# Problems with which the middleware may answer any request.
MIDDLEWARE_PROBLEMS: tuple[type[Problem], ...] = (
    Malformed,
    Unauthenticated,
    RequestTimeout,
    ContentTooLarge,
    UriTooLong,
    InvalidParameters,
    TooManyRequests,
    HeadersTooLarge,
    Unavailable,
)
# Further problems of every request with a body.
BODY_PROBLEMS: tuple[type[Problem], ...] = (UnsupportedMediaType, InvalidContent)


def problem_responses(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """Return a route's OpenAPI `responses` for these problems and the middleware's problems of the same statuses.

    A route's declaration of a status replaces the one for all routes, so the middleware's problems of the same status
    are included.
    """
    statuses = {kind.status for kind in kinds}
    declared = dict.fromkeys((*(kind for kind in MIDDLEWARE_PROBLEMS if kind.status in statuses), *kinds))
    return {
        status: _build_response([kind for kind in declared if kind.status == status]) for status in sorted(statuses)
    }


def _build_response(kinds: list[type[Problem]]) -> dict[str, Any]:
    """Build the OpenAPI response for the problems of one status, which refers to the example of each."""
    titles = "; ".join(kind.title.en for kind in kinds)
    return {
        "model": ProblemDocument,
        "description": f"{titles}. {kinds[0].remedy.en}" if len(kinds) == 1 else f"{titles}.",
        "content": {MEDIA_TYPE: {"examples": {kind.code: {"$ref": f"{EXAMPLES_PREFIX}{kind.code}"} for kind in kinds}}},
    }


def build_openapi_document(app: FastAPI, example_responses: ExampleResponses) -> dict[str, Any]:
    """Build the application's OpenAPI document with its examples, once; later calls return the same document."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            contact=CONTACT,
            license_info=app.license_info,
            servers=SERVERS,
            routes=app.routes,
            tags=app.openapi_tags,
        )
        name_schemas_by_title(document)
        for method, path, operation in list_operations(document):
            complete_operation(document, method, path, operation, example_responses)
        simplify_schemas(document)
        share_responses(document)
        share_parameters(document)
        document["components"] |= {"headers": HEADERS, "examples": build_problem_examples(document)}
        app.openapi_schema = document
    return app.openapi_schema


def complete_operation(
    document: dict[str, Any], method: str, path: str, operation: dict[str, Any], example_responses: ExampleResponses
) -> None:
    """Complete an operation in place: title, parameters in order, problems, response headers and examples."""
    # The first line of a route's docstring is its title, the rest its description.
    operation["summary"], _, operation["description"] = operation["description"].partition("\n\n")
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        remove_null_option(parameter)
        if parameter["name"] == "fields":
            parameter["description"] = FIELDS_DESCRIPTION
        if parameter["name"] == "If-Match":  # FastAPI must not require it: that would be a 422 instead of a 428
            parameter["required"] = "428" in operation["responses"]
    for response in operation["responses"].values():
        keep_problem_media_type(response)
    is_json = "application/json" in operation["responses"].get("200", {}).get("content", {})
    if method == "get" and is_json and not path.startswith(UNCOUNTED_PATHS):  # probes have no entity tag
        operation["responses"]["304"] = {"description": "Not modified: If-None-Match named the current entity tag."}
    declare_response_headers(document, method, path, operation)
    require_object_as_body(operation)
    add_examples(path, operation, example_responses)
    allow_patches_as_json(operation)
    parameters.sort(key=lambda parameter: (parameter["in"] != "path", parameter["name"] in COMMON_LIST_PARAMETERS))


def remove_null_option(parameter: dict[str, Any]) -> None:
    """Remove null from a parameter's schema in place, and move the schema's description to the parameter."""
    schema = parameter["schema"]
    for option in schema.pop("anyOf", ()):
        if option != {"type": "null"}:
            schema |= {**option, **schema}
    if description := schema.pop("description", None):
        parameter.setdefault("description", description)


def require_object_as_body(operation: dict[str, Any]) -> None:
    """Remove null from the schema of an optional body in place: the body can be absent, but not null."""
    body = operation.get("requestBody", {})
    for content in body.get("content", {}).values():
        options = content["schema"].pop("anyOf", ())
        for option in options:
            if option != {"type": "null"}:
                body["description"] = content["schema"]["description"]
                content["schema"] = option


def allow_patches_as_json(operation: dict[str, Any]) -> None:
    """Declare in place that a merge patch may have the media type of JSON too."""
    content = operation.get("requestBody", {}).get("content", {})
    if MERGE_PATCH_TYPE in content:
        for media_type in PATCH_TYPES:
            content.setdefault(media_type, content[MERGE_PATCH_TYPE])


def keep_problem_media_type(response: dict[str, Any]) -> None:
    """Remove in place, if a response has the media type of problems, all others, which FastAPI adds."""
    content = response.get("content", {})
    if problem := content.pop(MEDIA_TYPE, None):
        schemas = [other["schema"] for other in content.values() if "schema" in other]
        response["content"] = {MEDIA_TYPE: {"schema": schemas[0] if schemas else None, **problem}}
