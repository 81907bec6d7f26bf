"""What the OpenAPI document says beyond what FastAPI derives by itself."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field

from app.core.examples import REQUEST_ID, Answers, illustrate
from app.core.problems import MEDIA_TYPE, Problem

# What every list takes: it stands after what only this one takes.
COMMON = ("q", "sort", "page_size", "page_token", "fields")


class InvalidDocument(BaseModel):
    """One reason of a problem: `parameter` or `pointer` says where."""

    parameter: str | None = None
    pointer: str | None = None
    code: str
    detail: str


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


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """For `responses=`: the problems that a route may answer with, by status."""
    return {
        kind.status: {
            "model": ProblemDocument,
            "description": f"{kind.title.en}. {kind.mend.en}",
            "content": {MEDIA_TYPE: {"example": kind().document("en", REQUEST_ID)}},
        }
        for kind in sorted(kinds, key=lambda kind: kind.status)
    }


def document_of(app: FastAPI, answers: Answers) -> dict[str, Any]:
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
        for path, operation in operations_of(document):
            # The first line of a route's docstring is its title, the rest says more.
            operation["summary"], _, operation["description"] = operation["description"].partition("\n\n")
            parameters = operation.get("parameters", [])
            for parameter in parameters:
                describe_parameter(parameter)
            for response in operation["responses"].values():
                only_problem_json(response)
            if "application/json" in operation["responses"]["200"].get("content", {}):
                declare_headers(operation)
            illustrate(path, operation, answers)  # before sorting: a problem names them as declared
            parameters.sort(key=lambda parameter: (parameter["in"] != "path", parameter["name"] in COMMON))
        allow_parts(document)
        app.openapi_schema = document
    return app.openapi_schema


def operations_of(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every operation with its path."""
    return [(path, operation) for path, item in document["paths"].items() for operation in item.values()]


def describe_parameter(parameter: dict[str, Any]) -> None:
    """A parameter is given or left out, never null, though its type in Python is optional; its words stand on it."""
    schema = parameter["schema"]
    for option in schema.pop("anyOf", ()):
        if option != {"type": "null"}:
            schema |= {**option, **schema}
    if description := schema.pop("description", None):
        parameter.setdefault("description", description)


def declare_headers(operation: dict[str, Any]) -> None:
    """What a readable answer has beside its body, and the answer to a caller who has it already."""
    headers = {"ETag": {"schema": {"type": "string"}, "description": "Names these bytes: send it as If-None-Match."}}
    if any(parameter["name"] == "page_token" for parameter in operation.get("parameters", ())):
        headers["Link"] = {"schema": {"type": "string"}, "description": 'The next page, as `rel="next"`.'}
    operation["responses"]["200"]["headers"] = headers
    operation["responses"]["304"] = {"description": "The caller has these bytes: If-None-Match named them."}


def allow_parts(document: dict[str, Any]) -> None:
    """Where `fields` can be given, the answer may hold a part of the document's members: say so in its schema."""
    schemas = document["components"]["schemas"]
    for _, operation in operations_of(document):
        if any(parameter["name"] == "fields" for parameter in operation.get("parameters", ())):
            content = operation["responses"]["200"]["content"]["application/json"]
            whole = content["schema"]["$ref"].rpartition("/")[2]
            if "items" in schemas[whole]["properties"]:
                items = schemas[whole]["properties"]["items"]
                items["items"] = _whole_or_part(schemas, items["items"])
            else:
                content["schema"] = _whole_or_part(schemas, content["schema"])


def _whole_or_part(schemas: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
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


def only_problem_json(response: dict[str, Any]) -> None:
    """A problem has one media type, where FastAPI adds that of the route's answer beside it."""
    content = response.get("content", {})
    if problem := content.pop(MEDIA_TYPE, None):
        problem.setdefault("example", {}).setdefault("trace_id", None)  # FastAPI leaves out what is null
        schemas = [other["schema"] for other in content.values() if "schema" in other]
        response["content"] = {MEDIA_TYPE: {"schema": schemas[0] if schemas else None, **problem}}
