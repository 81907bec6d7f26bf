"""Response schemas of exported rolls."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.core.datetimes import WrittenInstant
from app.references import CodeReference


class RollDigest(BaseModel):
    """The digest of a roll that this service has issued."""

    digest: Annotated[str, Field(description="SHA-256 of the roll as `text/csv`, in hexadecimal.")]
    meeting: CodeReference
    lines: Annotated[int, Field(description="The number of people on it.")]
    issued_at: Annotated[WrittenInstant, Field(description="The instant at which it was first issued.")]
    roll_closed_at: WrittenInstant | None
