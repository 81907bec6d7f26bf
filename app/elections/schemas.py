"""What an election's document holds, and what can be asked of elections."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import CollectionQuery, FieldSelection, ItemQuery, SearchWords
from app.models.vocabulary import ElectionKind


class ElectionMembers(BaseModel):
    code: Annotated[str, Field(examples=["pemilu-2024"])]
    name: Annotated[str, Field(examples=["Pemilihan Umum Tahun 2024"])]
    name_en: str | None
    kind: ElectionKind
    voting_on: Annotated[date | None, Field(description="Voting day, that of the first round.")]
    legal_basis: str | None
    decided_on: Annotated[date | None, Field(description="The day on which its schedule was enacted.")]
    stages_url: Annotated[str, Field(description="Where its stages are.", examples=["/v1/stages?election=pemilu-2024"])]


class Election(SourcedRecord, ElectionMembers):
    """An election."""


Fields = Annotated[str, FieldSelection(Election), Field(description="Members to keep.", examples=["code,voting_on"])]


class ElectionItemQuery(ItemQuery):
    fields: Fields | None = None


Sort = Annotated[
    Literal["code", "-code", "name", "-name", "voting_on", "-voting_on", "updated_at", "-updated_at"],
    Field(description="By `code` where it is not given; `-` in front turns the order round."),
]


class ElectionQuery(CollectionQuery):
    q: Annotated[SearchWords, Field(examples=["pemilu"])] | None = None
    kind: Annotated[ElectionKind, Field(description="`general` (pemilu) or `regional_head` (pilkada).")] | None = None
    sort: Sort | None = None
    fields: Fields | None = None
