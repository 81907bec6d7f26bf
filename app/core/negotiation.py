"""Which media type an answer has: what Accept allows (RFC 9110, section 12.5.1), or 406."""

from collections.abc import Callable

from fastapi import Request

from app.core.problems import NotAcceptable


def produces(media_type: str) -> Callable[[Request], None]:
    """A dependency that refuses callers who do not take `media_type`."""

    async def negotiate(request: Request) -> None:
        if not accepts(request.headers.getlist("accept"), media_type):
            raise NotAcceptable

    return negotiate  # type: ignore[return-value]


def accepts(values: list[str], media_type: str) -> bool:
    """Whether Accept admits the type: the most specific range that matches decides, and `q=0` refuses."""
    if not any(value.strip() for value in values):
        return True
    kind = media_type.partition("/")[0]
    weights: dict[str, float] = {}
    for entry in ",".join(values).lower().split(","):
        media_range, *parameters = (part.strip() for part in entry.split(";"))
        weights[media_range] = max(weights.get(media_range, 0.0), _quality(parameters))
    for media_range in (media_type, f"{kind}/*", "*/*"):
        if media_range in weights:
            return weights[media_range] > 0
    return False


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
