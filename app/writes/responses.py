"""OpenAPI responses of the routes that write: their statuses, headers and problems."""

from typing import Any

from pydantic import BaseModel

from app.core.http.openapi import problem_responses
from app.core.http.openapi_headers import describe_optional_header, refer_to_headers
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


def responses_for_create(model: type[BaseModel], *more: type[Problem], has_etag: bool = True) -> Responses:
    """Return the OpenAPI `responses` of a POST that creates an object.

    Args:
        model: The schema of the response.
        more: Problems besides those of every POST.
        has_etag: The response has the entity tag of the object. It has none if it describes several objects, or a
            secret, which has no representation of its own.
    """
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
        201: {"description": "Created.", "headers": refer_to_headers("Location", *(["ETag"] if has_etag else []))},
        **problem_responses(*kinds, *more),
    }


def responses_for_update(*more: type[Problem]) -> Responses:
    """Return the OpenAPI `responses` of a PATCH; `more` are further problems."""
    kinds = (*_FORBIDDEN, NotFound, Conflict, PreconditionFailed, UnsupportedMediaType, InvalidContent)
    # A dry run has no entity tag: the change is not stored.
    return {
        200: {"description": "The object after the change.", "headers": describe_optional_header("ETag")},
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
