"""A name has a visible character: compared with the tables of Unicode, code point by code point."""

import re
import sys
import time
import unicodedata

import jsonschema_rs
from pydantic import TypeAdapter, ValidationError

from app.core.http.body_types import LINE_SCHEMA_PATTERN, SINGLE_LINE_PATTERN, Name

OTHER_INVISIBLE = {
    *(0x2800, 0x2D7F, 0x1107F, 0x13441, 0x13442, 0x16FE4, 0x1BC9D, 0x1D159),
    *range(0xFFF9, 0xFFFC),
    *range(0x13430, 0x13440),
}
# Gap fillers have ink, and so have the signs around numbers that Unicode counts as format characters.
VISIBLE_ALTHOUGH_NAMED_SO = [
    *(*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x2422, 0xA8F9, 0x10AF6, 0x110BD, 0x110CD),
    *(0x1144E, 0x11945, 0x11C44, 0x11C45),
]


NAME = TypeAdapter(Name)


def is_name(text: str) -> bool:
    try:
        NAME.validate_python(text)
    except ValidationError:
        return False
    return True


def test_name_has_a_visible_character() -> None:
    """Each code point of Unicode alone, after a space-like one, and beside a visible one."""
    ignorable = jsonschema_rs.Draft202012Validator({"pattern": r"^\p{Default_Ignorable_Code_Point}$"})
    matches = re.compile(SINGLE_LINE_PATTERN.removesuffix("$")).fullmatch
    ignorable_count = 0
    for number in (*range(0xD800), *range(0xE000, sys.maxunicode + 1)):
        char = chr(number)
        is_ignorable = ignorable.is_valid(char)
        ignorable_count += is_ignorable
        category = unicodedata.category(char)
        is_invisible = is_ignorable or category in ("Cc", "Zs", "Zl", "Zp") or number in OTHER_INVISIBLE
        assert (matches(char) is None) == is_invisible, hex(number)
        if is_invisible and category not in ("Cc", "Zs", "Zl", "Zp") and char != "\ufeff":
            assert matches(f"\u200b \u2800{char}") is None, hex(number)
            assert matches(f"{char}a{char}"), hex(number)
    assert ignorable_count == 4174  # as DerivedCoreProperties.txt says


def test_contract_allows_every_text_that_is_accepted() -> None:
    """The pattern of the contract, as ECMAScript reads it with or without the flag `u`, is a simpler one."""
    allows = jsonschema_rs.Draft202012Validator({"pattern": LINE_SCHEMA_PATTERN}).is_valid
    matches = re.compile(SINGLE_LINE_PATTERN.removesuffix("$")).fullmatch
    assert LINE_SCHEMA_PATTERN.isascii()
    for number in (*range(0xD800), *range(0xE000, sys.maxunicode + 1)):
        char = chr(number)
        for text in (char, f"{char}a", f"a{char}", f"a{char}a"):
            assert allows(text) or not matches(text), hex(number)
    assert not any(allows(text) for text in ("", " a", "a ", "a\nb", "\t", "a\u0000"))


def test_characters_that_are_named_as_invisible_are_refused() -> None:
    words = re.compile(r"\b(BLANK|FILLER|INVISIBLE|ZERO WIDTH|NULL NOTEHEAD|SELECTOR|JOINER)\b")
    accepted = []
    for number in (*range(0xD800), *range(0xE000, sys.maxunicode + 1)):
        is_named_so = words.search(unicodedata.name(chr(number), ""))
        if (is_named_so or unicodedata.category(chr(number)) == "Cf") and is_name(chr(number)):
            accepted.append(number)
    assert accepted == VISIBLE_ALTHOUGH_NAMED_SO


def test_long_text_is_read_once() -> None:
    for text in ("\u200b" * 100_000, "\u200b " * 50_000 + "a ", "a\u200b" * 50_000 + " "):
        started = time.process_time()
        assert not is_name(text)
        assert time.process_time() - started < 0.5
