"""Schemas of a plenary's quorum: the response document and the query parameters."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from app.core.datetimes import INSTANT_PATTERN, WrittenInstant, parse_instant
from app.core.http.parameters import EmptyQuery, KnownAt
from app.references import CodeReference, OfficialReference


class QuorumRule(BaseModel):
    """The quorum rule for a commission of this level and size."""

    present_at_least: int
    agree_at_least: int
    counts: Annotated[str, Field(description="The office-holders who count.")]
    verified: Annotated[bool, Field(description="True: the cited source states it; false: not yet checked.")]
    source: str


class QuorumMember(BaseModel):
    """A member of the commission who counts towards the quorum."""

    official: OfficialReference
    office: Literal["chair", "member"]
    certain: Annotated[bool, Field(description="Certainly in office on that day; false: possibly.")]
    present: Annotated[bool | None, Field(description="Null: the roll is restricted and the caller may not read it.")]


class Quorum(BaseModel):
    """The quorum of a commission at an instant of its plenary."""

    meeting: CodeReference
    organization: CodeReference
    at: WrittenInstant
    seats: Annotated[int | None, Field(description="The size of the commission; null: unknown.")]
    rule: QuorumRule | None
    members: Annotated[list[QuorumMember], Field(description="The chair and members in office on the day of `at`.")]
    present: int
    needed: int | None
    met: bool | None
    since: Annotated[
        WrittenInstant | None, Field(description="The instant since which it has been met without a break, up to `at`.")
    ]
    first_met_at: Annotated[
        WrittenInstant | None, Field(description="The instant at which it was first met, up to `at`.")
    ]
    reason: Annotated[
        Literal["seats_unknown", "no_rule", "anonymised"] | None,
        Field(
            description="Why `met` is null: the size is unknown, there is no rule for it, or the participants "
            "were anonymised."
        ),
    ]


class QuorumQuery(EmptyQuery):
    """Query parameters of a quorum."""

    at: (
        Annotated[
            datetime,
            Field(
                description="The instant (RFC 3339, `+` as `%2B`), within the days of the meeting. Default: now, or "
                "the end of the meeting after it.",
                json_schema_extra={"pattern": INSTANT_PATTERN},
                examples=["2026-12-07T10:00:00+07:00"],
            ),
            BeforeValidator(parse_instant),
        ]
        | None
    ) = None
    known_at: KnownAt | None = None
