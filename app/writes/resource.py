"""Declarations of resources that can be written: tables, parts in other tables, owners and conflicts."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel
from sqlalchemy import Table, Uuid

from app.auth import Caller
from app.core.collection import Collection
from app.core.db.statements import Statement
from app.core.db.transaction import Transaction

Values = Mapping[str, Any]
"""Values of columns or members, by name."""


@dataclass(frozen=True)
class Parts:
    """A list-valued member that is stored as rows of another table."""

    member: str
    """Name of the member."""
    model: Any
    """Model of the table that stores the items."""
    foreign_key: Mapping[str, str]
    """Column of that table, by which it refers to the object -> column of the object."""
    ordered: bool = True
    """The items have an order, stored in the column `position`. Otherwise each item has a key, and no order."""
    defaults: Values = field(default_factory=dict)
    """Further column values of a new row."""
    keys_only: bool = False
    """The copy of the items in the row of the object lists only their keys."""

    @property
    def table(self) -> Table:
        """The table that stores the items of the list member."""
        table: Table = self.model.__table__
        return table

    @property
    def key(self) -> str:
        """The name of the column that identifies an unordered item among the items of its object."""
        (key,) = (column.name for column in self.table.primary_key if column.name not in self.foreign_key)
        return key

    def normalize(self, items: Any) -> Any:
        """Return a list's items as JSON values, such that equal lists compare equal; order counts only if `ordered`."""
        normalized = orjson.loads(orjson.dumps(items))
        if self.keys_only:
            normalized = [item[self.key] if isinstance(item, dict) else item for item in normalized]
        return normalized if self.ordered else sorted(normalized, key=None if self.keys_only else itemgetter(self.key))


@dataclass(frozen=True)
class OwnershipClaim:
    """A column that refers to an object of another resource and so makes it belong to the owner of the referring row.

    An appointment, for instance, makes its official belong to its organization.
    """

    column: str
    """The referring column."""
    resource: str
    """Name of the resource referred to."""
    owner_query: Statement
    """Selects the codes of the organizations that own the object referred to; its parameter is named as the column."""


def _unchanged(values: Values) -> Values:
    """Return the values unchanged."""
    return values


async def _always_allowed(_transaction: Transaction, _caller: Caller, _keys: Values) -> None:
    """Raise nothing: the default of `Resource.ensure_writable` and `Resource.ensure_visible`."""


@dataclass(frozen=True)
class Resource:
    """A resource that can be written."""

    name: str
    """Name of its list, also in `revisions`."""
    model: Any
    """Model of its table."""
    collection: Collection
    """Reads its documents."""
    address: str
    """Template of an object's path, such as `/v1/officials/{id}`."""
    payload_model: type[BaseModel]
    """Schema of a complete body, without the key unless the key can change."""
    key_columns: Sequence[str] = ("code",)
    """Columns that the path names. The last one is the key of the object, those before it of its parents."""
    generated_columns: Sequence[str] = ("folded",)
    """Columns that the database computes."""
    parts: Sequence[Parts] = ()
    """Members stored in tables of their own."""
    to_columns: Callable[[Values], Values] = _unchanged
    """Converts the members of a body to columns and parts, where the names differ."""
    to_members: Callable[[Values], Values] = _unchanged
    """Converts columns and parts back to members."""
    owner_query: Statement | None = None
    """Selects, by the key columns, the codes of the organizations that own an object.

    A client that is bound to an organization may write the object if all of them are within its organization. None: no
    bound client may write the resource.
    """
    conflict_queries: Mapping[str, Statement] = field(default_factory=dict)
    """By constraint: selects, by the columns of a row, the ids of the rows with which it violates the constraint."""
    date_dependent: bool = False
    """The document shows a status that depends on the day."""
    owner_column: str | None = None
    """Column with the organization above the object; a bound client may set it only to one within its own."""
    ownership_claims: Sequence[OwnershipClaim] = ()
    """References that make other objects belong to the owner; a bound client may refer only to what it may write."""
    ensure_writable: Callable[[Transaction, Caller, Values], Awaitable[None]] = _always_allowed
    """Raises a problem if the object with these keys cannot be written now, or not by this caller."""
    ensure_visible: Callable[[Transaction, Caller, Values], Awaitable[None]] = _always_allowed
    """Raises a problem if this caller may not know of the object with these keys."""
    is_personal: bool = False
    """The document contains personal data that is not open to everybody."""

    @property
    def table(self) -> Table:
        """The table that stores the objects of the resource."""
        table: Table = self.model.__table__
        return table

    @cached_property
    def writable_columns(self) -> frozenset[str]:
        """All columns of the resource's table except revision, updated_at and parts, which no body can set."""
        return frozenset(column.name for column in self.table.columns) - {"revision", "updated_at", "parts"}

    @cached_property
    def part_members(self) -> Mapping[str, str]:
        """The name of each list member that is stored in a table of its own, by the name of that table."""
        return {parts.table.name: parts.member for parts in self.parts}

    def format_address(self, keys: Values) -> str:
        """Return the URL path of the object with these keys."""
        return self.address.format(**keys)

    def parse_created_keys(self, keys: Values, audit_keys: Sequence[str]) -> Values:
        """Return the key columns of an object that was created before, by the keys of its audit line.

        `keys`: those of the same request now, in which a generated id is another one.
        """
        own = self.key_columns[-1]
        created = [key.rpartition("/")[2] for key in audit_keys if key.startswith(f"{self.name}/")]
        if not created:
            return keys
        return {**keys, own: UUID(created[0]) if isinstance(self.table.columns[own].type, Uuid) else created[0]}

    def format_key(self, keys: Values) -> str:
        """Return the key of an object in `revisions`: the values of its primary key, joined by slashes."""
        return "/".join(str(keys[column.name]) for column in self.table.primary_key)
