"""What a broken rule of the database means to the caller: a problem, and the address of what stands in the way."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    cast,
    literal_column,
    select,
)

from app import models
from app.core.db.database import Queryable
from app.core.db.faults import ConstraintViolation
from app.core.db.statements import Statement
from app.core.languages import Text as Sentence
from app.core.problems import (
    AlreadyExists,
    CircularParent,
    CircularRepresentation,
    EndsBeforeStart,
    ErrorDetail,
    ForeignParent,
    InUse,
    InvalidContent,
    NoPlacesLeft,
    ParallelSessions,
    Problem,
    SameOfficeTwice,
    SecondClientNeeded,
    SessionOutsideMeeting,
    TwoDefinitiveHolders,
)
from app.writes.messages import CONSTRAINT_MESSAGES

# By table: where its rows are found, by the columns that the address names.
ADDRESSES: Mapping[str, str] = {
    "regions": "/v1/regions/{code}",
    "region_codes": "/v1/regions/{region}",
    "organizations": "/v1/organizations/{code}",
    "divisions": "/v1/divisions/{code}",
    "officials": "/v1/officials/{id}",
    "appointments": "/v1/appointments/{id}",
    "elections": "/v1/elections/{code}",
    "stages": "/v1/stages/{code}",
    "meetings": "/v1/meetings/{code}",
    "meeting_corrections": "/v1/meetings/{meeting}",
    "meeting_statements": "/v1/meetings/{meeting}/statements/{id}",
    "sessions": "/v1/meetings/{meeting}/sessions/{code}",
    "session_speakers": "/v1/meetings/{meeting}/sessions/{session}",
    # On whose roll somebody stands, and which client is bound to a body, not everyone who writes may know.
    "participants": "/v1/meetings",
    "participant_sessions": "/v1/meetings",
    "clients": "/v1/clients",
}
MOST_NAMED = 5
NONE: list[str | None] = [None]

# Rules of the record: the problem, and the member that it stands at.
RULES: Mapping[str, tuple[type[Problem], str]] = {
    "ex_appointments_one_definitive_holder": (TwoDefinitiveHolders, "/office"),
    "ex_appointments_one_office_once": (SameOfficeTwice, "/official"),
    "fk_stages_election_parent_stages": (ForeignParent, "/parent"),
    "ck_sessions_within_meeting": (SessionOutsideMeeting, "/starts_at"),
    "ck_session_speakers_parallel_sessions": (ParallelSessions, "/speakers"),
    "ck_participant_sessions_parallel_sessions": (ParallelSessions, "/sessions"),
    "ck_participants_places_left": (NoPlacesLeft, "/organization"),
    "ck_meetings_places_left": (NoPlacesLeft, "/places"),
    "ck_participants_represents_no_circle": (CircularRepresentation, "/represents"),
    "ck_participants_represents_another": (CircularRepresentation, "/represents"),
    "ck_roll_corrections_two_clients": (SecondClientNeeded, ""),
    **{
        f"ck_{table}_ends_after_start": (EndsBeforeStart, "/ends_at" if table == "sessions" else "/end_on")
        for table in ("appointments", "stages", "meetings", "sessions")
    },
    "ck_organizations_dissolved_after_established": (EndsBeforeStart, "/dissolved_on"),
    **{f"ck_{table}_parent_no_circle": (CircularParent, "/parent") for table in ("organizations", "stages")},
    **{f"ck_{table}_parent_is_another": (CircularParent, "/parent") for table in ("organizations", "stages")},
}
STANDS_IN_THE_WAY = Sentence("Ini yang bertentangan.", "This stands in the way.")
REFERS = Sentence("Ini masih merujuk kepadanya.", "This still refers to it.")
BROKEN = Sentence("Aturan ini tidak dipenuhi.", "This rule is broken.")
UNKNOWN = Sentence("Kode tidak dikenal.", "No such code.")


class AttemptedWrite(NamedTuple):
    """What a write has tried: the columns of its row, or the keys of the row that it wanted to delete."""

    columns: Mapping[str, Any]
    is_delete: bool = False
    conflict_queries: Mapping[str, Statement] = {}
    """By rule: the SQL that finds whom it is broken with, from the columns."""
    part_members: Mapping[str, str] = {}
    """By table: the member of the body whose items stand in it."""
    part_items: Mapping[str, Sequence[Mapping[str, Any]]] = {}
    """By member: those items."""
    own_addresses: Sequence[str] = ()
    """Addresses of what the write itself changes, and which so do not stand in its way."""


async def to_problem(read: Queryable, broken: ConstraintViolation, attempt: AttemptedWrite) -> Problem:
    """The problem to answer with."""
    table: Table = models.Base.metadata.tables[broken.table]
    rule = next((rule for rule in table.constraints if rule.name == broken.constraint), None)
    if attempt.is_delete and isinstance(rule, ForeignKeyConstraint):
        return InUse(*[_way(REFERS, "in_use", "", one) for one in await _referring(read, table, rule, attempt.columns)])
    member = attempt.part_members.get(broken.table)  # whatever is wrong within a part, the body has it there
    if broken.constraint in RULES:
        kind, pointer = RULES[broken.constraint]
        if kind is ForeignParent and not await _is_there(read, table, attempt.columns):
            return InvalidContent(ErrorDetail("unknown_code", UNKNOWN, pointer=pointer))
        pointer = "/end_on" if kind is SessionOutsideMeeting and "host" in attempt.columns else pointer
        return _conflict(kind, f"/{member}" if member else pointer, await _rivals(read, broken, kind, attempt), attempt)
    if isinstance(rule, ForeignKeyConstraint):
        return InvalidContent(ErrorDetail("unknown_code", UNKNOWN, pointer=f"/{member or rule.column_keys[-1]}"))
    if columns := _unique(table, broken.constraint):
        tried = attempt.part_items.get(member, ()) if member else [attempt.columns]
        found = [address for one in tried for address in await _same(read, table, broken.constraint, columns, one)]
        return _conflict(AlreadyExists, f"/{member or columns[-1].name}", found, attempt)
    pointer, words = CONSTRAINT_MESSAGES.get(broken.constraint, ("", BROKEN))
    code = broken.constraint.removeprefix(f"ck_{broken.table}_")
    return InvalidContent(ErrorDetail(code, words, pointer=f"/{member}" if member else pointer))


def _conflict(kind: type[Problem], pointer: str, found: Sequence[str], attempt: AttemptedWrite) -> Problem:
    """Names no more than the first few, and none where nothing but the write itself is in its way."""
    others = [address for address in dict.fromkeys(found) if address not in attempt.own_addresses][:MOST_NAMED]
    return kind(*[_way(STANDS_IN_THE_WAY, kind.code, pointer, one) for one in others or NONE])


def _way(words: Sentence, code: str, pointer: str, address: str | None) -> ErrorDetail:
    return ErrorDetail(code, words, pointer=pointer, address=address)


def _unique(table: Table, name: str) -> list[Column[Any]]:
    """The columns of a key or a unique rule."""
    if name == table.primary_key.name:
        return list(table.primary_key)
    for rule in table.constraints:
        if isinstance(rule, UniqueConstraint) and rule.name == name:
            return list(rule.columns)
    return [column for index in table.indexes if index.unique and index.name == name for column in index.columns]


async def _found(read: Queryable, table: Table, *where: Any, values: Mapping[str, Any]) -> list[str]:
    """The addresses of the first rows of a table that fulfil all of these."""
    address = ADDRESSES[table.name]
    named = [column for column in table.columns if f"{{{column.name}}}" in address]
    texts: list[Any] = [cast(column, Text) for column in named]
    statement = select(*(texts or [literal_column("1")])).where(*where).distinct().limit(MOST_NAMED)
    names = [column.name for column in named]
    rows = await read.fetch_all(Statement(statement), values)
    return [address.format(**dict(zip(names, row, strict=False))) for row in rows]


async def _referring(read: Queryable, table: Table, rule: ForeignKeyConstraint, keys: Mapping[str, Any]) -> list[str]:
    where = [element.parent == bindparam(f"key_{element.column.name}") for element in rule.elements]
    values = {f"key_{name}": value for name, value in keys.items()}
    return await _found(read, table, *where, values=values)


async def _same(
    read: Queryable, table: Table, rule: str, columns: list[Column[Any]], values: Mapping[str, Any]
) -> list[str]:
    """The rows that have these values where they must be the only ones."""
    if not all(column.name in values for column in columns):
        return []
    of_some = [index.dialect_options["postgresql"]["where"] for index in table.indexes if index.name == rule]
    where = [column == bindparam(f"key_{column.name}") for column in columns]
    where += [condition for condition in of_some if condition is not None]
    return await _found(read, table, *where, values={f"key_{column.name}": values[column.name] for column in columns})


async def _rivals(
    read: Queryable, broken: ConstraintViolation, kind: type[Problem], attempt: AttemptedWrite
) -> list[str]:
    """With what a rule between rows is broken: as its hint says, or its parent, or those that an SQL finds."""
    if (
        kind is SessionOutsideMeeting and "meeting" in attempt.columns
    ):  # a session's: it is its meeting that it does not fit
        return [ADDRESSES["meetings"].format(code=attempt.columns["meeting"])]
    if broken.hint:
        meeting, _, session = broken.hint.partition("/")
        return [ADDRESSES["sessions"].format(meeting=meeting, code=session)]
    if kind in (CircularParent, ForeignParent):
        return [ADDRESSES[broken.table].format(code=attempt.columns["parent"])]
    statement = attempt.conflict_queries.get(broken.constraint)
    found = await read.fetch_all(statement, attempt.columns) if statement else []
    return [ADDRESSES[broken.table].format(id=row[0]) for row in found]


async def _is_there(read: Queryable, table: Table, columns: Mapping[str, Any]) -> bool:
    """Whether the parent is there at all, be it under another election."""
    statement = Statement(select(table.c.code).where(table.c.code == bindparam("parent")))
    return await read.fetch_first(statement, {"parent": columns.get("parent")}) is not None
