"""Columns of a table, and the conversion of their cells to the values of members."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cached_property
from typing import Any

import orjson

from app.core.http import bodies
from app.core.http.validation import json_pointer
from app.core.languages import Text
from app.core.patterns import PARTIAL_DATE_PATTERN, SLUG_PATTERN
from app.core.problems import ErrorDetail, InvalidContent, Malformed
from app.imports import cell_messages as messages
from app.imports.dates import AMBIGUOUS_DATE, DATE_FORMS, read_date
from app.imports.words import find_boolean, find_value

Cell = str | bool | int | float | date | datetime | time | None
"""A cell: text, or in a workbook also a boolean, a number, a date or a time; None or "" is empty."""
INTEGER_PATTERN = re.compile(r"-?(0|[1-9][0-9]{0,17})")
# Blanks at the ends of a cell, also those without width and the line breaks of a cell with several lines.
PADDING = " \t\r\n\v\f\u00a0\u1680\u2007\u2009\u200a\u200b\u202f\u2060\u3000\ufeff"
ORDINARY_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u2007\u202f", " ") | dict.fromkeys("\u200b\u2060\ufeff", ""))
TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')  # by which programs keep a number as text: ="06"
TEXT_PREFIX = re.compile(r"'(?=[0-9=+@-])")  # by which people do
SPREADSHEET_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|NAMA\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|#+)")
ROUNDED_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?[Ee][+-]?[0-9]+")
SHORTENED_NUMBER = re.compile(r"[0-9]+([.,][0-9]+)?")
TIME_OF_DAY = re.compile(r"([0-9]{1,2})[.:]([0-9]{2})([.:]00)?")
REGION_CODE_WITHOUT_ZEROS = re.compile(r"[0-9]|[0-9]{1,2}[.,][0-9]|[0-9][.,][0-9]{2}")
COMMA_SEPARATED = "comma_separated"
"""Key of the JSON schema of a list whose cell may have commas between its items, although they may be names."""
LIST_SEPARATOR, SLUG_SEPARATOR = re.compile(r"[;\n]"), re.compile(r"[;,\n]")


def clean_text(cell: str) -> str:
    """Return the text of a cell without padding, marks of text, and blanks of unusual kinds."""
    text = cell.strip(PADDING).translate(ORDINARY_BLANKS)
    if formula := TEXT_FORMULA.fullmatch(text):
        text = formula[1].replace('""', '"').strip(PADDING)
    return TEXT_PREFIX.sub("", text, count=1) if TEXT_PREFIX.match(text) else text


def is_empty(cell: Cell) -> bool:
    """Return whether a cell contains nothing that can be seen."""
    return cell is None or (isinstance(cell, str) and not cell.strip(PADDING))


@dataclass(frozen=True)
class Column:
    """A column of a table, which contains a member. Its kind follows from the JSON schema of the member."""

    name: str
    """The name of the member."""
    options: Sequence[Mapping[str, Any]]
    """The JSON schemas of the values that the member may have."""
    day_first: bool = False
    """Dates in numbers have the day first, also those that could have the month first."""

    @classmethod
    def from_schema(cls, name: str, schema: Mapping[str, Any]) -> "Column":
        """Build the column of a member from its JSON schema."""
        return cls(name, schema.get("anyOf") or [schema])

    @cached_property
    def is_nullable(self) -> bool:
        """Return whether the member may be null, so that an empty cell means null."""
        return any(option.get("type") == "null" for option in self.options)

    @cached_property
    def kind(self) -> str:
        """The kind of the values: a type or format of JSON Schema, or word, partial-date, time or text."""
        option = next(option for option in self.options if option.get("type") != "null")
        pattern = option.get("pattern")
        if "enum" in option or "const" in option:
            return "word"
        if pattern == PARTIAL_DATE_PATTERN:
            return "partial-date"
        if pattern and re.search(pattern, "03:00") and not re.search(pattern, "a"):
            return "time"
        kind = option.get("format") or option.get("type") or "object"
        return kind if kind in ("date", "date-time", "array", "object", "integer", "boolean") else "text"

    def parse(self, cell: Cell) -> Any:
        """Convert a cell that is not empty to the value of the member, or to a text that its validation refuses.

        Raises:
            InvalidContent: The cell contains what the member cannot be, with the reason in words.
        """
        return self._parse_text(clean_text(cell)) if isinstance(cell, str) else self._convert(cell)

    def _parse_text(self, text: str) -> Any:
        """Convert the text of a cell."""
        if SPREADSHEET_ERROR.fullmatch(text):
            raise self._error("spreadsheet_error", messages.SPREADSHEET_ERROR)
        if text.startswith("="):
            raise self._error("formula", messages.FORMULA)
        if self.kind in ("date", "partial-date"):
            return self._parse_date(text)
        if self.kind == "integer" and INTEGER_PATTERN.fullmatch(text):
            return int(text)
        if self.kind == "boolean":
            value = find_boolean(text)
            return text if value is None else value
        if self.kind == "word":
            allowed = next(option.get("enum") or [option.get("const")] for option in self.options if len(option) > 1)
            return find_value(text, allowed)
        if self.kind == "time" and (found := TIME_OF_DAY.fullmatch(text)):
            return f"{int(found[1]):02}:{found[2]}"
        if self.kind in ("array", "object"):
            return self._parse_list(text)
        if ROUNDED_NUMBER.fullmatch(text):
            raise self._error("rounded_number", messages.ROUNDED_NUMBER)
        if self.name == "region" and REGION_CODE_WITHOUT_ZEROS.fullmatch(text):
            raise self._error("lost_zeros", messages.LOST_ZEROS)
        return text

    def _convert(self, cell: Cell) -> Any:
        """Convert a boolean, number, date or time of a workbook."""
        if isinstance(cell, bool) and self.kind == "boolean":
            return cell
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return self._convert_number(cell)
        if isinstance(cell, datetime) and self.kind in ("date", "partial-date") and cell.time() == time():
            return cell.date().isoformat()
        if isinstance(cell, date) and not isinstance(cell, datetime) and self.kind in ("date", "partial-date"):
            return cell.isoformat()
        if isinstance(cell, time) and self.kind == "time":
            return cell.strftime("%H:%M")
        if self.kind == "date-time" and isinstance(cell, datetime):
            raise self._error("not_an_instant", messages.NO_TIME_ZONE)
        raise self._error("wrong_cell_type", messages.WRONG_CELL_TYPE)

    def _convert_number(self, cell: float) -> Any:
        """Convert a number of a workbook; a text column refuses it, because zeros at its ends may be lost."""
        number = int(cell) if cell == cell // 1 and abs(cell) < 2**53 else cell
        if self.kind == "integer":
            return number
        if self.kind == "boolean" and number in (0, 1):
            return number == 1
        if self.kind == "partial-date" and isinstance(number, int) and 1900 <= number <= 2199:
            return str(number)
        if self.kind in ("date", "partial-date"):
            raise self._error("not_a_date", DATE_FORMS)
        if self.kind in ("text", "array", "time", "date-time"):
            raise self._error("number_in_text_column", messages.NUMBER_IN_TEXT_COLUMN)
        raise self._error("wrong_cell_type", messages.WRONG_CELL_TYPE)

    def _parse_date(self, text: str) -> str:
        """Convert a date to YYYY-MM-DD, or also a month or a year if the member may have them."""
        written = read_date(text, day_first=self.day_first, partial=self.kind == "partial-date")
        if written is None:
            raise self._error("not_a_date", DATE_FORMS)
        if written.is_ambiguous:
            raise self._error("ambiguous_date", AMBIGUOUS_DATE)
        return written.iso

    def _parse_list(self, text: str) -> Any:
        """Convert JSON, or texts with semicolons between them; codes may have commas."""
        option = next(option for option in self.options if option.get("type") != "null")
        items = option.get("items", {})
        if items.get("type") != "string" or text.startswith("["):
            return self._parse_json(text)
        has_commas = items.get("pattern") == SLUG_PATTERN or option.get(COMMA_SEPARATED)
        separator = SLUG_SEPARATOR if has_commas else LIST_SEPARATOR
        return [item for item in map(clean_text, separator.split(text)) if item]

    def _parse_json(self, cell: str) -> Any:
        """Parse a cell as JSON with the strict parser of request bodies; InvalidContent if it is malformed."""
        json = cell.encode(errors="replace")
        try:
            orjson.loads(json)  # checked alone first, because a brace could end the object built below
            return bodies.parse_object(b"{%b:%b}" % (orjson.dumps(self.name), json))[self.name]
        except (orjson.JSONDecodeError, Malformed, InvalidContent) as error:
            pointer = json_pointer([self.name])
            errors = getattr(error, "errors", ()) or [ErrorDetail("not_json", messages.NOT_JSON)]
            raise InvalidContent(*(replace(detail, pointer=detail.pointer or pointer) for detail in errors)) from None

    def _error(self, code: str, message: Text) -> InvalidContent:
        """Build (not raise) the problem for a cell of this column."""
        return InvalidContent(ErrorDetail(code, message, pointer=json_pointer([self.name])))

    def explain(self, error: ErrorDetail, cell: Cell) -> ErrorDetail:
        """Return a more helpful error if the value of a text column looks like a number without its zeros."""
        is_shortened = isinstance(cell, str) and SHORTENED_NUMBER.fullmatch(clean_text(cell))
        if self.kind == "text" and error.code == "wrong_form" and is_shortened:
            text = messages.LOST_ZEROS
            return replace(
                error,
                code="lost_zeros",
                detail=Text(f"{error.detail.id} {text.id}", f"{error.detail.en} {text.en}"),
            )
        return error
