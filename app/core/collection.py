"""A list of documents as a whole: its filters, its order, its search, and the few SQL texts they come to."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Integer, Text, bindparam, case, cast, func, literal_column, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from app.core.clock import LocalDay
from app.core.db.database import Queryable
from app.core.db.documents import Document, Expression, document_text
from app.core.db.similarity import FOLDED_QUERY, distance, is_exact_name, matches
from app.core.db.statements import Statement
from app.core.http.paging import Item, Page, PageCursor
from app.core.http.parameters import FieldsQuery, ListQuery
from app.core.languages import Text as Sentence
from app.core.problems import ErrorDetail, InvalidParameters

ActiveFilters = frozenset[str]
PAGE_SIZE = bindparam("size", type_=Integer)
MAX_PAGE_BYTES = 2 * 1024 * 1024  # of a page: where its documents are long it ends after the first that reaches beyond
Conditions = Callable[[ActiveFilters], Iterable[ColumnElement[bool]]]

SORT_WITH_Q = ErrorDetail(
    "sort_with_q",
    Sentence("q mengurutkan menurut kemiripan; hapus sort.", "q orders by likeness; leave sort out."),
    parameter="sort",
)
Q_WITH_KNOWN_AT = ErrorDetail(
    "q_with_known_at",
    Sentence("q hanya mencari dalam catatan sekarang.", "q searches the record as it is now only."),
    parameter="known_at",
)


class ReferenceFilter(NamedTuple):
    """A filter whose value must be the key of something: where it is kept, and the list in which to look it up.

    `beside`: a word that it may be instead. `within`: what else holds of the thing, by parameters of the path.
    """

    column: Expression
    list_url: str
    special_value: str | None = None
    condition: Expression = true()

    def unknown_code(self, parameter: str) -> ErrorDetail:
        return ErrorDetail(
            "unknown_code",
            Sentence(f"Kode tidak dikenal; lihat {self.list_url}.", f"No such code; see {self.list_url}."),
            parameter=parameter,
        )


class QueryKey(NamedTuple):
    """What the SQL text depends on. The values stay parameters, so each shape is built once."""

    filters: ActiveFilters
    sort: str
    has_page_token: bool
    has_fields: bool


class Collection:
    """A list of documents: which filters it has, how it is ordered, and what `q` searches.

    `rows` (a model, or a subquery) gives the key, `revision` and the folded text: `key` and `folded` where they are not
    its primary key and column `folded`. `conditions(given)` yields the SQL of what is given, as parameters of the same
    name. `sorts` names columns that are never null; the key comes last, alone for an empty list. `references` are the
    filters that name something. `found(words)` is what `q` leaves, where that is more than a likeness to `folded`;
    of that, no more than the first `most` are ranked, where there is no end to what a list can hold.
    `whole`: of what is equally alike, what comes first, where that is not the one with just this name.
    Without `as_of_hides_items` an item is there on every day, whatever `as_of` shows of it.
    """

    def __init__(
        self,
        document: Document,
        rows: Any,
        *,
        conditions: Conditions,
        sorts: Mapping[str, Sequence[Expression]],
        references: Mapping[str, ReferenceFilter] | None = None,
        key: Expression | None = None,
        folded: Expression | None = None,
        found: Callable[[Expression], ColumnElement[bool]] | None = None,
        most: int | None = None,
        whole: ColumnElement[bool] | None = None,
        as_of_hides_items: bool = True,
    ) -> None:
        self.document = document
        self.rows = getattr(rows, "__table__", rows)
        self.key: Expression = next(iter(self.rows.primary_key)) if key is None else key
        self.conditions = conditions
        self.sorts = sorts
        self.references = references or {}
        self.folded = self.rows.c.folded if folded is None else folded
        self.found = found or self._alike
        self.most = most
        self.whole = is_exact_name(self.rows.c.name) if whole is None else whole
        self.as_of_hides_items = as_of_hides_items
        self._page_statement = lru_cache(maxsize=2000)(self._build_page)
        self._item_statement = lru_cache(maxsize=100)(self._build_item)
        self._reference_statement = lru_cache(maxsize=100)(self._build_reference)

    async def fetch_page(
        self,
        reader: Queryable,
        query: ListQuery,
        *,
        path_parameters: Mapping[str, Any] | None = None,
        today: LocalDay | None = None,
        ensure_listable: Callable[[], Awaitable[None]] | None = None,
    ) -> Page:
        """One page. `within` are parameters of the path; `today` is the day to look at where the query names none.

        `if_empty` is asked first where nothing was found: it raises if there is a reason other than the filters'.
        Raises InvalidParameters for a token that is not of this walk, `sort` with `q`, or a filter that names nothing.
        """
        asked = {**(path_parameters or {}), **query.active_filters()}
        if "q" in asked and query.sort_order:
            raise InvalidParameters(SORT_WITH_Q)
        if "q" in asked and query.known_at_instant:
            raise InvalidParameters(Q_WITH_KNOWN_AT)
        sort = "q" if "q" in asked else query.sort_order or next(iter(self.sorts))
        walk = PageCursor(await reader.page_key(), [self.document.schema.__name__, sort, asked, query.known_at_instant])
        day, lasts = (
            (None, None) if today is None or "as_of" in asked else today.resolve_known_at(query.known_at_instant)
        )
        reader = reader.known_at(query.known_at_instant)
        parameters = {**asked, "fields": query.field_names(), "size": query.page_size}
        if query.page_token:
            keys, day = walk.read_token(query.page_token)
            parameters |= {f"after_{n}": key for n, key in enumerate(keys)}
        given = frozenset(asked) | ({"as_of"} if day else frozenset())
        shape = QueryKey(given, sort, query.page_token is not None, query.fields is not None)
        items, more, *last_keys = await reader.fetch_one(self._page_statement(shape), {"as_of": day, **parameters})
        if not items:
            if ensure_listable is not None:
                await ensure_listable()
            await self._check_references(reader, asked)
        token = walk.create_token(last_keys, day) if more else None
        body = f'{{"items":[{items or ""}],"next_page_token":{orjson.dumps(token).decode()}}}'
        return Page(body.encode(), token, is_empty=not items, valid_seconds=lasts)

    async def fetch_item(
        self,
        reader: Queryable,
        key: Any,
        query: FieldsQuery,
        *,
        path_parameters: Mapping[str, Any] | None = None,
        today: LocalDay | None = None,
    ) -> Item | None:
        """The item with this key as the query's parameters show it, or None. `within`, `today`: as of a page."""
        asked = {**(path_parameters or {}), **query.active_filters()}
        day, lasts = (
            (None, None) if today is None or "as_of" in asked else today.resolve_known_at(query.known_at_instant)
        )
        reader = reader.known_at(query.known_at_instant)
        given = frozenset(asked) | ({"as_of"} if day else frozenset())
        statement = self._item_statement(given, query.fields is not None)
        row = await reader.fetch_first(statement, {"as_of": day, **asked, "key": key, "fields": query.field_names()})
        if row is None:
            await self._check_references(reader, asked)
            return None
        return Item(row[0].encode(), row[1], valid_seconds=lasts)

    def _build_page(self, shape: QueryKey) -> Statement:
        """One row: the documents of the page with commas between, whether there are more, and the last one's keys."""
        keys, downwards = self._order(shape.sort)
        rows = self.document.select(
            *(key.label(f"key_{n}") for n, key in enumerate(keys)), as_of="as_of" in shape.filters
        ).where(*self._where(shape.filters))
        if shape.has_page_token:
            after = tuple_(*(cast(bindparam(f"after_{n}", type_=Text), key.type) for n, key in enumerate(keys)))
            rows = rows.where(tuple_(*keys) < after if downwards else tuple_(*keys) > after)
        rows = rows.order_by(*(key.desc() if downwards else key for key in keys)).limit(PAGE_SIZE + 1)
        found = rows.subquery("found")
        found_keys = [found.c[f"key_{n}"] for n in range(len(keys))]
        order = [key.desc() if downwards else key for key in found_keys]
        text = document_text(found.c.document, only_fields=shape.has_fields)
        before = func.sum(func.octet_length(text)).over(order_by=order, rows=(None, -1))
        sized = select(text.label("text"), before.label("before"), *found_keys).subquery("sized")
        sized_keys = [sized.c[key.name] for key in found_keys]
        in_turn = [key.desc() if downwards else key for key in sized_keys]
        fits = func.coalesce(sized.c.before, 0) < literal_column(str(MAX_PAGE_BYTES))
        number = func.least(func.count().filter(fits), PAGE_SIZE)

        def in_order(column: Expression) -> Expression:
            return func.array_agg(aggregate_order_by(column, *in_turn), type_=ARRAY(Text))

        return Statement(
            select(
                func.array_to_string(in_order(sized.c.text)[1:number], ","),
                func.count() > number,
                *(in_order(cast(key, Text))[number] for key in sized_keys),
            ).select_from(sized)
        )

    def _build_item(self, given: ActiveFilters, fields: bool) -> Statement:
        filters = given if self.as_of_hides_items else given - {"as_of"}
        found = (
            self.document.select(self.rows.c.revision, as_of="as_of" in given)
            .where(self.key == bindparam("key", type_=self.key.type), *self._where(filters))
            .subquery("found")
        )
        return Statement(select(document_text(found.c.document, only_fields=fields), found.c.revision))

    def _where(self, given: ActiveFilters) -> list[ColumnElement[bool]]:
        where = list(self.conditions(given))
        if "q" in given:
            where.append(self.found(FOLDED_QUERY))
        if "q" in given and self.most:
            # OFFSET keeps the two steps apart: a walk in the order of the keys that stops early may have to go far.
            alike = select(self.key.label("key")).where(*where).correlate(None).offset(literal_column("0")).subquery()
            return [self.key.in_(select(alike.c.key).order_by(alike.c.key).limit(self.most))]
        return where

    def _alike(self, words: Expression) -> ColumnElement[bool]:
        return matches(self.folded, words)

    def _order(self, sort: str) -> tuple[list[Expression], bool]:
        """The columns to order by, with the key last, and whether they go downwards."""
        if sort == "q":
            return [distance(self.folded), case((self.whole, 0), else_=1), self.key], False
        return [*self.sorts[sort.removeprefix("-")], self.key], sort.startswith("-")

    async def _check_references(self, read: Queryable, asked: Mapping[str, Any]) -> None:
        """Tell an empty answer from a filter that names nothing. Runs only where nothing was found."""
        named = {
            name: reference
            for name, reference in self.references.items()
            if name in asked and asked[name] != reference.special_value
        }
        if not named:
            return
        known = await read.fetch_one(self._reference_statement(tuple(named)), asked)
        unknown = [named[name].unknown_code(name) for name, found in zip(named, known, strict=True) if not found]
        if unknown:
            raise InvalidParameters(*unknown)

    def _build_reference(self, names: tuple[str, ...]) -> Statement:
        references = {name: self.references[name] for name in names}
        return Statement(
            select(
                *(
                    select(known.column).where(known.column == bindparam(name), known.condition).exists()
                    for name, known in references.items()
                )
            )
        )
