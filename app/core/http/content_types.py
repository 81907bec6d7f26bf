"""The header Content-Type of a request: its media type and charset."""

from typing import NamedTuple

# US-ASCII is a subset of UTF-8, and `utf8` is how many programs write its name.
UTF_8_NAMES = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


class ContentType(NamedTuple):
    """A media type in lower case, and whether its charset, if it names one, can be read as UTF-8."""

    media_type: str
    is_utf_8: bool


def parse_content_type(header: str) -> ContentType:
    """Parse the value of Content-Type (RFC 9110, section 8.3); parameters other than `charset` are ignored."""
    media_type, *parameters = (part.strip().lower() for part in header.split(";"))
    pairs = [parameter.partition("=") for parameter in parameters if parameter]
    charsets = {value.strip(' "') for name, _, value in pairs if name.strip() == "charset"}
    return ContentType(media_type, charsets <= UTF_8_NAMES)
