"""The SQL of stages."""

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
    on = day_or_null(day)
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
        stage_status_on(_stage, on).label("status"),
        days_until(_stage.start_on, on).label("days_until_start"),
        days_until(_stage.end_on, on).label("days_until_end"),
        _stage.note,
        *sourced_record_columns(_stage),
    )


def _text_literal(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'::text", Text)


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
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
    """One row: the election's mention, and all its stages as one nested JSON array, or no row.

    Each stage's JSON is left open at its end, in the order of a walk through the tree; what follows it is either its
    first part or as many closing brackets as the walk goes up.
    """
    election = models.Election
    above = (
        select(_stage.code, func.array_append(_EMPTY_PATH, _sibling_sort_key(_stage), type_=ARRAY(Text)).label("path"))
        .where(_stage.election == bindparam("election"), _stage.parent.is_(None))
        .cte("walk", recursive=True)
    )
    part = aliased(models.Stage)
    walk = above.union_all(
        select(part.code, func.array_append(above.c.path, _sibling_sort_key(part), type_=ARRAY(Text))).join(
            above, part.parent == above.c.code
        )
    )
    found = STAGES.document.select(walk.c.path, as_of=True).join(walk, walk.c.code == _stage.code).subquery("found")
    depth = func.cardinality(found.c.path)
    next_depth = func.lead(depth).over(order_by=found.c.path)
    document = document_text(found.c.document, only_fields=False)
    opened = func.concat(func.left(document, -1), _text_literal(',"children":['))
    closed = case(
        (next_depth > depth, _text_literal("")),
        (next_depth.is_(None), func.repeat(_text_literal("]}"), depth)),
        else_=func.concat(func.repeat(_text_literal("]}"), depth - next_depth + 1), _text_literal(",")),
    )
    steps = select(found.c.path, func.concat(opened, closed).label("text")).subquery("steps")
    stages = func.string_agg(steps.c.text, aggregate_order_by(_text_literal(""), steps.c.path))
    mention = cast(json_object(code=election.code, name=election.name), Text)
    return Statement(
        select(mention, func.coalesce(select(stages).scalar_subquery(), _text_literal(""))).where(
            election.code == bindparam("election")
        )
    )


def _sibling_sort_key(stage: type[models.Stage]) -> ColumnElement[str]:
    """Where a stage stands among its siblings, as a text that sorts so."""
    place: ColumnElement[str] = func.concat(func.to_char(stage.position, _text_literal("FM000 ")), stage.code)
    return place


_SELECT_TREE = _build_tree_statement()


async def fetch_stage_tree(reader: Reader, election: str, day: date) -> bytes | None:
    """The JSON of an election's stages as a tree, as they stand on a day; None where there is no such election."""
    row = await reader.fetch_first(_SELECT_TREE, {"election": election, "as_of": day})
    if row is None:
        return None
    mention, stages = row
    return f'{{"election":{mention},"as_of":{orjson.dumps(day).decode()},"stages":[{stages}]}}'.encode()
