"""What can be written: a table whose rows have an address, a document, and perhaps members in tables of their own."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any

import orjson
from pydantic import BaseModel
from sqlalchemy import Table

from app.auth import Caller
from app.core.collection import Collection
from app.core.db.statements import Statement
from app.core.db.transaction import Writer

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Parts:
    """A member that is a list of rows of another table.

    `whose`: the columns that say whose parts they are, each with the whole's. `numbered`: they stand in the order
    given, in the column `position`; else each has a key, and they have no order. `beside`: what else a new row of
    theirs is given. `bare`: the whole's copy of them holds their keys alone.
    """

    member: str
    model: Any
    whose: Mapping[str, str]
    numbered: bool = True
    beside: Values = field(default_factory=dict)
    bare: bool = False

    @property
    def table(self) -> Table:
        table: Table = self.model.__table__
        return table

    @property
    def key(self) -> str:
        """The member that tells those without an order apart."""
        (key,) = (column.name for column in self.table.primary_key if column.name not in self.whose)
        return key

    def as_told(self, items: Any) -> Any:
        """What of them counts: also their order, where they have one."""
        found = orjson.loads(orjson.dumps(items))
        if self.bare:
            found = [one[self.key] if isinstance(one, dict) else one for one in found]
        return found if self.numbered else sorted(found, key=None if self.bare else itemgetter(self.key))


@dataclass(frozen=True)
class Taken:
    """A column that names an object of another resource and makes it that of its owner, as an appointment a person.

    `resource`: the name of its list. `owned_by`: whose it is, as a Resource has it, as an SQL of the column.
    """

    column: str
    resource: str
    owned_by: Statement


def _as_it_is(members: Values) -> Values:
    return members


async def _always(_write: Writer, _caller: Caller, _keys: Values) -> None:
    """Nothing bars the writing of most resources."""


@dataclass(frozen=True)
class Resource:
    """A kind of object that can be written.

    `name`: of its list, as in `revisions`. `keys`: the columns that its address names, the last one the object's own;
    `generated`: columns that the database fills. `content`: what a body may hold, whole. `columns` turns the members of
    a body into columns and parts, where they do not have the same names, and `members` turns them back. `owned_by`:
    whose it is, as an SQL of the keys that yields codes of organizations: a client that is bound to one may write where
    all of them are its own. None: the record of all, which no bound client may write. `rivals`: by rule, the SQL that
    finds with whom it is broken. `of_a_day`: its document shows a status on a day. `moves`: the column that says under
    which organization it stands; a bound client may set it to one of its own only. `takes`: the columns that
    bring other objects under its owner; a bound client may name there only what it may write already. `barred` raises
    where an object with these keys may not be written now, or not by this caller. `personal`: its document tells of
    people what not everyone may know.
    """

    name: str
    model: Any
    collection: Collection
    address: str
    content: type[BaseModel]
    keys: Sequence[str] = ("code",)
    generated: Sequence[str] = ("folded",)
    parts: Sequence[Parts] = ()
    columns: Callable[[Values], Values] = _as_it_is
    members: Callable[[Values], Values] = _as_it_is
    owned_by: Statement | None = None
    rivals: Mapping[str, Statement] = field(default_factory=dict)
    of_a_day: bool = False
    moves: str | None = None
    takes: Sequence[Taken] = ()
    barred: Callable[[Writer, Caller, Values], Awaitable[None]] = _always
    personal: bool = False

    @property
    def table(self) -> Table:
        table: Table = self.model.__table__
        return table

    @cached_property
    def names(self) -> frozenset[str]:
        """The columns that a body can fill."""
        return frozenset(column.name for column in self.table.columns) - {"revision", "updated_at", "parts"}

    @cached_property
    def members_of_parts(self) -> Mapping[str, str]:
        """The members of a body that stand in tables of their own, by table."""
        return {parts.table.name: parts.member for parts in self.parts}

    def address_of(self, keys: Values) -> str:
        return self.address.format(**keys)

    def key_of(self, keys: Values) -> str:
        """As in `revisions`: the values of the primary key."""
        return "/".join(str(keys[column.name]) for column in self.table.primary_key)
