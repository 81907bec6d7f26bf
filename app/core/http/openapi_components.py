"""Components of the OpenAPI document: what several operations repeat is written once, and they refer to it."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from app.core.problems import MEDIA_TYPE

EXAMPLES_PREFIX = "#/components/examples/"
MAX_CODES_OF_SHARED_RESPONSE = 3
"""A response with more problem codes belongs to few operations, and its name would be too long."""
MIN_USES_OF_SHARED_PARAMETER = 3


def list_operations(document: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """List all operations of an OpenAPI document as (method, path, operation)."""
    return [(method, path, operation) for path, item in document["paths"].items() for method, operation in item.items()]


def resolve_reference(document: Mapping[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return the component that a node refers to, or the node itself if it is no reference."""
    if not isinstance(node.get("$ref"), str):
        return node
    target: Any = document
    for name in node["$ref"].removeprefix("#/").split("/"):
        target = target[name]
    component: dict[str, Any] = target
    return component


def list_parameters(document: Mapping[str, Any], operation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the parameters of an operation, with those that are components in their place."""
    return [resolve_reference(document, parameter) for parameter in operation.get("parameters", ())]


def is_anonymous(operation: Mapping[str, Any]) -> bool:
    """Return whether an operation can be called without credentials, according to its security requirements."""
    requirements = operation.get("security", ())
    return not requirements or {} in requirements


def share_responses(document: dict[str, Any]) -> None:
    """Move 304 and the responses with up to three kinds of problems to the components in place.

    The name of a response is that of its problems.
    """
    components: dict[str, Any] = document["components"].setdefault("responses", {})
    names: dict[tuple[str, ...], str] = {}
    for responses in (operation["responses"] for _, _, operation in list_operations(document)):
        for status, response in responses.items():
            examples = response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
            if status == "304":
                components.setdefault("NotModified", response)
                responses[status] = {"$ref": "#/components/responses/NotModified"}
            elif 0 < len(examples) <= MAX_CODES_OF_SHARED_RESPONSE:
                name = names.setdefault(tuple(sorted(examples)), "Or".join(map(to_component_name, examples)))
                components.setdefault(name, response)
                responses[status] = {"$ref": f"#/components/responses/{name}"}


def share_parameters(document: dict[str, Any]) -> None:
    """Move parameters that are the same in all operations which have one of this name to the components in place."""
    uses = Counter(_serialize(parameter) for parameter in _list_inline_parameters(document))
    by_name: dict[str, list[str]] = defaultdict(list)
    for text in uses:
        by_name[json.loads(text)["name"]].append(text)
    references = {
        texts[0]: f"#/components/parameters/{to_component_name(name)}"
        for name, texts in sorted(by_name.items())
        if len(texts) == 1 and uses[texts[0]] >= MIN_USES_OF_SHARED_PARAMETER
    }
    document["components"]["parameters"] = {
        reference.rpartition("/")[2]: json.loads(text) for text, reference in references.items()
    }
    for _, _, operation in list_operations(document):
        operation["parameters"] = [
            {"$ref": references[text]} if (text := _serialize(parameter)) in references else parameter
            for parameter in operation.get("parameters", ())
        ]


def to_component_name(name: str) -> str:
    """Return the name of a component: `PageSize` for `page_size`, `IfMatch` for `If-Match`."""
    return "".join(word[:1].upper() + word[1:] for word in name.replace("-", "_").split("_"))


def _list_inline_parameters(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the parameters of all operations."""
    for _, _, operation in list_operations(document):
        yield from operation.get("parameters", ())


def _serialize(node: Any) -> str:
    """Return a text that is the same for equal nodes; the order of members is part of it, so that none is lost."""
    return json.dumps(node, ensure_ascii=False)
