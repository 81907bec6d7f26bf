"""Errors in a data set, with the file, line and column of each."""

from dataclasses import dataclass

MAX_REPORTED_ERRORS = 20  # more at once would scroll off the screen


@dataclass(frozen=True)
class RowError:
    """One error in a data file.

    `line` is the physical line on which the row starts; None if the error concerns the whole file. `column` is None if
    it concerns the whole row.
    """

    file: str
    line: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        return ": ".join(str(part) for part in (self.file, self.line, self.column, self.reason) if part is not None)


class DatasetError(Exception):
    """A data set was rejected as a whole. Holds at most the first `MAX_REPORTED_ERRORS` of its errors."""

    def __init__(self, errors: list[RowError]) -> None:
        self.errors = errors[:MAX_REPORTED_ERRORS]
        super().__init__("\n".join(map(str, self.errors)))


def quote_value(value: object) -> str:
    """Return a value for an error message: quoted, escaped (control characters, stray bytes), 60 characters at most."""
    text = str(value)
    return repr(text if len(text) <= 60 else text[:59] + "…")
