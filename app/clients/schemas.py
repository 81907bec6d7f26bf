"""What a client's document holds, and what can be asked and told of clients."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from app.auth import Scope
from app.auth.assertions import MAX_CLIENT_KEYS, is_client_jwk_set
from app.core.http.body_types import Name
from app.core.http.parameters import Code, FieldSelection, FieldsQuery, ListQuery, SearchWords
from app.references import CodeReference
from app.writes.payloads import ChangeReason, merge_patch_model


class ClientSecret(BaseModel):
    """A secret, without its words: those are shown once, when it is made."""

    id: UUID
    created_at: datetime
    revoked_at: datetime | None


class Client(BaseModel):
    """A machine that may ask for tokens."""

    id: Annotated[UUID, Field(description="Its `client_id` at the token endpoint.")]
    name: Annotated[str, Field(examples=["bappenas"])]
    scopes: Annotated[list[Scope], Field(description="What its tokens may be good for.")]
    organization: Annotated[CodeReference | None, Field(description="Writes only there and below; null: everywhere.")]
    meeting: Annotated[str | None, Field(description="The meeting whose gate it is.")]
    jwks: Annotated[dict[str, Any] | None, Field(description="The public keys that it proves itself with.")]
    secrets: Annotated[list[ClientSecret], Field(description="Two of them may be live, so that one can be changed.")]
    revision: Annotated[int, Field(description="Counts its changes; each ends the tokens made before it.")]
    created_at: datetime
    updated_at: datetime
    revoked_at: Annotated[
        datetime | None, Field(description="Since when it gets no tokens, and has none that is good.")
    ]


class NewClient(Client):
    """A client that was just made, with its secret: it is not shown again."""

    client_secret: Annotated[
        str | None,
        Field(description="Keep it. Null for a client with keys, in a dry run, and in the same answer again."),
    ]


class NewSecret(ClientSecret):
    """A secret that was just made: it is not shown again."""

    client_secret: Annotated[str | None, Field(description="Keep it. Null in a dry run, and in the same answer again.")]


def _require_client_jwk_set(jwks: dict[str, Any]) -> dict[str, Any]:
    if not is_client_jwk_set(jwks):
        raise PydanticCustomError("not_a_key_set", "public keys, P-256 or Ed25519, each with a kid of its own")
    return jwks


def _reject_duplicates(scopes: list[str]) -> list[str]:
    if len(set(scopes)) < len(scopes):
        raise PydanticCustomError("repeated_item", "each once")
    return scopes


if TYPE_CHECKING:
    ScopeName = str
else:
    ScopeName = Literal[tuple(str(scope) for scope in Scope)]
Scopes = Annotated[
    list[ScopeName],
    Field(min_length=1, max_length=len(Scope), json_schema_extra={"uniqueItems": True}),
    AfterValidator(_reject_duplicates),
]
KeySet = Annotated[
    dict[str, Any],
    Field(
        description=f"1 to {MAX_CLIENT_KEYS} public keys, P-256 or Ed25519, each with a `kid` of its own (RFC 7517)."
    ),
    AfterValidator(_require_client_jwk_set),
]


class ClientPayload(ChangeReason):
    """What can be said of a client. With `jwks` it proves itself by them, and is given no secret unless asked for."""

    name: Annotated[Name, Field(examples=["bappenas"])]
    scopes: Annotated[Scopes, Field(examples=[["changes:read"]])]
    organization: Annotated[Code, Field(examples=["kpu-31"])] | None = None
    meeting: Annotated[Code, Field(examples=["rakornas-2022-06"])] | None = None
    jwks: KeySet | None = None


@merge_patch_model
class ClientPatch(ClientPayload):
    """What is to change of a client. Whatever does, its tokens of before end."""


class SecretPayload(ChangeReason):
    """Nothing but why."""


Fields = Annotated[str, FieldSelection(Client), Field(description="Members to keep.", examples=["id,name,scopes"])]


class ClientItemQuery(FieldsQuery):
    fields: Fields | None = None


Sort = Annotated[
    Literal["name", "-name", "created_at", "-created_at", "updated_at", "-updated_at"],
    Field(description="By `name` where it is not given; `-` in front turns the order round."),
]


class ClientQuery(ListQuery):
    q: Annotated[SearchWords, Field(examples=["bappenas"])] | None = None
    scope: Annotated[ScopeName, Field(description="That may have this scope.", examples=["changes:read"])] | None = None
    status: (
        Annotated[Literal["live", "revoked"], Field(description="Those that may ask for tokens, or no longer.")] | None
    ) = None
    sort: Sort | None = None
    fields: Fields | None = None

    @property
    def order(self) -> str | None:
        return self.sort
