"""Completion of the OpenAPI document that FastAPI generates."""

from collections import Counter
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field

from app.core.http.bodies import MERGE_PATCH_TYPE, PATCH_TYPES
from app.core.http.examples import EXAMPLE_REQUEST_ID, ExampleResponses, add_examples
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
    """Build the OpenAPI response for the problems of one status, with an example of each."""
    documents = {kind.code: kind().document("en", EXAMPLE_REQUEST_ID) for kind in kinds}
    examples = (
        {"example": documents[kinds[0].code]}
        if len(kinds) == 1
        else {"examples": {code: {"summary": value["title"], "value": value} for code, value in documents.items()}}
    )
    return {
        "model": ProblemDocument,
        "description": "\n\n".join(f"{kind.title.en}. {kind.remedy.en}" for kind in kinds),
        "content": {MEDIA_TYPE: examples},
    }


def build_openapi_document(app: FastAPI, example_responses: ExampleResponses) -> dict[str, Any]:
    """Build the application's OpenAPI document with its examples, once; later calls return the same document."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            license_info=app.license_info,
            routes=app.routes,
            tags=app.openapi_tags,
        )
        name_schemas_by_title(document)
        for method, path, operation in list_operations(document):
            # The first line of a route's docstring is its title, the rest its description.
            operation["summary"], _, operation["description"] = operation["description"].partition("\n\n")
            parameters = operation.get("parameters", [])
            for parameter in parameters:
                remove_null_option(parameter)
            for response in operation["responses"].values():
                keep_problem_media_type(response)
            declare_etag_responses(method, operation)
            add_examples(path, operation, example_responses)  # before sorting: problems list parameters as declared
            allow_patches_as_json(operation)
            parameters.sort(
                key=lambda parameter: (parameter["in"] != "path", parameter["name"] in COMMON_LIST_PARAMETERS)
            )
        allow_partial_documents(document)
        app.openapi_schema = document
    return app.openapi_schema


def list_operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """List all operations of an OpenAPI document as (method, path, operation)."""
    return [(method, path, operation) for path, item in document["paths"].items() for method, operation in item.items()]


def name_schemas_by_title(document: dict[str, Any]) -> None:
    """Rename each schema in place to its title: `StagePage`, not `PageOf_Stage_`; ValueError if titles repeat.

    Raises:
        ValueError: Two schemas have the same title. A generator of clients would drop one of them.
    """
    schemas = document["components"]["schemas"]
    names = {name: schema["title"] for name, schema in schemas.items()}
    if repeated := sorted(title for title, count in Counter(names.values()).items() if count > 1):
        raise ValueError(f"Several schemas have the title {', '.join(repeated)}.")
    document["components"]["schemas"] = {names[name]: schema for name, schema in schemas.items()}
    references = {f"#/components/schemas/{name}": f"#/components/schemas/{title}" for name, title in names.items()}
    nodes: list[Any] = [document]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict) and (reference := node.get("$ref")) in references:
            node["$ref"] = references[reference]
        nodes.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())


def remove_null_option(parameter: dict[str, Any]) -> None:
    """Remove null from a parameter's schema in place, and move the schema's description to the parameter."""
    schema = parameter["schema"]
    for option in schema.pop("anyOf", ()):
        if option != {"type": "null"}:
            schema |= {**option, **schema}
    if description := schema.pop("description", None):
        parameter.setdefault("description", description)


def declare_etag_responses(method: str, operation: dict[str, Any]) -> None:
    """Declare ETag, 304 and, for lists, Link in place on a GET operation that returns JSON; leave others alone."""
    responses = operation["responses"]
    text = {"type": "string"}
    if method == "get" and "application/json" in responses["200"].get("content", {}):
        headers = {"ETag": {"schema": text, "description": "Entity tag of these bytes: send it as If-None-Match."}}
        if any(parameter["name"] == "page_token" for parameter in operation.get("parameters", ())):
            headers["Link"] = {"schema": text, "description": 'The next page, as `rel="next"`.'}
        responses["200"]["headers"] = headers
        responses["304"] = {"description": "Not modified: If-None-Match named the current entity tag."}


def allow_partial_documents(document: dict[str, Any]) -> None:
    """Let operations with the parameter `fields` return documents with only some members; change them in place."""
    schemas = document["components"]["schemas"]
    for _, _, operation in list_operations(document):
        if any(parameter["name"] == "fields" for parameter in operation.get("parameters", ())):
            content = operation["responses"]["200"]["content"]["application/json"]
            whole = content["schema"]["$ref"].rpartition("/")[2]
            if "items" in schemas[whole]["properties"]:
                items = schemas[whole]["properties"]["items"]
                items["items"] = _allow_partial_document(schemas, items["items"])
            else:
                content["schema"] = _allow_partial_document(schemas, content["schema"])


def _allow_partial_document(schemas: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Add a copy of a schema without required members to `schemas`; return a schema that allows both."""
    if "anyOf" in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    schemas[f"{name}Part"] = {
        **{key: value for key, value in schemas[name].items() if key != "required"},
        "title": f"{name}Part",
        "description": f"The members of {name} that `fields` names.",
        "additionalProperties": False,
    }
    return {"anyOf": [schema, {"$ref": f"#/components/schemas/{name}Part"}]}


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
        examples = [problem.get("example"), *(example["value"] for example in problem.get("examples", {}).values())]
        for example in examples:
            if example is not None:
                example.setdefault("trace_id", None)  # FastAPI omits null members
        schemas = [other["schema"] for other in content.values() if "schema" in other]
        response["content"] = {MEDIA_TYPE: {"schema": schemas[0] if schemas else None, **problem}}
