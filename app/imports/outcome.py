"""What became of the rows of a file: how many, and of which of them there is something to say."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from app.core.languages import Language
from app.core.problems import Invalid
from app.imports.payloads import Importable
from app.imports.schemas import MOST_ROWS, Status

MOST_KEYS = 100  # that the audit trail names


@dataclass(slots=True)
class Verdict:
    """What became of a row. `errors`: why it is refused."""

    line: int
    status: Status
    key: str | None
    errors: tuple[Invalid, ...] = ()

    def document(self, language: Language) -> dict[str, Any]:
        errors = [error.document(language) for error in self.errors]
        return {"line": self.line, "status": self.status, "key": self.key, "errors": errors}


@dataclass(frozen=True)
class Order:
    """What is asked for."""

    importable: Importable
    dry_run: bool = False
    partial: bool = False


@dataclass
class Outcome:
    """What became of all rows. Of long files it holds the refused rows alone, and of those the first."""

    order: Order
    counts: dict[Status, int] = field(
        default_factory=lambda: {"created": 0, "updated": 0, "unchanged": 0, "refused": 0, "not_tried": 0}
    )
    keys: list[str] = field(default_factory=list)
    _first: list[Verdict] = field(default_factory=list)
    _refused: list[Verdict] = field(default_factory=list)
    _documents: dict[Language, dict[str, Any]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def touched(self) -> int:
        return self.counts["created"] + self.counts["updated"]

    @property
    def is_refused(self) -> bool:
        """Whether nothing is kept because of a row."""
        return self.counts["refused"] > 0 and not self.order.partial

    @property
    def is_final(self) -> bool:
        """Whether the same request, sent again, is answered with this: also where the record said all of it already."""
        return not self.order.dry_run and not self.is_refused

    @property
    def is_applied(self) -> bool:
        """Whether anything was kept."""
        return self.is_final and self.touched > 0

    @property
    def is_full(self) -> bool:
        """Whether no more refused rows can be told of."""
        return len(self._refused) >= MOST_ROWS

    def add(self, verdict: Verdict, name: str | None = None) -> None:
        self.counts[verdict.status] += 1
        if len(self._first) <= MOST_ROWS:
            self._first.append(verdict)
        if verdict.status == "refused" and not self.is_full:
            self._refused.append(verdict)
        self._touch(verdict, name)

    def mend(self, verdict: Verdict, status: Status, name: str, key: str) -> None:
        """What was refused before was brought in after all."""
        self.counts["refused"] -= 1
        self.counts[status] += 1
        verdict.status, verdict.errors, verdict.key = status, (), key
        self._touch(verdict, name)

    def _touch(self, verdict: Verdict, name: str | None) -> None:
        if name and verdict.status in ("created", "updated") and len(self.keys) < MOST_KEYS:
            self.keys.append(name)

    def rows(self) -> list[Verdict]:
        shown = self._first if self.total <= MOST_ROWS else [one for one in self._refused if one.status == "refused"]
        return sorted(shown, key=lambda verdict: verdict.line)

    def document(self, language: Language) -> dict[str, Any]:
        """Made once: of 1,000 rows with 100 errors each it takes a while."""
        if language not in self._documents:
            self._documents[language] = self._document(language)
        return self._documents[language]

    def _document(self, language: Language) -> dict[str, Any]:
        return {
            "resource": self.order.importable.resource.name,
            "dry_run": self.order.dry_run,
            "partial": self.order.partial,
            "applied": self.is_applied,
            **{str(status): count for status, count in self.counts.items()},
            "rows": [verdict.document(language) for verdict in self.rows()],
        }

    def encoded(self, language: Language) -> bytes:
        return orjson.dumps(self.document(language))
