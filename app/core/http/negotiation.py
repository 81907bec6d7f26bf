"""Which media type an answer has: what Accept allows (RFC 9110, section 12.5.1), or 406."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from fastapi import Request

from app.core.problems import NotAcceptable


def negotiates(*media_types: str) -> Callable[[Request], Awaitable[str]]:
    """A dependency: the type that the caller likes best, the first of equals; NotAcceptable if none will do."""

    async def negotiate(request: Request) -> str:
        liking = {
            media_type: rate_media_type(request.headers.getlist("accept"), media_type) for media_type in media_types
        }
        best = max(media_types, key=liking.__getitem__)
        if liking[best].quality == 0:
            raise NotAcceptable
        return best

    return negotiate


class Preference(NamedTuple):
    """How much Accept likes a type, and of equals, how exactly it names it (2: as such, 0: as one of all)."""

    quality: float
    specificity: int


def rate_media_type(values: list[str], media_type: str) -> Preference:
    """The most specific range that matches decides, and `q=0` refuses."""
    if not any(value.strip() for value in values):
        return Preference(1.0, 0)
    kind = media_type.partition("/")[0]
    weights: dict[str, float] = {}
    for entry in ",".join(values).lower().split(","):
        media_range, *parameters = (part.strip() for part in entry.split(";"))
        weights[media_range] = max(weights.get(media_range, 0.0), _parse_quality(parameters))
    for exactness, media_range in ((2, media_type), (1, f"{kind}/*"), (0, "*/*")):
        if media_range in weights:
            return Preference(weights[media_range], exactness)
    return Preference(0.0, 0)


def _parse_quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
