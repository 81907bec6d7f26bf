"""Documents and query parameters of elections."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import CollectionQuery, FieldSelection, ItemQuery, SearchWords
from app.models.vocabulary import ElectionKind


class ElectionMembers(BaseModel):
    """The members of an election, without its provenance and revision."""

    code: Annotated[str, Field(examples=["pemilu-2024"])]
    name: Annotated[str, Field(examples=["Pemilihan Umum Tahun 2024"])]
    name_en: str | None
    kind: ElectionKind
    voting_on: Annotated[date | None, Field(description="Voting day of the first round.")]
    legal_basis: str | None
    decided_on: Annotated[date | None, Field(description="The day on which its schedule was enacted.")]
    stages_url: Annotated[
        str, Field(description="Address of its stages.", examples=["/v1/stages?election=pemilu-2024"])
    ]


class Election(SourcedRecord, ElectionMembers):
    """An election."""


Fields = Annotated[
    str,
    FieldSelection(Election),
    Field(description="Members to include.", examples=["code,voting_on"]),
]


class ElectionItemQuery(ItemQuery):
    """Query parameters of one election."""

    fields: Fields | None = None


Sort = Annotated[
    Literal["code", "-code", "name", "-name", "voting_on", "-voting_on", "updated_at", "-updated_at"],
    Field(description="Default: `code`. A leading `-` sorts in descending order."),
]


class ElectionQuery(CollectionQuery):
    """Query parameters of the list of elections."""

    q: Annotated[SearchWords, Field(examples=["pemilu"])] | None = None
    kind: Annotated[ElectionKind, Field(description="`general` (pemilu) or `regional_head` (pilkada).")] | None = None
    sort: Sort | None = None
    fields: Fields | None = None
