"""Documents and query parameters of the sessions of meetings."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.datetimes import WrittenInstant
from app.core.db.provenance import SourcedRecord
from app.core.http.parameters import CollectionQuery, FieldSelection, ItemQuery, SearchWords
from app.models.vocabulary import DivisionKind, SessionKind
from app.references import CodeReference, OfficialReference


class Speaker(BaseModel):
    """A speaker: a person, a division or an organization."""

    official: OfficialReference | None
    name: Annotated[str | None, Field(description="The name of a person who is not a recorded official.")]
    organization: CodeReference | None
    division: CodeReference | None
    division_kind: Annotated[
        DivisionKind | None,
        Field(description="Kind of the divisions, if all of the organization spoke."),
    ]
    role: str | None


class MeetingSession(BaseModel):
    """A session of a meeting, within the document of the meeting."""

    code: Annotated[str, Field(description="Unique within the meeting.", examples=["class-1"])]
    position: Annotated[int, Field(description="Its position in the programme, from 1.")]
    kind: SessionKind
    name: Annotated[str, Field(examples=["Perencanaan dan Keuangan"])]
    name_en: str | None
    track: Annotated[int | None, Field(description="Its number among the parallel sessions, from 1.")]
    parallel_group: Annotated[str | None, Field(description="Sessions of one group are parallel.")]
    starts_at: Annotated[WrittenInstant | None, Field(description="RFC 3339; null: no source states the time.")]
    ends_at: WrittenInstant | None
    room: str | None
    topics: list[str]
    speakers: list[Speaker]


class MeetingTimeZone(BaseModel):
    """The time zone of a meeting."""

    time_zone: Annotated[str, Field(description="IANA time zone of the meeting's place.", examples=["Asia/Jakarta"])]


class Session(SourcedRecord, MeetingTimeZone, MeetingSession):
    """A session of a meeting, with its topics and speakers."""


SessionFields = Annotated[
    str,
    FieldSelection(Session),
    Field(description="Members to include.", examples=["code,name,topics"]),
]


class SessionItemQuery(ItemQuery):
    """Query parameters of one session."""

    fields: SessionFields | None = None


SessionSort = Annotated[
    Literal["position", "-position", "code", "-code", "name", "-name", "updated_at", "-updated_at"],
    Field(description="Default: `position`. A leading `-` sorts in descending order."),
]


class SessionQuery(CollectionQuery):
    """Query parameters of the sessions of a meeting."""

    q: Annotated[SearchWords, Field(examples=["pemutakhiran"])] | None = None
    kind: (
        Annotated[
            SessionKind,
            Field(description="Kind of session: `direction` (arahan) is a speech to all, a `class` a parallel one."),
        ]
        | None
    ) = None
    topic: (
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=200,
                description="A complete topic. Case, accents and apostrophes are ignored.",
                examples=["Kampanye"],
            ),
        ]
        | None
    ) = None
    sort: SessionSort | None = None
    fields: SessionFields | None = None
