"""Content negotiation: choose the media type that Accept prefers (RFC 9110, section 12.5.1), or answer 406."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from fastapi import Request

from app.core.problems import NotAcceptable


def negotiate_media_type(*media_types: str) -> Callable[[Request], Awaitable[str]]:
    """Return a FastAPI dependency that chooses the best of these media types for Accept, or raises NotAcceptable.

    Of types that Accept prefers equally, it returns the first one.
    """

    async def choose(request: Request) -> str:
        accept = request.headers.getlist("accept")
        ratings = {media_type: rate_media_type(accept, media_type) for media_type in media_types}
        best = max(media_types, key=ratings.__getitem__)
        if ratings[best].quality == 0:
            raise NotAcceptable
        return best

    return choose


class Preference(NamedTuple):
    """The rating of a media type by Accept; tuples compare in order of preference.

    Attributes:
        quality: The `q` of the matching range, 0 to 1; 0: refused.
        specificity: 2 if the range names the type, 1 for `type/*`, 0 for `*/*`.
    """

    quality: float
    specificity: int


def rate_media_type(accept: list[str], media_type: str) -> Preference:
    """Return how an Accept header rates a media type, by the most specific range that matches; 0 if none does."""
    if not any(value.strip() for value in accept):
        return Preference(1.0, 0)
    kind = media_type.partition("/")[0]
    weights: dict[str, float] = {}
    for entry in ",".join(accept).lower().split(","):
        media_range, *parameters = (part.strip() for part in entry.split(";"))
        weights[media_range] = max(weights.get(media_range, 0.0), _parse_quality(parameters))
    for exactness, media_range in ((2, media_type), (1, f"{kind}/*"), (0, "*/*")):
        if media_range in weights:
            return Preference(weights[media_range], exactness)
    return Preference(0.0, 0)


def _parse_quality(parameters: list[str]) -> float:
    """Return the weight `q` among the parameters of a media range: 1 if absent, 0 if it is not a number."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
