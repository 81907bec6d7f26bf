"""Document and query parameters of the search."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.http.parameters import FieldSelection, ListQuery, SearchWords

Kind = Literal["official", "organization", "division", "stage", "meeting"]


class SearchResult(BaseModel):
    """An object whose name or code matches, with the address of its document."""

    kind: Kind
    key: Annotated[str, Field(description="Its code; for an official, the id.", examples=["kpu-31"])]
    name: str
    name_en: str | None
    url: Annotated[str, Field(description="The address of its document.", examples=["/v1/organizations/kpu-31"])]
    detail: Annotated[
        str | None,
        Field(description="A text that distinguishes it from others of the same name: office, place, election, days."),
    ]


Fields = Annotated[
    str, FieldSelection(SearchResult), Field(description="Members to include.", examples=["kind,name,url"])
]


class SearchQuery(ListQuery):
    """Query parameters of a search."""

    q: SearchWords
    kind: Annotated[Kind, Field(description="Only results of this kind.", examples=["official"])] | None = None
    fields: Fields | None = None
