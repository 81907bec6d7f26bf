"""Bringing rows in: hundreds at once, and where one of them is refused, in ever smaller parts until it is found."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from app.auth import Caller
from app.core.db.database import Database
from app.core.db.faults import ConstraintViolation
from app.core.db.transaction import Transaction
from app.core.languages import Text
from app.core.problems import Circular, Invalid, OutsideOrganization, Problem
from app.imports import repository
from app.imports.outcome import Order, Outcome, Verdict
from app.imports.parser import Flawed, Unread
from app.imports.repository import Lines, Outside, Row, Table
from app.imports.schemas import Status
from app.settings import Settings
from app.writes.conflicts import AttemptedWrite, to_problem

CHUNK = 500  # rows that one statement brings in
PIECES = 10  # that a chunk is cut into where a row of it is refused
SLICE = 0.01  # seconds of reading after which other requests of this worker have their turn
REPEATED = Text("Baris sebelumnya mempunyai kunci yang sama.", "A row before this one has the same key.")

Waiting = tuple[Row, Verdict]
"""A row that was refused, and its verdict for now."""

Progress = Callable[[int], None]
"""Called with the number of rows that were looked at so far."""


Refusal = ConstraintViolation | Outside


def patient(settings: Settings, seconds: int) -> Database:
    """A database whose one writing connection waits as long as an import may take."""
    longer = {"command_timeout": float(seconds), "deadline": float(seconds), "write_pool_size": 1}
    return Database(settings.model_copy(update=longer))


async def bring_in(
    transaction: Transaction,
    caller: Caller,
    order: Order,
    rows: Iterable[Unread | None],
    progress: Progress = lambda _: None,
) -> Outcome:
    """Bring all rows in that the record admits; what is to be kept of them is for the caller to say.

    Raises OutsideOrganization for a caller who may write none of these, and what is raised in reading the rows.
    """
    resource = order.importable.resource
    if caller.meeting is not None or (caller.organization is not None and resource.owner_query is None):
        raise OutsideOrganization
    return await _Import(transaction, caller, order).run(rows, progress)


class _Import:
    """One import within its transaction."""

    def __init__(self, transaction: Transaction, caller: Caller, order: Order) -> None:
        self.transaction = transaction
        self.caller = caller
        self.resource = order.importable.resource
        self.table = Table(self.resource)
        self.outcome = Outcome(order)
        self.again: list[Waiting] = []

    async def run(self, rows: Iterable[Unread | None], progress: Progress) -> Outcome:
        chunk: list[Row | Flawed] = []
        since = time.monotonic()
        for row in rows:
            if row is not None:
                if self.outcome.is_full and not self.outcome.order.partial:
                    self.outcome.counts["not_tried"] += 1
                else:
                    chunk.append(row())
            if len(chunk) == CHUNK:
                await self._take(chunk)
                chunk = []
                progress(self.outcome.total)
            if time.monotonic() - since > SLICE:
                await self._pause()
                since = time.monotonic()
        await self._take(chunk)
        progress(self.outcome.total)
        await self._try_again()
        return self.outcome

    async def _pause(self) -> None:
        """Let others have their turn. A statement does, and it alone knows of the transaction's deadline."""
        await self.transaction.execute("SELECT 1")

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
                error = Invalid("repeated_key", REPEATED, pointer=f"/{self.resource.key_columns[-1]}")
                self.outcome.add(Verdict(row.line, "refused", row.key, (error,)))
        suspects = await self.table.suspects(self.transaction, tried)
        held = await self.table.held(self.transaction, tried)
        await self._put([row for row in tried if row.line not in suspects], held)
        for row in tried:
            if row.line in suspects:
                await self._put([row], held)

    async def _put(self, rows: Sequence[Row], held: Lines) -> None:
        """Bring these in; where one is refused, cut them up until it is found."""
        if not rows:
            return
        try:
            statuses = await self._attempt(rows, held)
        except Outside as outside:
            for row in rows:
                if row.line in outside.lines:
                    await self._refuse(row, outside)
            await self._put([row for row in rows if row.line not in outside.lines], held)
        except ConstraintViolation as broken:
            if len(rows) == 1:
                await self._refuse(rows[0], broken)
                return
            size = -(-len(rows) // PIECES)
            for begin in range(0, len(rows), size):
                await self._put(rows[begin : begin + size], held)
        else:
            for row in rows:
                self.outcome.add(Verdict(row.line, statuses[row.line], row.key), self._name(row))

    async def _attempt(self, rows: Sequence[Row], held: Lines) -> dict[int, Status]:
        return await self.table.attempt(self.transaction, self.caller, rows, held)

    async def _refuse(self, row: Row, refusal: Refusal) -> None:
        """A row may have been in the way of another only until its own change came, so this one may be tried again."""
        verdict = Verdict(row.line, "refused", None if row.is_new else row.key)
        if not self.outcome.is_full:
            verdict.errors = await self._reasons(row, refusal)
            self.again.append((row, verdict))
        self.outcome.add(verdict)

    async def _reasons(self, row: Row, refusal: Refusal) -> tuple[Invalid, ...]:
        problem = OutsideOrganization() if isinstance(refusal, Outside) else await self._told(row, refusal)
        return problem.errors or (Invalid(problem.code, problem.detail, pointer=""),)

    async def _told(self, row: Row, broken: ConstraintViolation) -> Problem:
        # The transaction reads: it alone sees the rows of this file.
        whole = await self.table.whole(self.transaction, row)
        attempt = AttemptedWrite(
            whole,
            conflict_queries=self.resource.conflict_queries,
            part_members=self.resource.part_members,
            part_items=row.parts,
            own_addresses=[self.resource.format_address(row.keys)],
        )
        return await to_problem(self.transaction, broken, attempt)

    async def _try_again(self) -> None:
        """Try again what was refused, unless there is more than can be told: what was in its way may be gone."""
        if self.outcome.is_full or not self.again:
            return
        hopeless = await self.table.suspects(self.transaction, [row for row, _ in self.again])
        waiting = [one for one in self.again if one[0].line not in hopeless]
        if len(waiting) > 1 and await self._all_at_once(waiting):
            return
        await self._one_by_one(waiting)

    async def _all_at_once(self, waiting: Sequence[Waiting]) -> bool:
        """Some stand in each other's way only until all of them are done."""
        rows = [row for row, _ in waiting]
        try:
            statuses = await self._attempt(rows, await self.table.held(self.transaction, rows))
        except (ConstraintViolation, Outside):
            return False
        for row, verdict in waiting:
            self._mend(row, verdict, statuses)
        return True

    async def _one_by_one(self, waiting: Sequence[Waiting]) -> None:
        """Each once, and once more when that which is in its way was brought in.

        Where nobody knows what is in the way, again after all others: then in the opposite order, lest a chain of rows
        that wait for each other takes as many rounds as there are rows.
        """
        addresses = {self.resource.format_address(row.keys) for row, _ in waiting}
        behind: dict[str, list[Waiting]] = {}
        turn: list[Waiting] = []
        for row, verdict in reversed(waiting):
            address = _in_the_way(verdict)
            (behind.setdefault(address, []) if address in addresses else turn).append((row, verdict))
        while turn:
            stuck: list[Waiting] = []
            is_better = False
            while turn:
                row, verdict = turn.pop()
                address = await self._once_more(row, verdict)
                if verdict.status != "refused":
                    is_better = True
                    turn += behind.pop(self.resource.format_address(row.keys), [])
                elif address:
                    behind.setdefault(address, []).append((row, verdict))
                else:
                    stuck.append((row, verdict))
            turn = stuck if is_better else []

    async def _once_more(self, row: Row, verdict: Verdict) -> str | None:
        """Try a row again; where it is refused once more, the address of what is in its way, if that can be told."""
        try:
            statuses = await self._attempt([row], await self.table.held(self.transaction, [row]))
        except (ConstraintViolation, Outside) as refusal:
            verdict.errors = await self._reasons(row, refusal)
            missing = await self.table.missing(self.transaction, row, refusal)
            return missing or _in_the_way(verdict)
        self._mend(row, verdict, statuses)
        return None

    def _mend(self, row: Row, verdict: Verdict, statuses: Mapping[int, Status]) -> None:
        self.outcome.mend(verdict, statuses[row.line], self._name(row), row.key)

    def _name(self, row: Row) -> str:
        return f"{self.resource.name}/{row.key}"


def _in_the_way(verdict: Verdict) -> str | None:
    """The address of what must change before the row can be brought in. A circle may be broken anywhere."""
    first = verdict.errors[0]
    return None if first.code == Circular.code else first.address
