"""The letters of a PDF: Source Sans, embedded, so that a page looks the same on every machine.

It has Latin with all its diacritics, Greek and Cyrillic. What it lacks becomes a box: a name that cannot be drawn is
still a line to sign on.
"""

import functools
import unicodedata
from collections.abc import Iterator

import font_source_sans_pro as files
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

BOX = "\N{BALLOT BOX}"
MORE = "\N{HORIZONTAL ELLIPSIS}"


class Face:
    """One weight: what it can draw, and how wide that is."""

    def __init__(self, name: str) -> None:
        self.name = name
        font = TTFont(name, files.font_files_ttf[name], shapable=False)
        pdfmetrics.registerFont(font)
        self._glyphs = font.face.charToGlyph
        self._widths: dict[int, float] = font.face.charWidths
        self._default: float = font.face.defaultWidth

    def visible(self, text: str) -> str:
        """On one line, without marks that only steer, and a box for each character that this face does not have."""
        kept = (c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf")
        return "".join(c if ord(c) in self._glyphs else BOX for c in " ".join("".join(kept).split()))

    def width(self, text: str, size: float) -> float:
        return sum(self._widths.get(ord(c), self._default) for c in text) * size / 1000

    def wrap(self, text: str, width: float, size: float, most: int = 12) -> list[str]:
        """In lines that fit; a word is broken only where it is too long for a line of its own."""
        lines = [""]
        for word in self.visible(text).split(" "):
            longer = f"{lines[-1]} {word}" if lines[-1] else word
            if self.width(longer, size) <= width:
                lines[-1] = longer
            else:
                lines += self._broken(word, width, size)
        lines = [line for line in lines if line]
        if len(lines) > most:
            lines = [*lines[: most - 1], self.cut(f"{lines[most - 1]} {MORE}", width, size)]
        return lines

    def cut(self, text: str, width: float, size: float) -> str:
        """As much as fits, with an ellipsis where something is missing."""
        text = self.visible(text)
        if self.width(text, size) <= width:
            return text
        while text and self.width(f"{text}{MORE}", size) > width:
            text = text[:-1]
        return f"{text.rstrip()}{MORE}"

    def _broken(self, word: str, width: float, size: float) -> Iterator[str]:
        piece = ""
        for c in word:
            if piece and self.width(piece + c, size) > width:
                yield piece
                piece = ""
            piece += c
        yield piece


@functools.cache
def plain() -> Face:
    return Face("SourceSansPro")


@functools.cache
def bold() -> Face:
    return Face("SourceSansProBold")
