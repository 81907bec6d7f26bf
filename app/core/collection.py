"""Pages and items of a list of documents, read with a few cached SQL statements."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

import orjson

from app.core.clock import LocalDay
from app.core.collection_definition import ActiveFilters, CollectionDefinition, Conditions, QueryKey, ReferenceFilter
from app.core.db.database import Queryable
from app.core.http.paging import Item, Page, PageCursor
from app.core.http.parameters import FieldsQuery, ListQuery
from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidParameters

__all__ = ["ActiveFilters", "Collection", "Conditions", "ReferenceFilter"]

SORT_WITH_Q = ErrorDetail(
    "sort_with_q",
    Text("q mengurutkan menurut kemiripan; hapus sort.", "q orders by similarity; leave sort out."),
    parameter="sort",
)
Q_WITH_KNOWN_AT = ErrorDetail(
    "q_with_known_at",
    Text("q hanya mencari dalam catatan sekarang.", "q searches only the record as it is now."),
    parameter="known_at",
)


class Collection(CollectionDefinition):
    """A list of documents that can be read page by page and item by item."""

    async def fetch_page(
        self,
        reader: Queryable,
        query: ListQuery,
        *,
        path_parameters: Mapping[str, Any] | None = None,
        today: LocalDay | None = None,
        ensure_listable: Callable[[], Awaitable[None]] | None = None,
    ) -> Page:
        """Fetch one page and the next page's token, if any; if it is empty, raise an error for filters' unknown codes.

        Args:
            reader: The connection to read from.
            query: The query parameters of the request.
            path_parameters: Values of the filters that are part of the path.
            today: The day to show if the query has no `as_of`; None: the documents do not depend on a day.
            ensure_listable: Called if the page is empty, before the filters are checked. It raises if the list itself
                does not exist or may not be read.

        Raises:
            InvalidParameters: The page token belongs to another query, `q` is combined with `sort` or `known_at`, or
                the value of a reference filter is no existing code.
        """
        values = {**(path_parameters or {}), **query.active_filters()}
        if "q" in values and query.sort_order:
            raise InvalidParameters(SORT_WITH_Q)
        if "q" in values and query.known_at_instant:
            raise InvalidParameters(Q_WITH_KNOWN_AT)
        sort = "q" if "q" in values else query.sort_order or next(iter(self.sorts))
        schema_name = self.document.schema.__name__
        cursor = PageCursor(await reader.page_token_secret(), [schema_name, sort, values, query.known_at_instant])
        day, valid_seconds = _resolve_day(values, query, today)
        reader = reader.known_at(query.known_at_instant)
        parameters = {**values, "fields": query.field_names(), "size": query.page_size}
        if query.page_token:
            keys, day = cursor.read_token(query.page_token)
            parameters |= {f"after_{n}": key for n, key in enumerate(keys)}
        filters = frozenset(values) | ({"as_of"} if day else frozenset())
        statement = self.page_statement(
            QueryKey(filters, sort, has_page_token=query.page_token is not None, has_fields=query.fields is not None)
        )
        items, has_more, *last_keys = await reader.fetch_one(statement, {"as_of": day, **parameters})
        if not items:
            if ensure_listable is not None:
                await ensure_listable()
            await self._check_references(reader, values)
        token = cursor.create_token(last_keys, day) if has_more else None
        body = f'{{"items":[{items or ""}],"next_page_token":{orjson.dumps(token).decode()}}}'
        return Page(body.encode(), token, is_empty=not items, valid_seconds=valid_seconds)

    async def fetch_item(
        self,
        reader: Queryable,
        key: Any,
        query: FieldsQuery,
        *,
        path_parameters: Mapping[str, Any] | None = None,
        today: LocalDay | None = None,
    ) -> Item | None:
        """Fetch the item with this key; if there is none, return None, or raise an error for filters' unknown codes.

        Args:
            reader: The connection to read from.
            key: The value of the key column.
            query: The query parameters of the request.
            path_parameters: Values of the filters that are part of the path.
            today: The day to show if the query has no `as_of`; None: the documents do not depend on a day.

        Raises:
            InvalidParameters: There is no item, and the value of a reference filter is no existing code.
        """
        values = {**(path_parameters or {}), **query.active_filters()}
        day, valid_seconds = _resolve_day(values, query, today)
        reader = reader.known_at(query.known_at_instant)
        filters = frozenset(values) | ({"as_of"} if day else frozenset())
        statement = self.item_statement(filters, query.fields is not None)
        row = await reader.fetch_first(statement, {"as_of": day, **values, "key": key, "fields": query.field_names()})
        if row is None:
            await self._check_references(reader, values)
            return None
        return Item(row[0].encode(), row[1], valid_seconds=valid_seconds)

    async def _check_references(self, reader: Queryable, values: Mapping[str, Any]) -> None:
        """Look up the codes in reference filters; raise InvalidParameters if one does not exist.

        Called only for empty results, so that other requests need no second statement.
        """
        used = {
            name: reference
            for name, reference in self.references.items()
            if name in values and values[name] != reference.special_value
        }
        if not used:
            return
        exist = await reader.fetch_one(self.reference_statement(tuple(used)), values)
        errors = [used[name].unknown_code_error(name) for name, exists in zip(used, exist, strict=True) if not exists]
        if errors:
            raise InvalidParameters(*errors)


def _resolve_day(
    values: Mapping[str, Any], query: FieldsQuery, today: LocalDay | None
) -> tuple[date | None, int | None]:
    """Return (date of `known_at`, None) or (today, seconds left); two Nones if `as_of` is given or `today` is None."""
    if today is None or "as_of" in values:
        return None, None
    return today.resolve_known_at(query.known_at_instant)
