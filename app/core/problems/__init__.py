"""What can go wrong, as problem documents (RFC 9457).

    Problem
    ├── Malformed                400  the bytes of the request are not HTTP, not UTF-8, or not JSON
    ├── KeyRequired              400  a request that creates needs an Idempotency-Key
    ├── Unauthenticated          401  a token is needed
    ├── Forbidden                403
    │   ├── InsufficientScope         the token is good for other things
    │   └── OutsideOrganization       the client is bound to another organization
    ├── NotFound                 404  nothing here, or nothing that this caller may know of
    ├── MethodNotAllowed         405
    ├── NotAcceptable            406  none of the media types asked for can be served
    ├── RequestTimeout           408  the request did not arrive in time
    ├── Conflict                 409  a rule of the record stands against it; also for rules without a kind of their own
    │   ├── Exists                    the key is taken
    │   ├── InUse                     others refer to it
    │   ├── Circular                  a parent below its own child
    │   ├── TwoHolders                two definitive holders of an office that only one can hold
    │   ├── SameOfficeTwice           one person in one office, twice at a time
    │   ├── EndsBeforeStart
    │   ├── ForeignParent             a stage under another election's
    │   ├── OutsideMeeting            a session on a day that is none of its meeting's
    │   ├── ParallelSessions          a person in two sessions at once
    │   ├── NoPlacesLeft              more delegates of one organization than a meeting has places
    │   ├── CircularRepresentation    a chain of those who come for each other that is circular
    │   ├── RollClosed                a roll that only corrections change
    │   ├── RollTooLong               more lines or days than a file holds
    │   ├── SecondClientNeeded        a correction that is confirmed by who asked for it
    │   └── InFlight                  the first request with this Idempotency-Key is not over
    ├── PreconditionFailed       412  If-Match names a revision that is no longer the present one
    ├── ContentTooLarge          413
    ├── UriTooLong               414
    ├── UnsupportedMediaType     415  the body is of another kind than the one named in Accept or Accept-Patch
    ├── InvalidParameters        422  a query or path parameter is wrong; `errors` says which and what is allowed
    ├── InvalidContent           422  a member of the body is wrong; `errors` points at it
    ├── ImportRefused            422  of a file that is all or nothing; `rows` says what is wrong with which line
    ├── KeyReused                422  another request had this Idempotency-Key
    ├── TooRecent                422  `known_at` is an instant that writes still under way may belong to
    ├── PreconditionRequired     428  If-Match is missing
    ├── TooManyRequests          429  come back after Retry-After
    ├── HeadersTooLarge          431
    ├── InternalError            500  a fault of ours
    └── Unavailable              503  the database or a place in the queue is missing; come back after Retry-After

A problem never repeats what was sent, but for the name of a parameter or member. Its `type` is the address of a page
about it.
"""

from collections.abc import Iterator

from app.core.problems.conflicts import (
    AlreadyExists,
    CircularParent,
    CircularRepresentation,
    Conflict,
    EndsBeforeStart,
    ForeignParent,
    InUse,
    NoPlacesLeft,
    ParallelSessions,
    PreconditionFailed,
    PreconditionRequired,
    RequestInFlight,
    RollClosed,
    RollTooLong,
    SameOfficeTwice,
    SecondClientNeeded,
    SessionOutsideMeeting,
    TwoDefinitiveHolders,
)
from app.core.problems.problem import MEDIA_TYPE, ErrorDetail, Problem
from app.core.problems.requests import (
    ContentTooLarge,
    Forbidden,
    HeadersTooLarge,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    ImportRefused,
    InsufficientScope,
    InternalError,
    InvalidContent,
    InvalidParameters,
    Malformed,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    OutsideOrganization,
    RequestTimeout,
    TooManyRequests,
    TooRecent,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    UriTooLong,
)

__all__ = [
    "MEDIA_TYPE",
    "PROBLEM_TYPES",
    "AlreadyExists",
    "CircularParent",
    "CircularRepresentation",
    "Conflict",
    "ContentTooLarge",
    "EndsBeforeStart",
    "ErrorDetail",
    "Forbidden",
    "ForeignParent",
    "HeadersTooLarge",
    "IdempotencyKeyRequired",
    "IdempotencyKeyReused",
    "ImportRefused",
    "InUse",
    "InsufficientScope",
    "InternalError",
    "InvalidContent",
    "InvalidParameters",
    "Malformed",
    "MethodNotAllowed",
    "NoPlacesLeft",
    "NotAcceptable",
    "NotFound",
    "OutsideOrganization",
    "ParallelSessions",
    "PreconditionFailed",
    "PreconditionRequired",
    "Problem",
    "RequestInFlight",
    "RequestTimeout",
    "RollClosed",
    "RollTooLong",
    "SameOfficeTwice",
    "SecondClientNeeded",
    "SessionOutsideMeeting",
    "TooManyRequests",
    "TooRecent",
    "TwoDefinitiveHolders",
    "Unauthenticated",
    "Unavailable",
    "UnsupportedMediaType",
    "UriTooLong",
]


def _list_problem_types(root: type[Problem]) -> Iterator[type[Problem]]:
    """All that can be answered with: those that have a code of their own, by status."""
    for kind in root.__subclasses__():
        if "code" in vars(kind):
            yield kind
        yield from _list_problem_types(kind)


PROBLEM_TYPES: dict[str, type[Problem]] = {
    kind.code: kind for kind in sorted(_list_problem_types(Problem), key=lambda kind: kind.status)
}
