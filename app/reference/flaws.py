"""What is wrong with a data set, said so that its author finds the cell."""

from dataclasses import dataclass

MOST = 20  # more at once would only be scrolled past


@dataclass(frozen=True)
class Flaw:
    """One fault. `line` is the physical line on which the row starts; empty: the file as a whole."""

    file: str
    line: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        return ": ".join(str(part) for part in (self.file, self.line, self.column, self.reason) if part is not None)


class DatasetError(Exception):
    """A data set that is not loaded, nothing of it, and at most the first `MOST` of its flaws."""

    def __init__(self, flaws: list[Flaw]) -> None:
        self.flaws = flaws[:MOST]
        super().__init__("\n".join(map(str, self.flaws)))


def shown(value: object) -> str:
    """A value for a message: in quotes, control characters and stray bytes escaped, and not too long."""
    text = str(value)
    return repr(text if len(text) <= 60 else text[:59] + "…")
