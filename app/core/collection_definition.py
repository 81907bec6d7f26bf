"""Definition of a list of documents, and the SQL statements built from it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, Text, bindparam, case, cast, func, literal_column, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from app.core.db.documents import Document, Expression, document_text
from app.core.db.ordering import by_code_point
from app.core.db.similarity import FOLDED_QUERY, distance_expression, exact_name_condition, similarity_condition
from app.core.db.statements import Statement
from app.core.languages import Text as Sentence
from app.core.problems import ErrorDetail

MAX_PAGE_BYTES = 2 * 1024 * 1024  # a page of long documents ends after the first document that exceeds this
PAGE_SIZE = bindparam("size", type_=Integer)

ActiveFilters = frozenset[str]
"""The names of the filters that a request uses, path parameters and `as_of` included."""

Conditions = Callable[[ActiveFilters], Iterable[ColumnElement[bool]]]
"""Yields the SQL conditions of the active filters. Their values are bound parameters with the filters' names."""


class ReferenceFilter(NamedTuple):
    """A filter whose value must be an existing code.

    Attributes:
        column: The column that holds the codes.
        list_url: Path of the list in which a caller finds the codes.
        special_value: A value that is allowed without being a code, such as `none`.
        condition: Further condition on the row with the code, for example that it belongs to the path's meeting.
    """

    column: Expression
    list_url: str
    special_value: str | None = None
    condition: Expression = true()

    def unknown_code_error(self, parameter: str) -> ErrorDetail:
        """Build the error that the value of this parameter is no existing code; it names the list of codes."""
        return ErrorDetail(
            "unknown_code",
            Sentence(f"Kode tidak dikenal; lihat {self.list_url}.", f"No such code; see {self.list_url}."),
            parameter=parameter,
        )


class QueryKey(NamedTuple):
    """Everything that the SQL text of a page depends on; statements are cached by it, values stay parameters."""

    filters: ActiveFilters
    sort: str
    has_page_token: bool
    has_fields: bool


@dataclass(frozen=True, eq=False)
class CollectionDefinition:
    """A list of documents: its filters, sort orders and search.

    Attributes:
        document: Schema and SQL of one item.
        rows: Model or subquery that has the key, the column `revision`, and the columns of the filters and sorts.
        conditions: SQL conditions of the active filters.
        sorts: Columns to order by, never null, for each value of `sort`; the first entry is the default. The key is
            appended to all of them, so an empty list orders by the key alone.
        references: Filters whose value must be an existing code.
        key: Unique column; by default the first column of the primary key.
        folded_text: Folded text to compare with `q`; by default the column `folded`.
        search_condition: Builds the condition of a match from the folded search words; by default that `folded_text`
            contains similar words.
        rank_limit: Largest number of matches that are ranked, taken in the order of the key; None: all. For lists
            without an upper bound, because ranking takes time.
        tie_break: Among equally similar items, those that fulfil this condition come first; by default those whose
            `name` equals the words.
        as_of_hides_items: False if an item exists on every day and `as_of` changes only its content.
    """

    document: Document
    rows: Any
    _: KW_ONLY
    conditions: Conditions
    sorts: Mapping[str, Sequence[Expression]]
    references: Mapping[str, ReferenceFilter] = field(default_factory=dict)
    key: Expression = None
    folded_text: Expression = None
    search_condition: Callable[[Expression], ColumnElement[bool]] | None = None
    rank_limit: int | None = None
    tie_break: ColumnElement[bool] | None = None
    as_of_hides_items: bool = True

    def __post_init__(self) -> None:
        rows = getattr(self.rows, "__table__", self.rows)
        object.__setattr__(self, "rows", rows)
        if self.key is None:
            object.__setattr__(self, "key", next(iter(rows.primary_key)))
        if self.folded_text is None:
            object.__setattr__(self, "folded_text", rows.c.get("folded"))

    @cached_property
    def page_statement(self) -> Callable[[QueryKey], Statement]:
        """The function, with a cache, that builds the SQL statement of a page from a QueryKey.

        The statement yields one row: the page's documents joined by commas, whether there are more, and the sort keys
        of the last document.
        """
        return lru_cache(maxsize=2000)(self._build_page_statement)

    @cached_property
    def item_statement(self) -> Callable[[ActiveFilters, bool], Statement]:
        """The function, with a cache, that builds the SQL statement of one item's document and revision.

        Its arguments are the active filters and whether only the members in the parameter `fields` are wanted.
        """
        return lru_cache(maxsize=100)(self._build_item_statement)

    @cached_property
    def reference_statement(self) -> Callable[[tuple[str, ...]], Statement]:
        """The function, with a cache, that builds the SQL statement which checks that filters' codes exist.

        Its argument is the names of the filters; the statement yields one row with a boolean for each.
        """
        return lru_cache(maxsize=100)(self._build_reference_statement)

    def _build_page_statement(self, query: QueryKey) -> Statement:
        """Build the SQL of a page of about 2 MiB at most: documents as one text, if more follow, and the last keys."""
        keys, is_descending = self._order_by_columns(query.sort)
        rows = self.document.select(
            *(key.label(f"key_{n}") for n, key in enumerate(keys)), as_of="as_of" in query.filters
        ).where(*self._where_conditions(query.filters))
        if query.has_page_token:
            after = tuple_(*(cast(bindparam(f"after_{n}", type_=Text), key.type) for n, key in enumerate(keys)))
            rows = rows.where(tuple_(*keys) < after if is_descending else tuple_(*keys) > after)
        rows = rows.order_by(*(key.desc() if is_descending else key for key in keys)).limit(PAGE_SIZE + 1)
        found = rows.subquery("found")
        found_keys = [found.c[f"key_{n}"] for n in range(len(keys))]
        found_order = [key.desc() if is_descending else key for key in found_keys]
        text = document_text(found.c.document, only_fields=query.has_fields)
        bytes_before = func.sum(func.octet_length(text)).over(order_by=found_order, rows=(None, -1))
        sized = select(text.label("text"), bytes_before.label("before"), *found_keys).subquery("sized")
        sized_keys = [sized.c[key.name] for key in found_keys]
        sized_order = [key.desc() if is_descending else key for key in sized_keys]
        fits = func.coalesce(sized.c.before, 0) < literal_column(str(MAX_PAGE_BYTES))
        item_count = func.least(func.count().filter(fits), PAGE_SIZE)

        def ordered_array(column: Expression) -> Expression:
            return func.array_agg(aggregate_order_by(column, *sized_order), type_=ARRAY(Text))

        return Statement(
            select(
                func.array_to_string(ordered_array(sized.c.text)[1:item_count], ","),
                func.count() > item_count,
                *(ordered_array(cast(key, Text))[item_count] for key in sized_keys),
            ).select_from(sized)
        )

    def _build_item_statement(self, filters: ActiveFilters, has_fields: bool) -> Statement:
        """Build the SQL of one item: its document as text, whole or only the members in `fields`, and its revision."""
        conditions = self._where_conditions(filters if self.as_of_hides_items else filters - {"as_of"})
        found = (
            self.document.select(self.rows.c.revision, as_of="as_of" in filters)
            .where(self.key == bindparam("key", type_=self.key.type), *conditions)
            .subquery("found")
        )
        return Statement(select(document_text(found.c.document, only_fields=has_fields), found.c.revision))

    def _build_reference_statement(self, names: tuple[str, ...]) -> Statement:
        """Build the SQL that returns one boolean for each of these reference filters: whether its code exists."""
        references = [(name, self.references[name]) for name in names]
        return Statement(
            select(
                *(
                    select(reference.column).where(reference.column == bindparam(name), reference.condition).exists()
                    for name, reference in references
                )
            )
        )

    def _where_conditions(self, filters: ActiveFilters) -> list[ColumnElement[bool]]:
        """Return the SQL conditions of the filters and of the search `q`, which keeps at most `rank_limit` matches."""
        where = list(self.conditions(filters))
        if "q" not in filters:
            return where
        where.append(self.search_condition(FOLDED_QUERY) if self.search_condition else self._matches_folded_text())
        if self.rank_limit is None:
            return where
        # OFFSET 0 separates the two steps: a scan in the order of the key that stops early may have to read far.
        similar = (
            select(by_code_point(self.key).label("key"))
            .where(*where)
            .correlate(None)
            .offset(literal_column("0"))
            .subquery()
        )
        return [self.key.in_(select(similar.c.key).order_by(similar.c.key).limit(self.rank_limit))]

    def _matches_folded_text(self) -> ColumnElement[bool]:
        """Return the SQL condition that the folded text contains words similar to `q`."""
        return similarity_condition(self.folded_text, FOLDED_QUERY)

    def _order_by_columns(self, sort: str) -> tuple[list[Expression], bool]:
        """Return the columns of a sort order, the key last, and whether it is descending; `q`: best match first.

        Texts are ordered by code point.
        """
        key = by_code_point(self.key)
        if sort == "q":
            tie_break = exact_name_condition(self.rows.c.name) if self.tie_break is None else self.tie_break
            return [distance_expression(self.folded_text), case((tie_break, 0), else_=1), key], False
        return [*map(by_code_point, self.sorts[sort.removeprefix("-")]), key], sort.startswith("-")
