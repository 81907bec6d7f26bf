"""Regular expressions of texts, each with words that describe the allowed form to people."""

from app.core.languages import Text

PATTERN_FORMS: dict[str, Text] = {}
"""The words for each registered pattern. They complete the sentence "Must be …" and end with an example."""


def register_pattern(pattern: str, form: Text) -> str:
    """Register a pattern's description, which error messages show instead of the pattern; return the pattern.

    Args:
        pattern: Regular expression for `pattern=` of a parameter or member.
        form: Words that complete the sentence "Must be …" and end with an example of a valid text.
    """
    PATTERN_FORMS[pattern] = form
    return pattern


UUID_PATTERN = register_pattern(
    "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    Text(
        "UUID, misalnya 01a20c10-0ad9-7584-8953-0eb59d6a8d90",
        "a UUID, for example 01a20c10-0ad9-7584-8953-0eb59d6a8d90",
    ),
)
SLUG_PATTERN = register_pattern(
    "^[a-z0-9]+(-[a-z0-9]+)*$",
    Text(
        "huruf kecil dan angka, dengan satu tanda hubung di antara bagian-bagiannya, misalnya pemilu-2024",
        "lowercase letters and digits, with single hyphens between its parts, for example pemilu-2024",
    ),
)
PARTIAL_DATE_PATTERN = register_pattern(
    "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$",
    Text(
        "tanggal, bulan atau tahun: YYYY-MM-DD, YYYY-MM atau YYYY, misalnya 2022-04-12",
        "a day, a month or a year: YYYY-MM-DD, YYYY-MM or YYYY, for example 2022-04-12",
    ),
)
SHA256_PATTERN = register_pattern(
    "^[0-9a-f]{64}$",
    Text(
        f"64 angka heksadesimal dengan huruf kecil, misalnya {'0123456789abcdef' * 4}",
        f"64 hexadecimal digits in lowercase, for example {'0123456789abcdef' * 4}",
    ),
)
