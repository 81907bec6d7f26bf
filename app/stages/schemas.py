"""Documents and query parameters of stages."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import (
    AsOfOrToday,
    Code,
    EmptyQuery,
    FieldSelection,
    ItemQuery,
    KnownAt,
    PeriodQuery,
    SearchWords,
    require_digits,
)
from app.models.vocabulary import StageKind, StageStatus
from app.references import CodeReference


class StageMembers(BaseModel):
    """The members of a stage, without its provenance and revision."""

    code: Annotated[str, Field(examples=["pu-08"])]
    election: CodeReference
    parent: Annotated[
        CodeReference | None, Field(description="The stage of which it is a part; null: a top-level stage.")
    ]
    position: Annotated[int, Field(description="Its position among the parts of its parent, from 1.")]
    kind: StageKind
    name: Annotated[str, Field(examples=["Masa Tenang"])]
    name_en: str | None
    start_on: Annotated[date | None, Field(description="First day; null: no date was set, or none is known.")]
    end_on: Annotated[date | None, Field(description="Last day. A part may end after its parent, as in the sources.")]
    rule: Annotated[str | None, Field(description="The words of the regulation about its time, with or without dates.")]
    round: Annotated[int, Field(description="Round of voting: 2 is a run-off.")]
    legal_basis: Annotated[str | None, Field(examples=["PKPU 3/2022 Lampiran I"])]
    status: Annotated[
        StageStatus,
        Field(description="On `as_of`: finished, upcoming or running; undated if the known dates do not decide it."),
    ]
    days_until_start: Annotated[
        int | None, Field(description="Days from `as_of` to its first day; negative: it has begun; null: unknown.")
    ]
    days_until_end: Annotated[
        int | None, Field(description="Days from `as_of` to its last day; negative: it is over; null: unknown.")
    ]
    note: str | None


class Stage(SourcedRecord, StageMembers):
    """A stage of an election, or a part of one."""


class StageNode(Stage):
    """A stage with its parts."""

    children: Annotated[list["StageNode"], Field(description="Its parts, by position.")]


class StageTree(BaseModel):
    """All stages of an election, with their status on a day."""

    election: CodeReference
    as_of: date
    stages: Annotated[list[StageNode], Field(description="The stages of the top level, by position.")]


Fields = Annotated[
    str,
    FieldSelection(Stage),
    Field(description="Members to include.", examples=["code,name,status"]),
]


class TreeQuery(EmptyQuery):
    """Query parameters of the tree of stages."""

    as_of: AsOfOrToday | None = None
    known_at: KnownAt | None = None


class StageItemQuery(ItemQuery):
    """Query parameters of one stage."""

    as_of: AsOfOrToday | None = None
    fields: Fields | None = None


Sort = Annotated[
    Literal[
        "position", "-position", "code", "-code", "start_on", "-start_on", "name", "-name", "updated_at", "-updated_at"
    ],
    Field(description="Default: `position`. A leading `-` sorts in descending order."),
]

Status = Annotated[
    StageStatus,
    Field(
        description="The status on `as_of`: with `as_of=2022-06-14`, `running` finds the stages of that day; without "
        "it, those of today, which may be none.",
        examples=["running"],
    ),
]


class StageQuery(PeriodQuery):
    """Query parameters of the list of stages."""

    q: Annotated[SearchWords, Field(examples=["masa tenang"])] | None = None
    election: Annotated[Code, Field(description="Code of an election.", examples=["pemilu-2024"])] | None = None
    parent: (
        Annotated[Code, Field(description="Code of a stage: its parts. `none`: the top level.", examples=["none"])]
        | None
    ) = None
    kind: (
        Annotated[
            StageKind,
            Field(description="A `stage` (tahapan), its parts `substage` and `activity`, or a `support` activity."),
        ]
        | None
    ) = None
    status: Status | None = None
    as_of: AsOfOrToday | None = None
    round: (
        Annotated[int, Field(ge=1, le=9, description="Round of voting.", examples=[2]), BeforeValidator(require_digits)]
        | None
    ) = None
    sort: Sort | None = None
    fields: Fields | None = None
