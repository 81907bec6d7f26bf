"""Problem documents (RFC 9457): one exception class per problem type.

    Problem
    ├── Malformed                   400  the bytes of the request are not HTTP, not UTF-8, or not JSON
    ├── IdempotencyKeyRequired      400  a request that creates an object lacks an Idempotency-Key
    ├── Unauthenticated             401  a valid token is required
    ├── Forbidden                   403
    │   ├── InsufficientScope            the token has other scopes
    │   └── OutsideOrganization          the client is bound to another organization
    ├── NotFound                    404  the object does not exist, or the caller may not know that it does
    ├── MethodNotAllowed            405
    ├── NotAcceptable               406  none of the media types in Accept is available
    ├── RequestTimeout              408  the request did not arrive in time
    ├── Conflict                    409  a rule of the record is violated; also used for rules without a class
    │   ├── AlreadyExists                the key is taken
    │   ├── InUse                        other objects refer to the object
    │   ├── CircularParent               a parent below its own child
    │   ├── TwoDefinitiveHolders         two definitive holders of an office that only one can hold
    │   ├── SameOfficeTwice              one person twice in one office on the same days
    │   ├── EndsBeforeStart
    │   ├── ForeignParent                a parent stage of another election
    │   ├── SessionOutsideMeeting        a session on a day outside its meeting
    │   ├── ParallelSessions             a person in two sessions at the same time
    │   ├── NoPlacesLeft                 more delegates of one organization than the meeting allows
    │   ├── CircularRepresentation       a circular chain of representatives
    │   ├── RollAnonymised               a roll of which only numbers are left
    │   ├── RollClosed                   a roll that only corrections may change
    │   ├── DeviceOwned                  a device that belongs to another client at this meeting
    │   ├── ErasureNearer                personal data erased earlier, which needs two clients
    │   ├── RollOpen                     a roll that is changed directly, not by corrections
    │   ├── CorrectionSuperseded         a correction of what has been corrected since
    │   ├── HasScans                     a participant or a meeting whose badges have been scanned
    │   ├── RollTooLong                  more lines or days than a file can hold
    │   ├── SecondClientNeeded           a correction confirmed by the client that requested it
    │   └── RequestInFlight              the first request with this Idempotency-Key is still running
    ├── PreconditionFailed          412  If-Match names a revision that is not the current one
    ├── ContentTooLarge             413
    ├── UriTooLong                  414
    ├── UnsupportedMediaType        415  Accept or Accept-Patch of the response names the supported one
    ├── InvalidParameters           422  a query or path parameter is invalid; `errors` names it
    ├── InvalidContent              422  a member of the body is invalid; `errors` points at it
    ├── ImportRefused               422  an import without `partial` has invalid rows; `rows` lists their errors
    ├── IdempotencyKeyReused        422  another request used this Idempotency-Key
    ├── TooRecent                   422  writes still in progress may belong to the instant `known_at`
    ├── PreconditionRequired        428  If-Match is missing
    ├── TooManyRequests             429  retry after the time in Retry-After
    ├── HeadersTooLarge             431
    ├── InternalError               500  an error of the service
    └── Unavailable                 503  the database or free capacity is missing; retry after Retry-After

A problem repeats nothing of the request except the names of parameters and members. Its `type` is the address of a page
that describes it.
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
    SameOfficeTwice,
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
from app.core.problems.roll_conflicts import (
    CorrectionSuperseded,
    DeviceOwned,
    ErasureNearer,
    HasScans,
    RollAnonymised,
    RollClosed,
    RollOpen,
    RollTooLong,
    SecondClientNeeded,
)

__all__ = [
    "MEDIA_TYPE",
    "PROBLEM_TYPES",
    "AlreadyExists",
    "CircularParent",
    "CircularRepresentation",
    "Conflict",
    "ContentTooLarge",
    "CorrectionSuperseded",
    "DeviceOwned",
    "EndsBeforeStart",
    "ErasureNearer",
    "ErrorDetail",
    "Forbidden",
    "ForeignParent",
    "HasScans",
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
    "RollAnonymised",
    "RollClosed",
    "RollOpen",
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
    """Yield the subclasses of `root`, at any depth, that have a problem code of their own."""
    for problem_type in root.__subclasses__():
        if "code" in vars(problem_type):
            yield problem_type
        yield from _list_problem_types(problem_type)


PROBLEM_TYPES: dict[str, type[Problem]] = {
    problem_type.code: problem_type
    for problem_type in sorted(_list_problem_types(Problem), key=lambda problem_type: problem_type.status)
}
"""All problem types by code, in the order of their status."""
