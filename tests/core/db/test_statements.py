"""Statements that are compiled once and reused as text."""

import pytest
from sqlalchemy import (
    ARRAY,
    ClauseElement,
    Column,
    MetaData,
    Table,
    Text,
    bindparam,
    func,
    select,
    text,
    tuple_,
    update,
)

from app import models
from app.core.db.statements import Statement

code = models.Region.code
TABLE = Table("t", MetaData(), Column("a", Text), Column("b", Text, onupdate=lambda: "changed"))


def test_missing_value_raises_key_error() -> None:
    statement = Statement(select(code).where(models.Region.type == bindparam("type")))
    with pytest.raises(KeyError, match="type"):
        statement.bind_values({})


def test_value_in_the_statement_is_used_when_none_is_passed() -> None:
    statement = Statement(select(bindparam("body", None), bindparam("kind")))
    assert statement.bind_values({"kind": "x"}) == (None, "x")


def test_value_is_computed_at_each_execution() -> None:
    values = iter("abc")
    statement = Statement(select(bindparam("x", callable_=lambda: next(values)), bindparam("y", 1)))
    assert [statement.bind_values({}), statement.bind_values({"y": 2})] == [("a", 1), ("b", 2)]
    assert statement.bind_values({"x": "given"}) == ("given", 1)


@pytest.mark.parametrize(
    ("clause", "problem"),
    [
        (select(code).where(code.in_(["31"])), r"'code_1' is a list .* use = ANY\(:x\)"),
        (select(code).where(code.in_([])), r"'code_1' is a list .* use = ANY\(:x\)"),
        (select(code).where(code.not_in(["31"])), r"'code_1' is a list .* use = ANY\(:x\)"),
        (select(code).where(code.in_(bindparam("x"))), r"'x' is a list .* use = ANY\(:x\)"),
        (select(code).where(code.in_(bindparam("x", expanding=True))), r"'x' is a list .* use = ANY\(:x\)"),
        (select(code).where(tuple_(code, code).in_([("31", "31")])), r"is a list .* use = ANY\(:x\)"),
        (select(select(code).where(code.in_(["31"])).scalar_subquery()), r"is a list .* use = ANY\(:x\)"),
        (text("SELECT 1 WHERE 'a' IN :x").bindparams(bindparam("x", expanding=True)), r"'x' is a list"),
        (select(code).where(bindparam("x", literal_execute=True) == code), r"'x' is written into the text"),
        (update(TABLE).values(a="b"), r"column t.b is computed by Python"),
    ],
)
def test_part_known_only_at_execution_raises_type_error(clause: ClauseElement, problem: str) -> None:
    with pytest.raises(TypeError, match=problem):
        Statement(clause)


@pytest.mark.parametrize(
    ("clause", "sql"),
    [
        (
            select(code).where(code == func.any(bindparam("x", type_=ARRAY(Text)))),
            "SELECT regions.code \nFROM regions \nWHERE regions.code = any($1::TEXT[])",
        ),
        (
            select(code).where(code.in_(select(models.Region.parent))),
            "SELECT regions.code \nFROM regions \nWHERE regions.code IN (SELECT regions.parent \nFROM regions)",
        ),
        (select(code).limit(3), "SELECT regions.code \nFROM regions \n LIMIT $1::INTEGER"),
        (update(TABLE).values(a="b", b="c"), "UPDATE t SET a=$1::VARCHAR, b=$2::VARCHAR"),
    ],
)
def test_complete_statement_is_compiled(clause: ClauseElement, sql: str) -> None:
    assert Statement(clause).sql == sql
