"""Texts in Indonesian and English, and the choice between them (RFC 9110, section 12.5.4)."""

from typing import Literal, NamedTuple

Language = Literal["id", "en"]


class Text(NamedTuple):
    """A text in both languages."""

    id: str
    en: str

    def in_language(self, language: Language) -> str:
        """Return the text in one language."""
        return self.en if language == "en" else self.id


def preferred_language(accept_language: str) -> Language:
    """Return the language that an Accept-Language header prefers; Indonesian if it prefers neither to the other."""
    weights: dict[str, float] = {}
    for entry in accept_language.lower().split(","):
        tag, _, parameters = entry.partition(";")
        name, _, quality = parameters.strip().partition("=")
        language = tag.strip().partition("-")[0]
        weight = _parse_quality(quality) if name.strip() == "q" else 1.0
        weights[language] = max(weight, weights.get(language, 0.0))
    anything = weights.get("*", 0.0)
    return "en" if weights.get("en", anything) > weights.get("id", anything) else "id"


def _parse_quality(quality: str) -> float:
    """Return the weight `q` of a language in Accept-Language as a number; 0 if it is not a number."""
    try:
        return float(quality)
    except ValueError:
        return 0.0
