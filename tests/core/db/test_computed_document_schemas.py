"""The summary of a meeting, the document of a day and the tree of stages match their schemas strictly."""

import json
from datetime import date
from itertools import groupby
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from app.attendance.schemas import AttendanceSummary, GroupBy, SummaryQuery
from app.attendance.summary_repository import find_summary
from app.core.db.database import Database
from app.stages.repository import STAGES, fetch_stage_tree
from app.stages.schemas import StageTree
from app.today.repository import fetch_today
from app.today.schemas import Today
from tests.core.db.extreme_rows import database
from tests.core.db.extreme_rows_of_meetings import JSON_FRAGMENT, ROWS
from tests.core.db.extreme_rows_of_organizations import ODD_TEXT
from tests.core.db.test_document_schemas import DAYS, render_documents

__all__ = ["database"]


def parse_strictly(schema: type[BaseModel], document: bytes | None) -> Any:
    """Parse a document that matches its schema strictly, with no other members and none twice."""
    assert document is not None
    schema.model_validate_json(document, strict=True, extra="forbid")
    return json.loads(document, object_pairs_hook=require_unique_members)


def require_unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


class TestSummary:
    @pytest.mark.parametrize("by", [None, *get_args(GroupBy)])
    @pytest.mark.parametrize(
        ("meeting", "session"),
        [("rakornas-2022-06", None), ("rakornas-2022-06", "class-1"), ("odd-bare", None)]
        + [("odd-full", session) for session in (None, "full", "bare")],
    )
    async def test_summary_matches_its_schema(
        self, database: Database, meeting: str, session: str | None, by: GroupBy | None
    ) -> None:
        document = parse_strictly(
            AttendanceSummary, await find_summary(database.reader(), meeting, SummaryQuery(session=session, by=by))
        )
        assert document["by"] == by
        if by is None:
            assert document["groups"] == []
        elif by != "session":  # a participant of two sessions is counted twice
            assert sum(group["invited"] for group in document["groups"]) == document["invited"]

    async def test_summary_counts_every_status(self, database: Database) -> None:
        document = parse_strictly(
            AttendanceSummary, await find_summary(database.reader(), "odd-full", SummaryQuery(by="session"))
        )
        none = {"excused": 0, "on_duty_elsewhere": 0, "on_leave": 0, "absent": 0}
        each = dict.fromkeys(none, 1)
        assert {name: document[name] for name in ("meeting", "by", *COUNT_MEMBERS)} == {
            "meeting": {"code": "odd-full", "name": ODD_TEXT},
            "by": "session",
            # "sick" is counted as excused. The secretary is represented too, by the chair.
            **count_members(11, 2, 2, 2, each | {"excused": 2}, 1),
        }
        assert document["groups"] == [
            {"key": "bare", "name": ODD_TEXT, **count_members(1, 0, 1, 0, none, 1)},
            {"key": "full", "name": ODD_TEXT, **count_members(3, 1, 1, 0, none | {"excused": 1}, 1)},
            {"key": None, "name": None, **count_members(8, 1, 1, 2, each, 0)},
        ]


COUNT_MEMBERS = ("invited", "expected", "present", "represented", "absent", "late")


def count_members(*numbers: Any) -> dict[str, Any]:
    return dict(zip(COUNT_MEMBERS, numbers, strict=True))


@pytest.mark.parametrize("as_of", DAYS)
@pytest.mark.parametrize("days", [1, 90])
async def test_day_matches_its_schema(database: Database, as_of: date, days: int) -> None:
    document = parse_strictly(Today, await fetch_today(database.reader(), as_of, days))
    assert document["as_of"] == as_of.isoformat()
    assert "odd-a2" in {stage["code"] for stage in document["running"]}
    assert ("odd-full" in {meeting["code"] for meeting in document["meetings"]}) == (as_of.year == 1900)


async def test_day_lists_running_starting_and_ending_stages(database: Database) -> None:
    document = parse_strictly(Today, await fetch_today(database.reader(), date(2022, 6, 14), 1))
    odd = {
        name: [entry["code"] for entry in entries if entry["code"].startswith("odd")]
        for name, entries in document.items()
        if name != "as_of"
    }
    assert odd == {
        "running": ["odd-a11", "odd-a2"],
        "starting": ["odd-a11", "odd-x1", "odd-a12"],  # the second one has no known end, so its status is undated
        "ending": ["odd-a11", "odd-x2"],
        "meetings": [],
    }


class TestTree:
    @pytest.mark.parametrize("as_of", DAYS)
    @pytest.mark.parametrize("election", ["pemilu-2024", "pilkada-2024", "odd-deep", "odd-bare"])
    async def test_tree_nests_each_stage_below_its_parent(self, database: Database, election: str, as_of: date) -> None:
        document = parse_strictly(StageTree, await fetch_stage_tree(database.reader(), election, as_of))
        stages = [json.loads(stage) for stage in await render_documents(database, STAGES, as_of=as_of)]
        mine = [stage for stage in stages if stage["election"]["code"] == election]
        assert document["stages"] == nest_stages(mine)
        assert (document["election"]["code"], document["as_of"]) == (election, as_of.isoformat())

    async def test_names_with_json_syntax_are_escaped(self, database: Database) -> None:
        document = parse_strictly(StageTree, await fetch_stage_tree(database.reader(), "odd-deep", date(2022, 6, 14)))
        assert document["election"] == {"code": "odd-deep", "name": JSON_FRAGMENT}
        assert outline_of(document["stages"]) == [
            (
                "odd-z",
                [("odd-a", [("odd-a1", leaves("odd-a11", "odd-a12")), *leaves("odd-a2")]), *leaves("odd-b", "odd-c")],
            ),
            ("odd-x", leaves("odd-x1", "odd-x2")),
            ("odd-w", []),
        ]
        assert names_by_code(document["stages"]) == {stage["code"]: stage["name"] for stage in ROWS["stages"]}

    async def test_election_without_stages_has_an_empty_tree(self, database: Database) -> None:
        answer = await fetch_stage_tree(database.reader(), "odd-bare", date(2199, 12, 31))
        assert parse_strictly(StageTree, answer) == {
            "election": {"code": "odd-bare", "name": ODD_TEXT},
            "as_of": "2199-12-31",
            "stages": [],
        }

    async def test_unknown_election_has_no_tree(self, database: Database) -> None:
        assert await fetch_stage_tree(database.reader(), "odd", date(2022, 6, 14)) is None


def nest_stages(stages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the stages as a tree, ordered by position, then by code."""

    def above(stage: dict[str, Any]) -> str:
        return stage["parent"]["code"] if stage["parent"] else ""

    below = {code: [*group] for code, group in groupby(sorted(stages, key=above), above)}

    def within(code: str) -> list[dict[str, Any]]:
        parts = sorted(below.get(code, []), key=lambda stage: (stage["position"], stage["code"]))
        return [{**stage, "children": within(stage["code"])} for stage in parts]

    return within("")


Outline = list[tuple[str, Any]]


def outline_of(stages: list[dict[str, Any]]) -> Outline:
    return [(stage["code"], outline_of(stage["children"])) for stage in stages]


def leaves(*codes: str) -> Outline:
    return [(code, []) for code in codes]


def names_by_code(stages: list[dict[str, Any]]) -> dict[str, str]:
    """Return the names of all stages of a tree by code."""
    names = {stage["code"]: stage["name"] for stage in stages}
    for stage in stages:
        names |= names_by_code(stage["children"])
    return names
