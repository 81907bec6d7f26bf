"""Requests that write: their headers and query, and the transaction that performs them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple

from fastapi import Depends, Header, Query, Request, Response
from pydantic import ConfigDict, Field

from app.auth import Caller, Scope, get_caller
from app.core import clock
from app.core.db.database import Database
from app.core.db.faults import ConstraintViolation
from app.core.db.transaction import Rollback, Transaction, open_transaction
from app.core.http.dependencies import get_database, get_settings
from app.core.http.parameters import EmptyQuery
from app.core.problems import IdempotencyKeyRequired, PreconditionRequired, Problem
from app.writes import audit_trail, idempotency, incarnations
from app.writes.conflicts import AttemptedWrite, to_problem
from app.writes.idempotency import StoredResponse
from app.writes.payloads import ChangeReason


class WriteQuery(EmptyQuery):
    """Query parameters of every write."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dry_run: Annotated[
        Literal["true", "false"] | None,
        Field(description="`true`: return what the write would return, and store nothing.", examples=["true"]),
    ] = None


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A new key for each object to create, 1 to 255 printable ASCII characters, with or without the "
        'quotes of the IETF draft: `"k"` and `k` are the same key. A repeated request with the same key gets the first '
        "response again and creates nothing. Required unless `dry_run=true`.",
        examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag of the representation read last, or `*`. Required, so that nobody overwrites a change "
        "they have not seen.",
        examples=["*"],
    ),
]


class WriteResult(NamedTuple):
    """Result of a write: its response, and the keys of the objects written, such as `officials/{id}`."""

    response: StoredResponse
    keys: list[str]


Work = Callable[[Transaction], Awaitable[WriteResult]]
"""Performs a write within a transaction that the caller commits."""
Authorization = Callable[[Transaction, Sequence[str]], Awaitable[None]]
"""Raises a problem unless the caller may see now the response about the objects with these keys of the audit trail."""


@dataclass
class WriteRequest:
    """A request that writes, with its caller and preconditions."""

    request: Request
    caller: Caller
    dry_run: bool
    """Roll the transaction back, and return what it would have returned."""
    idempotency_key: str | None = None
    """The Idempotency-Key header of a creation; None for other writes and for dry runs."""
    if_match: str | None = None
    """The If-Match header of a change or a deletion; None for other writes."""
    attempted_write: AttemptedWrite = field(default_factory=lambda: AttemptedWrite({}))
    """The last write that was tried, from which the violation of a constraint is explained."""
    exposes_personal_data: bool = False
    """The response contains personal data, so a dry run and a repetition are recorded in the audit trail too."""

    @property
    def database(self) -> Database:
        """The database of the application."""
        return get_database(self.request)

    @property
    def today(self) -> clock.LocalDay:
        """The current day in the time zone of the service's settings."""
        return clock.current_day(get_settings(self.request).zone)

    async def run_in_transaction(
        self, work: Work, reason: ChangeReason | None = None, *, authorize_repetition: Authorization | None = None
    ) -> Response:
        """Run `work` in a transaction with audit line and idempotency; return its response. Roll back a dry run.

        Args:
            work: Performs the write.
            reason: The reason that the request states.
            authorize_repetition: Checks the caller's rights of today before a stored response is repeated. `work`
                checks them itself.

        Raises:
            Problem: A constraint was violated, or `work` raised a problem of its own.
            RequestInFlight: Another request with the same idempotency key is running.
            IdempotencyKeyReused: The idempotency key was used for a different request.
        """
        try:
            return await self._run(work, reason, authorize_repetition)
        except ConstraintViolation as violation:
            raise await self.to_problem(violation) from None

    async def to_problem(self, violation: ConstraintViolation) -> Problem:
        """Build the problem that explains to the client which constraint the attempted write violated.

        If it names participants, that is recorded in the audit trail.
        """
        names_participants = Scope.ATTENDANCE_READ in self.caller.scopes
        attempted_write = self.attempted_write._replace(names_participants=names_participants)
        problem = await to_problem(self.database.reader(), violation, attempted_write)
        addresses = [error.address for error in problem.errors if error.address]
        participants = [address.partition("/participants/")[2] for address in addresses if "/participants/" in address]
        if participants:
            keys = [f"participants/{participant}" for participant in participants]
            async with open_transaction(self.database) as transaction:
                await audit_trail.insert_audit_line(transaction, self.caller, self.request, keys)
        return problem

    async def attribute_revisions(self, transaction: Transaction, reason: ChangeReason | None) -> None:
        """Attribute the revisions that the transaction writes next to the caller, the request and the reason."""
        await audit_trail.attribute_revisions(transaction, self.caller, self._request_id(), reason)

    async def _run(
        self, work: Work, reason: ChangeReason | None, authorize_repetition: Authorization | None
    ) -> Response:
        """Run the work with its audit line in a transaction, or return the stored response; roll back a dry run."""
        client, key = self.caller.client_id, self.idempotency_key
        response: StoredResponse
        async with open_transaction(self.database) as transaction:
            await self.attribute_revisions(transaction, reason)
            fingerprint = await self._compute_fingerprint(transaction) if key else b""
            if key and (stored := await idempotency.find_response(transaction, client, key, fingerprint)):
                if authorize_repetition is not None:
                    await authorize_repetition(transaction, stored.keys)
                if stored.is_personal:
                    await audit_trail.insert_audit_line(
                        transaction, self.caller, self.request, stored.keys, remark=audit_trail.REPEATED
                    )
                return _build_response(stored.response, {"Idempotency-Replayed": "true"})
            response, keys = await work(transaction)
            if self.dry_run:
                await transaction.check_deferred_constraints()
                raise Rollback
            await audit_trail.insert_audit_line(transaction, self.caller, self.request, keys)
            if key:
                repeatable = idempotency.RepeatableResponse(
                    response, keys, self.exposes_personal_data, audit_trail.find_meeting(self.request)
                )
                await idempotency.store_response(transaction, client, key, fingerprint, repeatable)
        if self.dry_run:
            if self.exposes_personal_data:
                async with open_transaction(self.database) as transaction:
                    await audit_trail.insert_audit_line(
                        transaction, self.caller, self.request, keys, remark=audit_trail.DRY_RUN
                    )
            status = 200 if response.status == 201 else response.status
            return _build_response(response._replace(status=status, headers={}))
        return _build_response(response)

    async def _compute_fingerprint(self, transaction: Transaction) -> bytes:
        """Compute the fingerprint of the request, by which a repetition is recognized."""
        incarnation = 0
        if code := audit_trail.find_meeting(self.request):
            incarnation = await incarnations.count_deletions(transaction, "meetings", code)
        body = await self.request.body()
        return idempotency.compute_fingerprint(self.request.method, self._target(), body, incarnation)

    def _target(self) -> str:
        """Return the request's path, a question mark, and its query, which may be empty."""
        url = self.request.url
        return f"{url.path}?{url.query}"

    def _request_id(self) -> str:
        """Return the id of the request, or an empty text."""
        return str(self.request.scope.get("state", {}).get("request_id", ""))


def _build_response(stored: StoredResponse, extra_headers: dict[str, str] | None = None) -> Response:
    """Build an HTTP response with `Cache-Control: no-store` from a stored response."""
    headers = {"Cache-Control": "no-store", **stored.headers, **(extra_headers or {})}
    media_type = "application/json" if stored.body else None
    return Response(stored.body or None, stored.status, headers, media_type)


def require_caller(request: Request) -> Caller:
    """Return the caller of a request; RuntimeError if there is none, because the route requires no scope.

    Raises:
        RuntimeError: The route declares no scope, so there may be no caller.
    """
    caller = get_caller(request)
    if caller is None:
        raise RuntimeError("a route that writes must declare require_scope(scope)")
    return caller


async def parse_create_request(
    request: Request, query: Annotated[WriteQuery, Query()], idempotency_key: IdempotencyKey = None
) -> WriteRequest:
    """Build the WriteRequest of a creating route; IdempotencyKeyRequired without a valid key, except for a dry run.

    Raises:
        IdempotencyKeyRequired: The Idempotency-Key header is missing or malformed.
    """
    dry_run = query.dry_run == "true"
    if idempotency_key is None and not dry_run:
        raise IdempotencyKeyRequired
    key = None if idempotency_key is None else idempotency.parse_key(request.headers.getlist("idempotency-key"))
    return WriteRequest(request, require_caller(request), dry_run, idempotency_key=None if dry_run else key)


async def parse_change_request(
    request: Request, query: Annotated[WriteQuery, Query()], if_match: IfMatch = None
) -> WriteRequest:
    """Build the WriteRequest of a route that changes or deletes; PreconditionRequired without an If-Match header.

    Raises:
        PreconditionRequired: The If-Match header is missing.
    """
    if if_match is None or not if_match.strip(" \t,"):
        raise PreconditionRequired
    all_tags = ", ".join(request.headers.getlist("if-match"))
    return WriteRequest(request, require_caller(request), query.dry_run == "true", if_match=all_tags)


async def parse_action_request(request: Request, query: Annotated[WriteQuery, Query()]) -> WriteRequest:
    """Build the WriteRequest of a route whose repetition changes nothing; no idempotency key or If-Match is read."""
    return WriteRequest(request, require_caller(request), query.dry_run == "true")


ActionDep = Annotated[WriteRequest, Depends(parse_action_request)]
CreateDep = Annotated[WriteRequest, Depends(parse_create_request)]
ChangeDep = Annotated[WriteRequest, Depends(parse_change_request)]
