"""Conversion of violated database constraints to problems, with the addresses of the objects in conflict."""

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
from app.auth import Scope, build_insufficient_scope
from app.core.db.database import Queryable
from app.core.db.faults import ConstraintViolation
from app.core.db.statements import Statement
from app.core.languages import Text as Sentence
from app.core.problems import (
    AlreadyExists,
    CircularParent,
    CircularRepresentation,
    EndsBeforeStart,
    ErasureNearer,
    ErrorDetail,
    ForeignParent,
    InUse,
    InvalidContent,
    NoPlacesLeft,
    OutsideOrganization,
    ParallelSessions,
    Problem,
    RollClosed,
    SameOfficeTwice,
    SecondClientNeeded,
    SessionOutsideMeeting,
    TwoDefinitiveHolders,
)
from app.writes.addresses import ADDRESSES, MAX_CONFLICTS_LISTED, PARTICIPANT_ADDRESS
from app.writes.messages import CONSTRAINT_MESSAGES

# By unique constraint: a JSON pointer to the member at fault, if it is not that of the last column.
UNIQUE_POINTERS: Mapping[str, str] = {"uq_participants_meeting_official_capacity": "/official"}

# By constraint: the problem, and a JSON pointer to the member at fault.
CONSTRAINT_PROBLEMS: Mapping[str, tuple[type[Problem], str]] = {
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
    "ck_meetings_roll_open": (RollClosed, ""),
    "ck_participants_roll_open": (RollClosed, ""),
    "ck_meetings_erasure_nearer": (ErasureNearer, ""),
    **{
        f"ck_{table}_ends_after_start": (EndsBeforeStart, "/ends_at" if table == "sessions" else "/end_on")
        for table in ("appointments", "stages", "meetings", "sessions")
    },
    "ck_organizations_region_outside": (OutsideOrganization, "/region"),
    "ck_organizations_dissolved_after_established": (EndsBeforeStart, "/dissolved_on"),
    **{f"ck_{table}_parent_no_circle": (CircularParent, "/parent") for table in ("organizations", "stages")},
    **{f"ck_{table}_parent_is_another": (CircularParent, "/parent") for table in ("organizations", "stages")},
}
# By constraint: the scope that the write requires beside that of its route.
SCOPE_CONSTRAINTS: Mapping[str, Scope] = {"ck_meetings_open_roll_scope": Scope.ATTENDANCE_WRITE}
CONFLICTS = Sentence(
    "Isian ini bertentangan dengan objek pada alamat ini.", "This conflicts with the object at this address."
)
STILL_REFERRED_TO = Sentence(
    "Objek pada alamat ini masih merujuk ke objek yang akan dihapus.",
    "The object at this address still refers to the object to be deleted.",
)
LIVE_CLIENT = Sentence(
    "Klien yang belum dicabut terikat padanya. Cabut klien itu, atau lepaskan ikatannya.",
    "A client that is not revoked is bound to it. Revoke that client, or bind it to something else.",
)
RULE_VIOLATED = Sentence("Isian ini melanggar aturan basis data.", "This violates a rule of the database.")
UNKNOWN_REFERENCE = Sentence("Tidak ada objek dengan kode atau id ini.", "There is no object with this code or id.")


class AttemptedWrite(NamedTuple):
    """A write that the database may refuse, in the terms of the request."""

    columns: Mapping[str, Any]
    """The columns of the row to write, or the keys of the row to delete."""
    is_delete: bool = False
    conflict_queries: Mapping[str, Statement] = {}
    """By constraint: selects, by the columns, the ids of the rows in conflict."""
    part_members: Mapping[str, str] = {}
    """By table of parts: the member of the body that it stores."""
    part_items: Mapping[str, Sequence[Mapping[str, Any]]] = {}
    """By member: the items that the body gives for it."""
    own_addresses: Sequence[str] = ()
    """Addresses of objects that the write changes itself; they are not reported as conflicts."""
    names_participants: bool = False
    """The caller may read the roll, so a conflict with a participant names that participant."""


async def to_problem(reader: Queryable, violation: ConstraintViolation, write: AttemptedWrite) -> Problem:
    """Build the problem that explains a violated constraint to the client; query the addresses in conflict."""
    table: Table = models.Base.metadata.tables[violation.table]
    name = violation.constraint
    constraint = next((constraint for constraint in table.constraints if constraint.name == name), None)
    if write.is_delete and isinstance(constraint, ForeignKeyConstraint):
        addresses = await _find_referring_objects(reader, table, constraint, write.columns)
        message = LIVE_CLIENT if table.name == "clients" else STILL_REFERRED_TO
        return InUse(*[_build_error(message, "in_use", "", address) for address in addresses])
    if name in SCOPE_CONSTRAINTS:
        return build_insufficient_scope(SCOPE_CONSTRAINTS[name])
    member = write.part_members.get(violation.table)  # an error in a part is reported at the member of the body
    if name in CONSTRAINT_PROBLEMS:
        kind, pointer = CONSTRAINT_PROBLEMS[name]
        if kind is ForeignParent and not await _parent_exists(reader, table, write.columns):
            return InvalidContent(ErrorDetail("unknown_code", UNKNOWN_REFERENCE, pointer=pointer))
        pointer = "/end_on" if kind is SessionOutsideMeeting and "host" in write.columns else pointer
        addresses = await _find_conflicting_objects(reader, violation, kind, write)
        return _build_conflict(kind, f"/{member}" if member else pointer, addresses, write)
    if isinstance(constraint, ForeignKeyConstraint):
        pointer = f"/{member or constraint.column_keys[-1].removeprefix('live_')}"
        return InvalidContent(ErrorDetail("unknown_code", UNKNOWN_REFERENCE, pointer=pointer))
    if columns := _unique_columns(table, name):
        rows = write.part_items.get(member, ()) if member else [write.columns]
        template = PARTICIPANT_ADDRESS if table.name == "participants" and write.names_participants else None
        addresses = [
            address
            for row in rows
            for address in await _find_equal_objects(reader, table, name, columns, row, template)
        ]
        pointer = f"/{member}" if member else UNIQUE_POINTERS.get(name, f"/{columns[-1].name}")
        return _build_conflict(AlreadyExists, pointer, addresses, write)
    pointer, message = CONSTRAINT_MESSAGES.get(name, ("", RULE_VIOLATED))
    code = name.removeprefix(f"ck_{violation.table}_")
    return InvalidContent(ErrorDetail(code, message, pointer=f"/{member}" if member else pointer))


def _build_conflict(kind: type[Problem], pointer: str, addresses: Sequence[str], write: AttemptedWrite) -> Problem:
    """Build a problem with an error per address in conflict, 5 at most, without own ones; if none, one with a rule."""
    others = [address for address in dict.fromkeys(addresses) if address not in write.own_addresses]
    listed: Sequence[str | None] = others[:MAX_CONFLICTS_LISTED] or [None]
    return kind(
        *[_build_error(CONFLICTS if address else kind.remedy, kind.code, pointer, address) for address in listed]
    )


def _build_error(message: Sentence, code: str, pointer: str, address: str | None) -> ErrorDetail:
    """Build the error of the body member at `pointer`, with the URL path of the object in conflict, if any."""
    return ErrorDetail(code, message, pointer=pointer, address=address)


def _unique_columns(table: Table, name: str) -> list[Column[Any]]:
    """Return the columns of a primary key, unique constraint or unique index with this name; [] for others."""
    if name == table.primary_key.name:
        return list(table.primary_key)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and constraint.name == name:
            return list(constraint.columns)
    return [column for index in table.indexes if index.unique and index.name == name for column in index.columns]


async def _find_addresses(
    reader: Queryable, table: Table, *where: Any, values: Mapping[str, Any], template: str | None = None
) -> list[str]:
    """Query the distinct URL paths of up to five rows of a table that fulfil all conditions."""
    address = template or ADDRESSES[table.name]
    address_columns = [column for column in table.columns if f"{{{column.name}}}" in address]
    texts: list[Any] = [cast(column, Text) for column in address_columns]
    statement = select(*(texts or [literal_column("1")])).where(*where).distinct().limit(MAX_CONFLICTS_LISTED)
    names = [column.name for column in address_columns]
    rows = await reader.fetch_all(Statement(statement), values)
    return [address.format(**dict(zip(names, row, strict=False))) for row in rows]


async def _find_referring_objects(
    reader: Queryable, table: Table, constraint: ForeignKeyConstraint, keys: Mapping[str, Any]
) -> list[str]:
    """Query the URL paths of up to five objects that refer to the one with these keys by this foreign key.

    If a part of the object is referred to, such as a device of a meeting by its scans, the first column of the foreign
    key is the code of the object.
    """
    elements = [element for element in constraint.elements if element.column.name in keys]
    where = [element.parent == bindparam(f"key_{element.column.name}") for element in elements]
    where = where or [constraint.elements[0].parent == bindparam("key_code")]
    values = {f"key_{name}": value for name, value in keys.items()}
    return await _find_addresses(reader, table, *where, values=values)


async def _find_equal_objects(
    reader: Queryable,
    table: Table,
    constraint: str,
    columns: list[Column[Any]],
    values: Mapping[str, Any],
    template: str | None,
) -> list[str]:
    """Query the URL paths of rows with equal values in a unique constraint's columns; [] if `values` lacks a column."""
    if not all(column.name in values for column in columns):
        return []
    partial = [index.dialect_options["postgresql"]["where"] for index in table.indexes if index.name == constraint]
    where = [column == bindparam(f"key_{column.name}") for column in columns]
    where += [condition for condition in partial if condition is not None]
    keys = {f"key_{column.name}": values[column.name] for column in columns}
    return await _find_addresses(reader, table, *where, values=keys, template=template)


async def _find_conflicting_objects(
    reader: Queryable, violation: ConstraintViolation, kind: type[Problem], write: AttemptedWrite
) -> list[str]:
    """Return the URL paths of the objects with which the write violates a constraint between rows.

    They are the meeting of a session outside its days, the session that the hint of the error names, the parent, or
    what the conflict query of the constraint selects.
    """
    if kind is SessionOutsideMeeting and "meeting" in write.columns:
        return [ADDRESSES["meetings"].format(code=write.columns["meeting"])]
    if violation.hint:
        meeting, _, session = violation.hint.partition("/")
        return [ADDRESSES["sessions"].format(meeting=meeting, code=session)]
    if kind in (CircularParent, ForeignParent):
        return [ADDRESSES[violation.table].format(code=write.columns["parent"])]
    statement = write.conflict_queries.get(violation.constraint)
    rows = await reader.fetch_all(statement, write.columns) if statement else []
    return [ADDRESSES[violation.table].format(id=row[0]) for row in rows]


async def _parent_exists(reader: Queryable, table: Table, columns: Mapping[str, Any]) -> bool:
    """Query whether the table has a row with the code in the written row's `parent`, whatever its election."""
    statement = Statement(select(table.c.code).where(table.c.code == bindparam("parent")))
    return await reader.fetch_first(statement, {"parent": columns.get("parent")}) is not None
