"""What a request that writes brings beside its body, and what comes of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple

from fastapi import Depends, Header, Query, Request, Response
from pydantic import ConfigDict, Field

from app.auth import Caller, get_caller
from app.core import clock
from app.core.db.database import Database
from app.core.db.faults import ConstraintViolation
from app.core.db.transaction import Rollback, Transaction, open_transaction
from app.core.http.parameters import EmptyQuery
from app.core.problems import IdempotencyKeyRequired, PreconditionRequired, Problem
from app.state import state_of
from app.writes import audit_trail, idempotency
from app.writes.conflicts import AttemptedWrite, to_problem
from app.writes.idempotency import StoredResponse
from app.writes.payloads import ChangeReason


class WriteQuery(EmptyQuery):
    """The parameter of every write."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dry_run: Annotated[
        Literal["true", "false"] | None,
        Field(description="`true`: answer what would happen, and keep nothing.", examples=["true"]),
    ] = None


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A new one for each thing to create, up to 255 ASCII characters: the same request with the same "
        "key is answered as before and does nothing twice. Required, but for a dry run.",
        examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag of what was read last, or `*`. Required: nobody overwrites what they have not seen.",
        examples=["*"],
    ),
]


class WriteResult(NamedTuple):
    """What a write has come to: its answer, and which objects it touched."""

    response: StoredResponse
    keys: list[str]


Work = Callable[[Transaction], Awaitable[WriteResult]]


@dataclass
class WriteRequest:
    """A request that writes. `key`: of a creation; `match`: the tags of If-Match, where one is asked for.

    `attempt`: what was last tried, for the words of a rule that refuses it. `shows_people`: its answer holds what is
    personal, so that it is told in the trail also where nothing else of it is kept.
    """

    request: Request
    caller: Caller
    dry_run: bool
    idempotency_key: str | None = None
    if_match: str | None = None
    attempted_write: AttemptedWrite = field(default_factory=lambda: AttemptedWrite({}))
    exposes_personal_data: bool = False

    @property
    def database(self) -> Database:
        database: Database = state_of(self.request.app).database
        return database

    @property
    def today(self) -> clock.LocalDay:
        return clock.current_day(state_of(self.request.app).settings.zone)

    async def run_in_transaction(self, work: Work, note: ChangeReason | None = None) -> Response:
        """Do the work in one transaction, with its audit line and its kept answer; what is answered is committed.

        Raises the problem of a broken rule, InFlight, KeyReused, and what the work raises.
        """
        try:
            return await self._run(work, note)
        except ConstraintViolation as broken:
            raise await self.to_problem(broken) from None

    async def to_problem(self, broken: ConstraintViolation) -> Problem:
        """What a rule that refuses what was last tried means to the caller."""
        return await to_problem(self.database.reader(), broken, self.attempted_write)

    async def attribute_revisions(self, write: Transaction, note: ChangeReason | None) -> None:
        """Put the caller's name, and these reasons, under the revisions that the transaction makes from now on."""
        await audit_trail.attribute_revisions(write, self.caller, self._request_id(), note)

    async def _run(self, work: Work, note: ChangeReason | None) -> Response:
        same = idempotency.compute_fingerprint(self.request.method, self._address(), await self.request.body())
        answer: StoredResponse
        async with open_transaction(self.database) as write:
            await self.attribute_revisions(write, note)
            if self.idempotency_key and (
                kept := await idempotency.find_response(write, self.caller.client_id, self.idempotency_key, same)
            ):
                return _response(kept, {"Idempotency-Replayed": "true"})
            answer, keys = await work(write)
            if self.dry_run:
                await write.fetch("SET CONSTRAINTS ALL IMMEDIATE")
                raise Rollback
            await audit_trail.insert_audit_line(write, self.caller, self.request, keys)
            if self.idempotency_key:
                await idempotency.store_response(write, self.caller.client_id, self.idempotency_key, same, answer)
        if self.dry_run:
            if self.exposes_personal_data:
                async with open_transaction(self.database) as write:
                    await audit_trail.insert_audit_line(write, self.caller, self.request, keys)
            status = 200 if answer.status == 201 else answer.status
            return _response(answer._replace(status=status, headers={}))
        return _response(answer)

    def _address(self) -> str:
        url = self.request.url
        return f"{url.path}?{url.query}"

    def _request_id(self) -> str:
        return str(self.request.scope.get("state", {}).get("request_id", ""))


def _response(answer: StoredResponse, more: dict[str, str] | None = None) -> Response:
    headers = {"Cache-Control": "no-store", **answer.headers, **(more or {})}
    media_type = "application/json" if answer.body else None
    return Response(answer.body or None, answer.status, headers, media_type)


def require_caller(request: Request) -> Caller:
    """The caller of a route that asks for a scope."""
    caller = get_caller(request)
    if caller is None:
        raise RuntimeError("a writing route must declare require_scope(scope)")
    return caller


async def parse_create_request(
    request: Request, query: Annotated[WriteQuery, Query()], key: IdempotencyKey = None
) -> WriteRequest:
    """A request that creates; KeyRequired without an Idempotency-Key."""
    dry_run = query.dry_run == "true"
    if key is None and not dry_run:
        raise IdempotencyKeyRequired
    if key is not None and not (1 <= len(key) <= 255 and key.isascii() and key.isprintable()):
        raise IdempotencyKeyRequired
    return WriteRequest(request, require_caller(request), dry_run, idempotency_key=None if dry_run else key)


async def parse_change_request(
    request: Request, query: Annotated[WriteQuery, Query()], match: IfMatch = None
) -> WriteRequest:
    """A request that changes or deletes; PreconditionRequired without If-Match."""
    if match is None:
        raise PreconditionRequired
    return WriteRequest(request, require_caller(request), query.dry_run == "true", if_match=match)


async def parse_action_request(request: Request, query: Annotated[WriteQuery, Query()]) -> WriteRequest:
    """A request that does what can be done once only, and so needs no key: done again, it changes nothing."""
    return WriteRequest(request, require_caller(request), query.dry_run == "true")


ActionDep = Annotated[WriteRequest, Depends(parse_action_request)]
CreateDep = Annotated[WriteRequest, Depends(parse_create_request)]
ChangeDep = Annotated[WriteRequest, Depends(parse_change_request)]
