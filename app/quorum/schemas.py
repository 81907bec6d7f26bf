"""What is told of a plenary's quorum, and what can be asked of it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from app.core.datetimes import INSTANT_PATTERN, parse_instant
from app.core.http.parameters import EmptyQuery, KnownAt
from app.references import CodeReference, OfficialReference


class QuorumRule(BaseModel):
    """What the law asks of a commission of this level and size."""

    present_at_least: int
    agree_at_least: int
    counts: Annotated[str, Field(description="Who is counted.")]
    verified: Annotated[bool, Field(description="Whether the source was seen to state it.")]
    source: str


class QuorumMember(BaseModel):
    """Somebody who counts."""

    official: OfficialReference
    office: Literal["chair", "member"]
    certain: Annotated[bool, Field(description="Certainly in office on that day; false: possibly.")]
    present: Annotated[bool | None, Field(description="Null: the roll is restricted, and not for this caller.")]


class Quorum(BaseModel):
    """Whether enough of a commission were present at its plenary at an instant."""

    meeting: CodeReference
    organization: CodeReference
    at: datetime
    seats: Annotated[int | None, Field(description="The size of the commission; null: not known.")]
    rule: QuorumRule | None
    members: Annotated[list[QuorumMember], Field(description="The chair and members in office on the day of `at`.")]
    present: int
    needed: int | None
    met: bool | None
    since: Annotated[datetime | None, Field(description="Since when it has been met without a break, up to `at`.")]
    first_met_at: Annotated[datetime | None, Field(description="When it was met first, up to `at`.")]
    reason: Annotated[
        Literal["seats_unknown", "no_rule", "forgotten"] | None,
        Field(
            description="Why nobody can say whether it is met: the size is not known, there is no rule for it, or the "
            "persons on its roll have become counts."
        ),
    ]


class QuorumQuery(EmptyQuery):
    at: (
        Annotated[
            datetime,
            Field(
                description="The instant to look at (RFC 3339, `+` as `%2B`): now where it is not given, or the end of "
                "the meeting once that is over.",
                json_schema_extra={"pattern": INSTANT_PATTERN},
                examples=["2026-12-07T10:00:00+07:00"],
            ),
            BeforeValidator(parse_instant),
        ]
        | None
    ) = None
    known_at: KnownAt | None = None
