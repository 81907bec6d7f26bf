"""SQL of stages."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import orjson
from sqlalchemy import ARRAY, ColumnElement, Text, bindparam, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from app import models, references
from app.core.collection import ActiveFilters, Collection, ReferenceFilter
from app.core.db.database import Reader
from app.core.db.documents import (
    AS_OF_PARAMETER,
    DayExpression,
    Document,
    DocumentSelect,
    day_or_null,
    document_text,
    json_object,
)
from app.core.db.ordering import by_code_point
from app.core.db.provenance import sourced_record_columns
from app.core.db.statements import Statement
from app.models.days import days_until, first_known_day_or_infinity, overlap_conditions
from app.models.elections import stage_status_on
from app.stages import payloads, schemas
from app.writes.resource import Resource

_stage = models.Stage
TOP_LEVEL = "none"
_EMPTY_PATH: ColumnElement[Any] = literal_column("'{}'::text[]", ARRAY(Text))


def select_stage(day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a stage document, one column per JSON member; its status and days left refer to the day."""
    day = day_or_null(day)
    return select(
        _stage.code,
        references.election_reference(_stage.election).label("election"),
        references.stage_reference(_stage.parent).label("parent"),
        _stage.position,
        _stage.kind,
        _stage.name,
        _stage.name_en,
        _stage.start_on,
        _stage.end_on,
        _stage.rule,
        _stage.round,
        _stage.legal_basis,
        stage_status_on(_stage, day).label("status"),
        days_until(_stage.start_on, day).label("days_until_start"),
        days_until(_stage.end_on, day).label("days_until_end"),
        _stage.note,
        *sourced_record_columns(_stage),
    )


def _text_literal(value: str) -> ColumnElement[str]:
    """Return a constant as an SQL literal of type text, without escaping it."""
    return literal_column(f"'{value}'::text", Text)


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL condition of each filter that the request for stages uses."""
    for name in ("election", "kind", "round"):
        if name in filters:
            yield _stage.__table__.c[name] == bindparam(name)
    if "parent" in filters:
        yield _stage.parent.is_not_distinct_from(func.nullif(bindparam("parent", type_=Text), TOP_LEVEL))
    if "status" in filters:
        yield stage_status_on(_stage, AS_OF_PARAMETER) == bindparam("status")
    yield from overlap_conditions(_stage.start_on, _stage.end_on, filters)


STAGES = Collection(
    Document(schemas.Stage, select_stage),
    _stage,
    conditions=_filter_conditions,
    sorts={
        "position": [_stage.election, func.coalesce(_stage.parent, _text_literal(""), type_=Text), _stage.position],
        "code": [],
        "start_on": [first_known_day_or_infinity(_stage.start_on, _stage.end_on)],
        "name": [_stage.name],
        "updated_at": [_stage.updated_at],
    },
    references={
        "election": ReferenceFilter(models.Election.code, "/v1/elections"),
        "parent": ReferenceFilter(_stage.code, "/v1/stages", special_value=TOP_LEVEL),
    },
    as_of_hides_items=False,
)

STAGE = Resource(
    "stages", _stage, STAGES, address="/v1/stages/{code}", payload_model=payloads.StageMembers, date_dependent=True
)


def _build_tree_statement() -> Statement:
    """Build the statement that reads an election and the JSON of all its stages, nested; no row if there is none.

    It yields one row, or none if the election does not exist. The stages are written in depth-first order: the JSON of
    each one without its closing brackets, followed by its first part, or by the closing brackets of all levels that end
    there.
    """
    election = models.Election
    top_level = (
        select(_stage.code, func.array_append(_EMPTY_PATH, _sibling_sort_key(_stage), type_=ARRAY(Text)).label("path"))
        .where(_stage.election == bindparam("election"), _stage.parent.is_(None))
        .cte("tree", recursive=True)
    )
    part = aliased(models.Stage)
    tree = top_level.union_all(
        select(part.code, func.array_append(top_level.c.path, _sibling_sort_key(part), type_=ARRAY(Text))).join(
            top_level, part.parent == top_level.c.code
        )
    )
    nodes = STAGES.document.select(tree.c.path, as_of=True).join(tree, tree.c.code == _stage.code).subquery("nodes")
    depth = func.cardinality(nodes.c.path)
    next_depth = func.lead(depth).over(order_by=by_code_point(nodes.c.path))
    document = document_text(nodes.c.document, only_fields=False)
    opening = func.concat(func.left(document, -1), _text_literal(',"children":['))
    closing = case(
        (next_depth > depth, _text_literal("")),
        (next_depth.is_(None), func.repeat(_text_literal("]}"), depth)),
        else_=func.concat(func.repeat(_text_literal("]}"), depth - next_depth + 1), _text_literal(",")),
    )
    pieces = select(nodes.c.path, func.concat(opening, closing).label("text")).subquery("pieces")
    stages = func.string_agg(pieces.c.text, aggregate_order_by(_text_literal(""), by_code_point(pieces.c.path)))
    reference = cast(json_object(code=election.code, name=election.name), Text)
    return Statement(
        select(reference, func.coalesce(select(stages).scalar_subquery(), _text_literal(""))).where(
            election.code == bindparam("election")
        )
    )


def _sibling_sort_key(stage: type[models.Stage]) -> ColumnElement[str]:
    """Return the SQL of a text that sorts stages with the same parent by position, then by code."""
    sort_key: ColumnElement[str] = func.concat(func.to_char(stage.position, _text_literal("FM000 ")), stage.code)
    return sort_key


_SELECT_TREE = _build_tree_statement()


async def fetch_stage_tree(reader: Reader, election: str, day: date) -> bytes | None:
    """Fetch the stages of an election as a JSON tree, with their status on a day; None if there is no such election."""
    row = await reader.fetch_first(_SELECT_TREE, {"election": election, "as_of": day})
    if row is None:
        return None
    reference, stages = row
    return f'{{"election":{reference},"as_of":{orjson.dumps(day).decode()},"stages":[{stages}]}}'.encode()
