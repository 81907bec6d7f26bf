"""The fonts of the PDFs: Source Sans, embedded, so that a page looks the same on every machine.

It covers Latin with all diacritics, Greek and Cyrillic. Other characters are drawn as a box, so that a line to sign
on remains.
"""

import functools
import unicodedata
from collections.abc import Iterator

import font_source_sans_pro as files
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

MISSING_GLYPH = "\N{BALLOT BOX}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


class Face:
    """One weight of the font: its glyphs and their widths. Sizes and widths are in points."""

    def __init__(self, name: str) -> None:
        self.name = name
        font = TTFont(name, files.font_files_ttf[name], shapable=False)
        pdfmetrics.registerFont(font)
        self._glyphs = font.face.charToGlyph
        self._widths: dict[int, float] = font.face.charWidths
        self._default: float = font.face.defaultWidth

    def to_drawable(self, text: str) -> str:
        """Return the text as the font can draw it: one line, no format characters, a box for each missing glyph.

        Format characters are those of Unicode category Cf, such as marks of text direction and soft hyphens.
        """
        characters = (c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf")
        return "".join(c if ord(c) in self._glyphs else MISSING_GLYPH for c in " ".join("".join(characters).split()))

    def measure(self, text: str, size: float) -> float:
        """Return the width of the text in points at this font size."""
        return sum(self._widths.get(ord(c), self._default) for c in text) * size / 1000

    def wrap(self, text: str, width: float, size: float, max_lines: int = 12) -> list[str]:
        """Split the text into lines no wider than `width`; cut it off with an ellipsis after `max_lines` lines.

        If there are more than `max_lines`, the last of them ends with an ellipsis.
        """
        lines = [""]
        for word in self.to_drawable(text).split(" "):
            longer = f"{lines[-1]} {word}" if lines[-1] else word
            if self.measure(longer, size) <= width:
                lines[-1] = longer
            else:
                lines += self._break_word(word, width, size)
        lines = [line for line in lines if line]
        if len(lines) > max_lines:
            lines = [*lines[: max_lines - 1], self.truncate(f"{lines[max_lines - 1]} {ELLIPSIS}", width, size)]
        return lines

    def truncate(self, text: str, width: float, size: float) -> str:
        """Return the text, cut off with an ellipsis if it is wider than `width` points at this font size."""
        text = self.to_drawable(text)
        if self.measure(text, size) <= width:
            return text
        while text and self.measure(f"{text}{ELLIPSIS}", size) > width:
            text = text[:-1]
        return f"{text.rstrip()}{ELLIPSIS}"

    def _break_word(self, word: str, width: float, size: float) -> Iterator[str]:
        """Yield the pieces of a word, each with as many characters as fit into `width` points."""
        piece = ""
        for c in word:
            if piece and self.measure(piece + c, size) > width:
                yield piece
                piece = ""
            piece += c
        yield piece


@functools.cache
def regular_face() -> Face:
    """Return the regular font face, loaded at the first call."""
    return Face("SourceSansPro")


@functools.cache
def bold_face() -> Face:
    """Return the bold font face, loaded at the first call."""
    return Face("SourceSansProBold")
