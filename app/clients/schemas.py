"""Response bodies and queries of clients."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.auth import Scope
from app.clients.payloads import ScopeName
from app.core.datetimes import WrittenInstant
from app.core.http.parameters import FieldSelection, FieldsQuery, ListQuery, SearchWords
from app.references import CodeReference


class ClientSecret(BaseModel):
    """A client secret without its value, which is shown only once, when it is created."""

    id: UUID
    created_at: WrittenInstant
    revoked_at: WrittenInstant | None


class OAuthClient(BaseModel):
    """A program that may request access tokens."""

    id: Annotated[UUID, Field(description="The `client_id` for the token endpoint.")]
    name: Annotated[str, Field(examples=["kpu-31-schedule"])]
    scopes: Annotated[list[Scope], Field(description="The scopes that its access tokens may grant.")]
    organization: Annotated[
        CodeReference | None,
        Field(
            description="It may write only to this organization and those below it; null: to all. A revoked client "
            "shows the code as the name, because the organization may have been deleted."
        ),
    ]
    meeting: Annotated[str | None, Field(description="The meeting for which it is a check-in device; null: none.")]
    jwks: Annotated[dict[str, Any] | None, Field(description="The public keys with which it authenticates.")]
    secrets: Annotated[
        list[ClientSecret], Field(description="Two of them may be live, so that one can replace the other.")
    ]
    revision: Annotated[int, Field(description="The number of its changes. Each ends the tokens issued before it.")]
    created_at: WrittenInstant
    updated_at: WrittenInstant
    revoked_at: Annotated[
        WrittenInstant | None, Field(description="From then on it gets no tokens, and its tokens are invalid.")
    ]


class NewOAuthClient(OAuthClient):
    """A new client with its secret, which is not shown again."""

    client_secret: Annotated[
        str | None,
        Field(description="Store it safely. Null for a client with `jwks`, in a dry run and in a replayed response."),
    ]


class NewClientSecret(ClientSecret):
    """A new secret, which is not shown again."""

    client_secret: Annotated[
        str | None, Field(description="Store it safely. Null in a dry run and in a replayed response.")
    ]


Fields = Annotated[
    str, FieldSelection(OAuthClient), Field(description="The members to return.", examples=["id,name,scopes"])
]


class ClientItemQuery(FieldsQuery):
    """Query parameters of one client."""

    fields: Fields | None = None


Sort = Annotated[
    Literal["name", "-name", "created_at", "-created_at", "updated_at", "-updated_at"],
    Field(description="Default: `name`. A leading `-` sorts in descending order."),
]


class ClientQuery(ListQuery):
    """Query parameters of the list of clients."""

    q: Annotated[SearchWords, Field(examples=["schedule"])] | None = None
    scope: (
        Annotated[ScopeName, Field(description="Clients that may have this scope.", examples=["stages:write"])] | None
    ) = None
    status: (
        Annotated[
            Literal["live", "revoked"],
            Field(description="`live`: clients that may request tokens; `revoked`: clients that no longer may."),
        ]
        | None
    ) = None
    sort: Sort | None = None
    fields: Fields | None = None

    @property
    def sort_order(self) -> str | None:
        """The query parameter `sort`, with a leading `-` for descending order; None if it was not given."""
        return self.sort
