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
from app.core.db.transaction import Transaction

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
    foreign_key: Mapping[str, str]
    ordered: bool = True
    defaults: Values = field(default_factory=dict)
    keys_only: bool = False

    @property
    def table(self) -> Table:
        table: Table = self.model.__table__
        return table

    @property
    def key(self) -> str:
        """The member that tells those without an order apart."""
        (key,) = (column.name for column in self.table.primary_key if column.name not in self.foreign_key)
        return key

    def normalize(self, items: Any) -> Any:
        """What of them counts: also their order, where they have one."""
        found = orjson.loads(orjson.dumps(items))
        if self.keys_only:
            found = [one[self.key] if isinstance(one, dict) else one for one in found]
        return found if self.ordered else sorted(found, key=None if self.keys_only else itemgetter(self.key))


@dataclass(frozen=True)
class OwnershipClaim:
    """A column that names an object of another resource and makes it that of its owner, as an appointment a person.

    `resource`: the name of its list. `owned_by`: whose it is, as a Resource has it, as an SQL of the column.
    """

    column: str
    resource: str
    owner_query: Statement


def _as_it_is(members: Values) -> Values:
    return members


async def _always(_write: Transaction, _caller: Caller, _keys: Values) -> None:
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
    payload_model: type[BaseModel]
    key_columns: Sequence[str] = ("code",)
    generated_columns: Sequence[str] = ("folded",)
    parts: Sequence[Parts] = ()
    to_columns: Callable[[Values], Values] = _as_it_is
    to_members: Callable[[Values], Values] = _as_it_is
    owner_query: Statement | None = None
    conflict_queries: Mapping[str, Statement] = field(default_factory=dict)
    date_dependent: bool = False
    owner_column: str | None = None
    ownership_claims: Sequence[OwnershipClaim] = ()
    ensure_writable: Callable[[Transaction, Caller, Values], Awaitable[None]] = _always
    is_personal: bool = False

    @property
    def table(self) -> Table:
        table: Table = self.model.__table__
        return table

    @cached_property
    def writable_columns(self) -> frozenset[str]:
        """The columns that a body can fill."""
        return frozenset(column.name for column in self.table.columns) - {"revision", "updated_at", "parts"}

    @cached_property
    def part_members(self) -> Mapping[str, str]:
        """The members of a body that stand in tables of their own, by table."""
        return {parts.table.name: parts.member for parts in self.parts}

    def format_address(self, keys: Values) -> str:
        return self.address.format(**keys)

    def format_key(self, keys: Values) -> str:
        """As in `revisions`: the values of the primary key."""
        return "/".join(str(keys[column.name]) for column in self.table.primary_key)
