"""What is no collection's, read as strictly: the numbers of a meeting, a day, and an election's stages as a tree."""

import json
from datetime import date
from itertools import groupby
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from app.attendance.schemas import GroupBy, Summary, SummaryQuery
from app.attendance.summary_repository import find_summary
from app.core.db.database import Database
from app.stages.repository import STAGES, fetch_stage_tree
from app.stages.schemas import StageTree
from app.today.repository import fetch_today
from app.today.schemas import Today
from tests.core.db.rows import database
from tests.core.db.rows_of_bodies import ODD
from tests.core.db.rows_of_meetings import BROKEN_OUT, MEETINGS
from tests.core.db.test_strict_documents import DAYS, rendered

__all__ = ["database"]


def strictly(schema: type[BaseModel], answer: bytes | None) -> Any:
    """An answer that is its schema and not a bit more, without any member twice."""
    assert answer is not None
    schema.model_validate_json(answer, strict=True, extra="forbid")
    return json.loads(answer, object_pairs_hook=once)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


class TestSummary:
    @pytest.mark.parametrize("by", [None, *get_args(GroupBy)])
    @pytest.mark.parametrize(
        ("meeting", "session"),
        [("rakornas-2022-06", None), ("rakornas-2022-06", "class-1"), ("odd-bare", None)]
        + [("odd-full", session) for session in (None, "full", "bare")],
    )
    async def test_it_is_its_schema(
        self, database: Database, meeting: str, session: str | None, by: GroupBy | None
    ) -> None:
        found = strictly(Summary, await find_summary(database.reader(), meeting, SummaryQuery(session=session, by=by)))
        assert found["by"] == by
        if by is None:
            assert found["groups"] == []
        elif by != "session":  # in which who is assigned to two is counted twice
            assert sum(group["invited"] for group in found["groups"]) == found["invited"]

    async def test_all_numbers_of_an_odd_meeting(self, database: Database) -> None:
        found = strictly(Summary, await find_summary(database.reader(), "odd-full", SummaryQuery(by="session")))
        none = {"excused": 0, "on_duty_elsewhere": 0, "on_leave": 0, "absent": 0}
        each = dict.fromkeys(none, 1)
        assert {name: found[name] for name in ("meeting", "by", *COUNTS)} == {
            "meeting": {"code": "odd-full", "name": ODD},
            "by": "session",
            # The sick one among the excused; represented also the secretary, in whose place the chair came.
            **counts(11, 2, 2, 2, each | {"excused": 2}, 1),
        }
        assert found["groups"] == [
            {"key": "bare", "name": ODD, **counts(1, 0, 1, 0, none, 1)},
            {"key": "full", "name": ODD, **counts(3, 1, 1, 0, none | {"excused": 1}, 1)},
            {"key": None, "name": None, **counts(8, 1, 1, 2, each, 0)},
        ]


COUNTS = ("invited", "expected", "present", "represented", "absent", "late")


def counts(*numbers: Any) -> dict[str, Any]:
    return dict(zip(COUNTS, numbers, strict=True))


@pytest.mark.parametrize("as_of", DAYS)
@pytest.mark.parametrize("days", [1, 90])
async def test_a_day_is_its_schema(database: Database, as_of: date, days: int) -> None:
    found = strictly(Today, await fetch_today(database.reader(), as_of, days))
    assert found["as_of"] == as_of.isoformat()
    assert "odd-a2" in {stage["code"] for stage in found["running"]}
    assert "odd-full" in {meeting["code"] for meeting in found["meetings"]}


async def test_the_lists_of_a_day(database: Database) -> None:
    found = strictly(Today, await fetch_today(database.reader(), date(2022, 6, 14), 1))
    odd = {
        name: [entry["code"] for entry in entries if entry["code"].startswith("odd")]
        for name, entries in found.items()
        if name != "as_of"
    }
    assert odd == {
        "running": ["odd-a11", "odd-a2"],
        "starting": ["odd-a11", "odd-x1", "odd-a12"],  # whether the second runs no source tells
        "ending": ["odd-a11", "odd-x2"],
        "meetings": ["odd-full"],
    }


class TestTree:
    @pytest.mark.parametrize("as_of", DAYS)
    @pytest.mark.parametrize("election", ["pemilu-2024", "pilkada-2024", "odd-deep", "odd-bare"])
    async def test_it_is_the_stages_each_below_its_parent(self, database: Database, election: str, as_of: date) -> None:
        found = strictly(StageTree, await fetch_stage_tree(database.reader(), election, as_of))
        stages = [json.loads(stage) for stage in await rendered(database, STAGES, as_of=as_of)]
        mine = [stage for stage in stages if stage["election"]["code"] == election]
        assert found["stages"] == nested(mine)
        assert (found["election"]["code"], found["as_of"]) == (election, as_of.isoformat())

    async def test_odd_names_break_out_of_nothing(self, database: Database) -> None:
        found = strictly(StageTree, await fetch_stage_tree(database.reader(), "odd-deep", date(2022, 6, 14)))
        assert found["election"] == {"code": "odd-deep", "name": BROKEN_OUT}
        assert outline(found["stages"]) == [
            ("odd-z", [("odd-a", [("odd-a1", flat("odd-a11", "odd-a12")), *flat("odd-a2")]), *flat("odd-b", "odd-c")]),
            ("odd-x", flat("odd-x1", "odd-x2")),
            ("odd-w", []),
        ]
        assert names(found["stages"]) == {stage["code"]: stage["name"] for stage in MEETINGS["stages"]}

    async def test_of_an_election_without_stages(self, database: Database) -> None:
        answer = await fetch_stage_tree(database.reader(), "odd-bare", date(2199, 12, 31))
        assert strictly(StageTree, answer) == {
            "election": {"code": "odd-bare", "name": ODD},
            "as_of": "2199-12-31",
            "stages": [],
        }

    async def test_of_no_election(self, database: Database) -> None:
        assert await fetch_stage_tree(database.reader(), "odd", date(2022, 6, 14)) is None


def nested(stages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The stages as a tree, by position, and in one place by code."""

    def above(stage: dict[str, Any]) -> str:
        return stage["parent"]["code"] if stage["parent"] else ""

    below = {code: [*group] for code, group in groupby(sorted(stages, key=above), above)}

    def within(code: str) -> list[dict[str, Any]]:
        parts = sorted(below.get(code, []), key=lambda stage: (stage["position"], stage["code"]))
        return [{**stage, "children": within(stage["code"])} for stage in parts]

    return within("")


Outline = list[tuple[str, Any]]


def outline(stages: list[dict[str, Any]]) -> Outline:
    return [(stage["code"], outline(stage["children"])) for stage in stages]


def flat(*codes: str) -> Outline:
    return [(code, []) for code in codes]


def names(stages: list[dict[str, Any]]) -> dict[str, str]:
    """The names of all stages of a tree, by code."""
    found = {stage["code"]: stage["name"] for stage in stages}
    for stage in stages:
        found |= names(stage["children"])
    return found
