"""What a search finds, and what can be asked of it."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.http.parameters import FieldSelection, ListQuery, SearchWords

Kind = Literal["official", "organization", "division", "stage", "meeting"]


class Hit(BaseModel):
    """Something whose name has the words, and where to read all of it."""

    kind: Kind
    key: Annotated[str, Field(description="Its code, or the id of an official.", examples=["kpu-31"])]
    name: str
    name_en: str | None
    url: Annotated[str, Field(description="Where to read all of it.", examples=["/v1/organizations/kpu-31"])]
    detail: Annotated[
        str | None,
        Field(description="What tells it from its namesakes: an office and body, a place, an election, days."),
    ]


Fields = Annotated[str, FieldSelection(Hit), Field(description="Members to keep.", examples=["kind,name,url"])]


class SearchQuery(ListQuery):
    q: SearchWords
    kind: Annotated[Kind, Field(description="Only hits of this kind.", examples=["official"])] | None = None
    fields: Fields | None = None
