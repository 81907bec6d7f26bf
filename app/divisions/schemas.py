"""What a division's document holds, and what can be asked of divisions."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field

from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import AsOf, Code, CollectionQuery, FieldSelection, ItemQuery, SearchWords, require_digits
from app.models.vocabulary import DivisionKind, Level, Office


class Head(BaseModel):
    """Who holds a division of one body on one day."""

    id: UUID
    name: str
    certain: Annotated[bool, Field(description="Certainly on that day; false: possibly, and nobody else.")]


class DivisionMembers(BaseModel):
    code: Annotated[str, Field(examples=["p7-4"])]
    kind: DivisionKind
    level: Level
    members: Annotated[int | None, Field(description="Size of the commissions it applies to; null: any.")]
    name: Annotated[str, Field(examples=["Divisi Data dan Informasi"])]
    name_en: str | None
    led_by: Annotated[
        Office | None,
        Field(description="The office that leads it wherever it exists; null: a member of the body's choice."),
    ]
    duties: str | None
    legal_basis: Annotated[str | None, Field(examples=["PKPU 8/2019 Pasal 22, 25"])]
    head: Annotated[
        Head | None,
        Field(description="With `organization`: who holds it there on `as_of`. Null where that cannot be told."),
    ]


class Division(SourcedRecord, DivisionMembers):
    """A division of every commission of one level and size, or a unit of the secretariat."""


Fields = Annotated[str, FieldSelection(Division), Field(description="Members to keep.", examples=["code,name"])]
Body = Annotated[
    Code, Field(description="Code of a commission: its divisions, with their heads on `as_of`.", examples=["kpu-31"])
]


class DivisionItemQuery(ItemQuery):
    organization: Body | None = None
    as_of: AsOf | None = None
    fields: Fields | None = None


Sort = Annotated[
    Literal["code", "-code", "name", "-name", "updated_at", "-updated_at"],
    Field(description="By `code` where it is not given; `-` in front turns the order round."),
]


class DivisionQuery(CollectionQuery):
    q: Annotated[SearchWords, Field(examples=["data dan informasi"])] | None = None
    kind: (
        Annotated[
            DivisionKind, Field(description="A portfolio of commissioners (divisi), or a unit of the secretariat.")
        ]
        | None
    ) = None
    level: Annotated[Level, Field(description="Level of the commissions that it belongs to.")] | None = None
    members: (
        Annotated[
            int,
            Field(ge=1, le=99, description="Size of the commission.", examples=[7]),
            BeforeValidator(require_digits),
        ]
        | None
    ) = None
    organization: Body | None = None
    as_of: AsOf | None = None
    sort: Sort | None = None
    fields: Fields | None = None
