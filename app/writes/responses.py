"""What the contract says of every route that writes."""

from typing import Any

from pydantic import BaseModel

from app.core.http.openapi import problem_responses
from app.core.problems import (
    AlreadyExists,
    Conflict,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    InsufficientScope,
    InUse,
    InvalidContent,
    NotFound,
    OutsideOrganization,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
    RequestInFlight,
    UnsupportedMediaType,
)

_CLOSED = (InsufficientScope, OutsideOrganization)
Responses = dict[int | str, dict[str, Any]]
_TAG = {"ETag": {"schema": {"type": "string"}, "description": "Names this revision: send it as If-Match."}}
LOCATION_HEADER = {
    "Location": {"schema": {"type": "string", "format": "uri-reference"}, "description": "Where it can be read."}
}
_REPLAYED = {
    "Idempotency-Replayed": {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "The answer of an earlier request with this key.",
    }
}


def responses_for_create(model: type[BaseModel], *more: type[Problem]) -> Responses:
    """For `responses=` of a POST that creates: its answers and problems, with `more` of them."""
    kinds = (
        *_CLOSED,
        IdempotencyKeyRequired,
        AlreadyExists,
        RequestInFlight,
        UnsupportedMediaType,
        InvalidContent,
        IdempotencyKeyReused,
    )
    return {
        200: {"model": model, "description": "With `dry_run=true`: what would be created."},
        201: {"description": "Created.", "headers": {**LOCATION_HEADER, **_TAG, **_REPLAYED}},
        **problem_responses(*kinds, *more),
    }


def responses_for_update(*more: type[Problem]) -> Responses:
    """The same of a PATCH."""
    kinds = (*_CLOSED, NotFound, Conflict, PreconditionFailed, UnsupportedMediaType, InvalidContent)
    return {
        200: {"description": "As it is now.", "headers": _TAG},
        **problem_responses(*kinds, PreconditionRequired, *more),
    }


def responses_for_action(*more: type[Problem]) -> Responses:
    """The same of a POST that can be done once only, and so needs no key."""
    return problem_responses(*_CLOSED, NotFound, UnsupportedMediaType, InvalidContent, *more)


def responses_for_delete(*more: type[Problem]) -> Responses:
    """The same of a DELETE."""
    kinds = (*_CLOSED, NotFound, InUse, PreconditionFailed, UnsupportedMediaType, InvalidContent, PreconditionRequired)
    return {204: {"description": "Deleted; its revisions stay."}, **problem_responses(*kinds, *more)}
