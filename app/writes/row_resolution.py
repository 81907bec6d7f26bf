"""Resolution of imported rows: what people write (names) becomes what the database stores (codes and ids)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from app.core.db.transaction import Transaction
from app.core.problems import ErrorDetail
from app.writes.resource import Values


class NamedRow(NamedTuple):
    """A row as people write it."""

    columns: Values
    """Its columns, some of which contain names instead of codes and ids."""
    parts: Mapping[str, Sequence[Mapping[str, Any]]]
    """By member: the items of the parts that the row gives."""
    id: UUID | None
    """Its id; None if the row gives none."""


class ResolvedRow(NamedTuple):
    """The meaning of a row: an object, or errors."""

    id: UUID | None
    """The id of the existing or new object; None if the row has errors."""
    columns: Values
    """The columns whose values change; they count as given if one of them is."""
    parts: Mapping[str, Sequence[Mapping[str, Any]]]
    errors: Sequence[ErrorDetail] = ()


ResolveRows = Callable[[Transaction, str, Sequence[NamedRow]], Awaitable[Sequence[ResolvedRow]]]
"""Resolves the rows of a meeting within the transaction of the import, in the order of the rows."""
