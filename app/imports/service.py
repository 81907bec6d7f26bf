"""Bringing rows in: hundreds at once, and where one of them is refused, in ever smaller parts until it is found."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any

from app.auth import Caller
from app.core.database import Database
from app.core.faults import RuleBroken
from app.core.languages import Text
from app.core.problems import Invalid, OutsideOrganization, Problem
from app.core.transaction import Writer
from app.imports import repository
from app.imports.outcome import Order, Outcome, Verdict
from app.imports.reading import Flawed
from app.imports.repository import Row, Table
from app.imports.schemas import Status
from app.settings import Settings
from app.writing import ownership
from app.writing import rows as single
from app.writing.conflicts import Attempt, told

CHUNK = 500  # rows that one statement brings in; while they are looked at, no other request of this worker runs
PIECES = 10  # that a chunk is cut into where a row of it is refused
REPEATED = Text("Baris sebelumnya mempunyai kunci yang sama.", "A row before this one has the same key.")

Held = Mapping[int, Mapping[str, Any]]
"""The lines whose objects are there already, with the parts of each."""

Progress = Callable[[int], None]
"""Called with the number of rows that were looked at so far."""


def patient(settings: Settings, seconds: int) -> Database:
    """A database whose one writing connection waits as long as an import may take."""
    longer = {"command_timeout": float(seconds), "deadline": float(seconds), "write_pool_size": 1}
    return Database(settings.model_copy(update=longer))


async def bring_in(
    transaction: Writer,
    caller: Caller,
    order: Order,
    rows: Iterable[Row | Flawed],
    progress: Progress = lambda _: None,
) -> Outcome:
    """Bring all rows in that the record admits; what is to be kept of them is for the caller to say.

    Raises OutsideOrganization for a caller who may write none of these, and what is raised in reading the rows.
    """
    resource = order.importable.resource
    if caller.meeting is not None or (caller.organization is not None and resource.owned_by is None):
        raise OutsideOrganization
    return await _Import(transaction, caller, order).run(rows, progress)


class _Import:
    """One import within its transaction."""

    def __init__(self, transaction: Writer, caller: Caller, order: Order) -> None:
        self.transaction = transaction
        self.caller = caller
        self.resource = order.importable.resource
        self.table = Table(self.resource)
        self.outcome = Outcome(order)
        self.again: list[tuple[Row, Verdict]] = []

    async def run(self, rows: Iterable[Row | Flawed], progress: Progress) -> Outcome:
        for chunk in _chunks(rows):
            if self.outcome.is_full and not self.outcome.order.partial:
                self.outcome.counts["not_tried"] += len(chunk)
            else:
                await self._take(chunk)
            progress(self.outcome.total)
        await self._try_again()
        return self.outcome

    async def _take(self, chunk: Sequence[Row | Flawed]) -> None:
        whole = [row for row in chunk if isinstance(row, Row)]
        first = await repository.first_of_their_key(self.transaction, whole)
        for row in chunk:
            if isinstance(row, Flawed):
                self.outcome.add(Verdict(row.line, "refused", None, row.errors))
        tried: list[Row] = []
        for row in whole:
            if row.is_new or row.key in first:
                first.discard(row.key)
                tried.append(row)
            else:
                error = Invalid("repeated_key", REPEATED, pointer=f"/{self.resource.keys[-1]}")
                self.outcome.add(Verdict(row.line, "refused", row.key, (error,)))
        suspects = await self.table.suspects(self.transaction, tried)
        held = await self.table.held(self.transaction, tried)
        await self._put([row for row in tried if row.line not in suspects], held)
        for row in tried:
            if row.line in suspects:
                await self._put([row], held)

    async def _put(self, rows: Sequence[Row], held: Held) -> None:
        """Bring these in; where one is refused, cut them up until it is found."""
        if not rows:
            return
        try:
            statuses = await self._attempt(rows, held)
        except (RuleBroken, OutsideOrganization) as refusal:
            if len(rows) == 1:
                await self._refuse(rows[0], refusal)
                return
            size = -(-len(rows) // PIECES)
            for begin in range(0, len(rows), size):
                await self._put(rows[begin : begin + size], held)
        else:
            for row in rows:
                self.outcome.add(Verdict(row.line, statuses[row.line], row.key), self._name(row))

    async def _attempt(self, rows: Sequence[Row], held: Held) -> dict[int, Status]:
        async with _savepoint(self.transaction):
            if self.caller.organization is not None:
                await self._check([row for row in rows if row.line in held])
                await self._check_moves([row for row in rows if row.line in held])
            statuses = await self.table.put(self.transaction, rows, held)
            if self.caller.organization is not None:
                await self._check(rows)
            return statuses

    async def _check(self, rows: Iterable[Row]) -> None:
        for row in rows:
            await ownership.check(self.transaction, self.caller, self.resource, row.keys)

    async def _check_moves(self, there: Iterable[Row]) -> None:
        for row in there:
            if self.resource.moves in row.given:
                was = await single.hold(self.transaction, self.resource, row.keys)
                content = was.content if was else {}
                await ownership.check_move(self.transaction, self.caller, self.resource, content, row.columns)

    async def _refuse(self, row: Row, refusal: RuleBroken | OutsideOrganization) -> None:
        """A row may have been in the way of another only until its own change came, so this one may be tried again."""
        verdict = Verdict(row.line, "refused", None if row.is_new else row.key)
        if not self.outcome.is_full:
            verdict.errors = await self._reasons(row, refusal)
            self.again.append((row, verdict))
        self.outcome.add(verdict)

    async def _reasons(self, row: Row, refusal: RuleBroken | OutsideOrganization) -> tuple[Invalid, ...]:
        problem: Problem = refusal if isinstance(refusal, OutsideOrganization) else await self._told(row, refusal)
        return problem.errors or (Invalid(problem.code, problem.detail, pointer=""),)

    async def _told(self, row: Row, broken: RuleBroken) -> Problem:
        # The transaction reads: it alone sees the rows of this file.
        attempt = Attempt(row.columns, rivals=self.resource.rivals, parts=self.resource.members_of_parts)
        return await told(self.transaction, broken, attempt)

    async def _try_again(self) -> None:
        """Try what was refused again for as long as that brings any of it in, unless there is more than can be told."""
        while self.again and not self.outcome.is_full:
            again, self.again = self.again, []
            hopeless = await self.table.suspects(self.transaction, [row for row, _ in again])
            for row, verdict in again:
                if row.line in hopeless:
                    self.again.append((row, verdict))
                    continue
                try:
                    held = await self.table.held(self.transaction, [row])
                    statuses = await self._attempt([row], held)
                except (RuleBroken, OutsideOrganization) as refusal:
                    verdict.errors = await self._reasons(row, refusal)
                    self.again.append((row, verdict))
                else:
                    self.outcome.mend(verdict, statuses[row.line], self._name(row), row.key)
            if len(self.again) == len(again):
                return

    def _name(self, row: Row) -> str:
        return f"{self.resource.name}/{row.key}"


def _chunks(rows: Iterable[Row | Flawed]) -> Iterator[Sequence[Row | Flawed]]:
    source = iter(rows)
    while chunk := list(islice(source, CHUNK)):
        yield chunk


@asynccontextmanager
async def _savepoint(transaction: Writer) -> AsyncIterator[None]:
    """What is refused within the block is undone, and the transaction goes on."""
    await transaction.run("SAVEPOINT rows")
    try:
        yield
    except (RuleBroken, OutsideOrganization):
        await transaction.run("ROLLBACK TO SAVEPOINT rows")
        await transaction.run("RELEASE SAVEPOINT rows")
        raise
    await transaction.run("RELEASE SAVEPOINT rows")
