"""Response bodies of badges and their keys."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.datetimes import WrittenInstant
from app.core.http.parameters import Code, EmptyQuery


class BadgeKey(BaseModel):
    """The public key of a meeting's badges, as a JWK (RFC 7517, RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: Annotated[str, Field(description="The key's thumbprint (RFC 7638), which the header of each token names.")]
    use: Literal["sig"]
    alg: Literal["EdDSA"]


class Badge(BaseModel):
    """The badge of a participant."""

    id: UUID
    participant: UUID
    token: Annotated[
        str,
        Field(
            description="The text of the QR code: a JWS (RFC 7515) over `aud`, the meeting, and `jti`, the badge's id "
            "in base64url. It contains no personal data."
        ),
    ]
    issued_at: WrittenInstant


class Badges(BaseModel):
    """The badges of all participants, or of those of one organization."""

    items: list[Badge]


class BadgesQuery(EmptyQuery):
    """Query parameters of the badges of a meeting."""

    organization: (
        Annotated[Code, Field(description="Code of an organization: only its badges.", examples=["kpu-31"])] | None
    ) = None
