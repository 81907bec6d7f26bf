"""OpenAPI responses of the routes that write: their statuses, headers and problems."""

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

Responses = dict[int | str, dict[str, Any]]
"""Value of `responses=` of a route."""
_FORBIDDEN = (InsufficientScope, OutsideOrganization)
_ETAG_HEADER = {
    "ETag": {"schema": {"type": "string"}, "description": "Identifies this revision; send it as If-Match to change it."}
}
LOCATION_HEADER = {
    "Location": {"schema": {"type": "string", "format": "uri-reference"}, "description": "Path of the object."}
}
_REPLAYED_HEADER = {
    "Idempotency-Replayed": {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "This is the response to an earlier request with the same Idempotency-Key.",
    }
}


def responses_for_create(model: type[BaseModel], *more: type[Problem]) -> Responses:
    """Return the OpenAPI `responses` of a POST that creates an object of this model; `more` are further problems."""
    kinds = (
        *_FORBIDDEN,
        IdempotencyKeyRequired,
        AlreadyExists,
        RequestInFlight,
        UnsupportedMediaType,
        InvalidContent,
        IdempotencyKeyReused,
    )
    return {
        200: {"model": model, "description": "With `dry_run=true`: the object that would be created."},
        201: {"description": "Created.", "headers": {**LOCATION_HEADER, **_ETAG_HEADER, **_REPLAYED_HEADER}},
        **problem_responses(*kinds, *more),
    }


def responses_for_update(*more: type[Problem]) -> Responses:
    """Return the OpenAPI `responses` of a PATCH; `more` are further problems."""
    kinds = (*_FORBIDDEN, NotFound, Conflict, PreconditionFailed, UnsupportedMediaType, InvalidContent)
    return {
        200: {"description": "The object after the change.", "headers": _ETAG_HEADER},
        **problem_responses(*kinds, PreconditionRequired, *more),
    }


def responses_for_action(*more: type[Problem]) -> Responses:
    """Return the OpenAPI `responses` of a POST without idempotency key; `more` are further problems."""
    return problem_responses(*_FORBIDDEN, NotFound, UnsupportedMediaType, InvalidContent, *more)


def responses_for_delete(*more: type[Problem]) -> Responses:
    """Return the OpenAPI `responses` of a DELETE; `more` are further problems."""
    kinds = (
        *_FORBIDDEN,
        *(NotFound, InUse, PreconditionFailed, UnsupportedMediaType, InvalidContent, PreconditionRequired),
    )
    return {204: {"description": "Deleted. Its revisions remain readable."}, **problem_responses(*kinds, *more)}
