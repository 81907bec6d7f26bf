"""What the OpenAPI document says beyond what FastAPI derives by itself."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field

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

# What every list takes: it stands after what only this one takes.
COMMON_LIST_PARAMETERS = ("q", "sort", "page_size", "page_token", "fields", "known_at")


class InvalidDocument(BaseModel):
    """One reason of a problem: `parameter` or `pointer` says where."""

    parameter: str | None = None
    pointer: str | None = None
    code: str
    detail: str
    address: str | None = Field(None, description="Of the object that stands in the way, where there is one.")


class ProblemDocument(BaseModel):
    """A problem (RFC 9457)."""

    type: str = Field(description="Address of a page about this kind of problem.")
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None = Field(description="Name it when you report the problem.")
    trace_id: str | None = Field(description="Of the request's `traceparent`, if it had one.")
    errors: list[InvalidDocument]


# What the rooms around the router may answer to any request.
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
# What reading a body may come to, beside what any request may.
BODY_PROBLEMS: tuple[type[Problem], ...] = (UnsupportedMediaType, InvalidContent)


def problem_responses(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """For `responses=`: the problems that a route may answer with, by status.

    A route's own declaration of a status replaces that of the rooms, so theirs of the same status stand in it too.
    """
    statuses = {kind.status for kind in kinds}
    declared = dict.fromkeys((*(room for room in MIDDLEWARE_PROBLEMS if room.status in statuses), *kinds))
    return {
        status: _build_response([kind for kind in declared if kind.status == status]) for status in sorted(statuses)
    }


def _build_response(kinds: list[type[Problem]]) -> dict[str, Any]:
    """One answer in the document: the example of the one kind, or the examples of several by their codes."""
    documents = {kind.code: kind().document("en", EXAMPLE_REQUEST_ID) for kind in kinds}
    shown = (
        {"example": documents[kinds[0].code]}
        if len(kinds) == 1
        else {"examples": {code: {"summary": one["title"], "value": one} for code, one in documents.items()}}
    )
    return {
        "model": ProblemDocument,
        "description": "\n\n".join(f"{kind.title.en}. {kind.remedy.en}" for kind in kinds),
        "content": {MEDIA_TYPE: shown},
    }


def build_openapi_document(app: FastAPI, answers: ExampleResponses) -> dict[str, Any]:
    """The OpenAPI document with the answers to its examples, made once."""
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
        for method, path, operation in list_operations(document):
            # The first line of a route's docstring is its title, the rest says more.
            operation["summary"], _, operation["description"] = operation["description"].partition("\n\n")
            parameters = operation.get("parameters", [])
            for parameter in parameters:
                simplify_parameter(parameter)
            for response in operation["responses"].values():
                keep_problem_media_type(response)
            declare_etag_responses(method, operation)
            add_examples(path, operation, answers)  # before sorting: a problem names them as declared
            parameters.sort(
                key=lambda parameter: (parameter["in"] != "path", parameter["name"] in COMMON_LIST_PARAMETERS)
            )
        allow_partial_documents(document)
        app.openapi_schema = document
    return app.openapi_schema


def list_operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation with its method and path."""
    return [(method, path, one) for path, item in document["paths"].items() for method, one in item.items()]


def simplify_parameter(parameter: dict[str, Any]) -> None:
    """A parameter is given or left out, never null, though its type in Python is optional; its words stand on it."""
    schema = parameter["schema"]
    for option in schema.pop("anyOf", ()):
        if option != {"type": "null"}:
            schema |= {**option, **schema}
    if description := schema.pop("description", None):
        parameter.setdefault("description", description)


def declare_etag_responses(method: str, operation: dict[str, Any]) -> None:
    """What a document has beside its body, and the answer to a caller who has it already."""
    responses = operation["responses"]
    text = {"type": "string"}
    if method == "get" and "application/json" in responses["200"].get("content", {}):
        headers = {"ETag": {"schema": text, "description": "Names these bytes: send it as If-None-Match."}}
        if any(parameter["name"] == "page_token" for parameter in operation.get("parameters", ())):
            headers["Link"] = {"schema": text, "description": 'The next page, as `rel="next"`.'}
        responses["200"]["headers"] = headers
        responses["304"] = {"description": "The caller has these bytes: If-None-Match named them."}


def allow_partial_documents(document: dict[str, Any]) -> None:
    """Where `fields` can be given, the answer may hold a part of the document's members: say so in its schema."""
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


def keep_problem_media_type(response: dict[str, Any]) -> None:
    """A problem has one media type, where FastAPI adds that of the route's answer beside it."""
    content = response.get("content", {})
    if problem := content.pop(MEDIA_TYPE, None):
        for example in (problem.get("example"), *(one["value"] for one in problem.get("examples", {}).values())):
            if example is not None:
                example.setdefault("trace_id", None)  # FastAPI leaves out what is null
        schemas = [other["schema"] for other in content.values() if "schema" in other]
        response["content"] = {MEDIA_TYPE: {"schema": schemas[0] if schemas else None, **problem}}
