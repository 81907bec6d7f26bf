"""Documents and query parameters of divisions."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field

from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import AsOf, Code, CollectionQuery, FieldSelection, ItemQuery, SearchWords, require_digits
from app.models.vocabulary import DivisionKind, Level, Office


class DivisionHead(BaseModel):
    """The head of a division of one commission on one day."""

    id: UUID
    name: str
    certain: Annotated[bool, Field(description="True: certainly on that day; false: possibly, and nobody else is.")]


class DivisionMembers(BaseModel):
    """The members of a division, without its provenance and revision."""

    code: Annotated[str, Field(examples=["p7-4"])]
    kind: DivisionKind
    level: Level
    members: Annotated[int | None, Field(description="Size of the commissions that have it; null: any.")]
    name: Annotated[str, Field(examples=["Divisi Data dan Informasi"])]
    name_en: str | None
    led_by: Annotated[
        Office | None,
        Field(description="The office that leads it in every commission; null: a member whom the commission chooses."),
    ]
    duties: str | None
    legal_basis: Annotated[str | None, Field(examples=["PKPU 8/2019 Pasal 22, 25"])]
    head: Annotated[
        DivisionHead | None,
        Field(description="With `organization`: its head in that commission on `as_of`; null: not known."),
    ]


class Division(SourcedRecord, DivisionMembers):
    """A division of every commission of one level and size, or a unit of the secretariat."""


Fields = Annotated[str, FieldSelection(Division), Field(description="Members to include.", examples=["code,name"])]
OrganizationCode = Annotated[
    Code,
    Field(description="Code of a commission: selects its divisions, with heads on `as_of`.", examples=["kpu-31"]),
]


class DivisionItemQuery(ItemQuery):
    """Query parameters of one division."""

    organization: OrganizationCode | None = None
    as_of: AsOf | None = None
    fields: Fields | None = None


Sort = Annotated[
    Literal["code", "-code", "name", "-name", "updated_at", "-updated_at"],
    Field(description="Default: `code`. A leading `-` sorts in descending order."),
]


class DivisionQuery(CollectionQuery):
    """Query parameters of the list of divisions."""

    q: Annotated[SearchWords, Field(examples=["data dan informasi"])] | None = None
    kind: (
        Annotated[
            DivisionKind, Field(description="A portfolio of commissioners (divisi), or a unit of the secretariat.")
        ]
        | None
    ) = None
    level: Annotated[Level, Field(description="Level of the commissions that have it.")] | None = None
    members: (
        Annotated[
            int,
            Field(ge=1, le=99, description="Size of the commission, in members.", examples=[7]),
            BeforeValidator(require_digits),
        ]
        | None
    ) = None
    organization: OrganizationCode | None = None
    as_of: AsOf | None = None
    sort: Sort | None = None
    fields: Fields | None = None
