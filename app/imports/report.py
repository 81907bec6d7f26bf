"""What became of the rows of a file: how many, and of which of them there is something to say."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from app.core.languages import Language
from app.core.problems import ErrorDetail
from app.imports.row_schema import Importable
from app.imports.schemas import MAX_REPORTED_ROWS, RowStatus

MAX_AUDIT_KEYS = 100  # that the audit trail names


@dataclass(slots=True)
class RowReport:
    """What became of a row. `errors`: why it is refused."""

    line: int
    status: RowStatus
    key: str | None
    errors: tuple[ErrorDetail, ...] = ()

    def to_document(self, language: Language) -> dict[str, Any]:
        errors = [error.document(language) for error in self.errors]
        return {"line": self.line, "status": self.status, "key": self.key, "errors": errors}


@dataclass(frozen=True)
class ImportOptions:
    """What is asked for."""

    importable: Importable
    dry_run: bool = False
    partial: bool = False


@dataclass
class ImportReport:
    """What became of all rows. Of long files it holds the refused rows alone, and of those the first."""

    options: ImportOptions
    counts: dict[RowStatus, int] = field(
        default_factory=lambda: {"created": 0, "updated": 0, "unchanged": 0, "refused": 0, "not_attempted": 0}
    )
    audit_keys: list[str] = field(default_factory=list)
    _first_rows: list[RowReport] = field(default_factory=list)
    _refused_rows: list[RowReport] = field(default_factory=list)
    _documents: dict[Language, dict[str, Any]] = field(default_factory=dict)

    @property
    def row_count(self) -> int:
        return sum(self.counts.values())

    @property
    def changed_count(self) -> int:
        return self.counts["created"] + self.counts["updated"]

    @property
    def is_refused(self) -> bool:
        """Whether nothing is kept because of a row."""
        return self.counts["refused"] > 0 and not self.options.partial

    @property
    def is_final(self) -> bool:
        """Whether the same request, sent again, is answered with this: also where the record said all of it already."""
        return not self.options.dry_run and not self.is_refused

    @property
    def is_applied(self) -> bool:
        """Whether anything was kept."""
        return self.is_final and self.changed_count > 0

    @property
    def is_full(self) -> bool:
        """Whether no more refused rows can be told of."""
        return len(self._refused_rows) >= MAX_REPORTED_ROWS

    def add(self, verdict: RowReport, name: str | None = None) -> None:
        self.counts[verdict.status] += 1
        if len(self._first_rows) <= MAX_REPORTED_ROWS:
            self._first_rows.append(verdict)
        if verdict.status == "refused" and not self.is_full:
            self._refused_rows.append(verdict)
        self._add_audit_key(verdict, name)

    def mark_written(self, verdict: RowReport, status: RowStatus, name: str, key: str) -> None:
        """What was refused before was brought in after all."""
        self.counts["refused"] -= 1
        self.counts[status] += 1
        verdict.status, verdict.errors, verdict.key = status, (), key
        self._add_audit_key(verdict, name)

    def _add_audit_key(self, verdict: RowReport, name: str | None) -> None:
        if name and verdict.status in ("created", "updated") and len(self.audit_keys) < MAX_AUDIT_KEYS:
            self.audit_keys.append(name)

    def list_rows(self) -> list[RowReport]:
        shown = (
            self._first_rows
            if self.row_count <= MAX_REPORTED_ROWS
            else [one for one in self._refused_rows if one.status == "refused"]
        )
        return sorted(shown, key=lambda verdict: verdict.line)

    def to_document(self, language: Language) -> dict[str, Any]:
        """Made once: of 1,000 rows with 100 errors each it takes a while."""
        if language not in self._documents:
            self._documents[language] = self._build_document(language)
        return self._documents[language]

    def _build_document(self, language: Language) -> dict[str, Any]:
        return {
            "resource": self.options.importable.resource.name,
            "dry_run": self.options.dry_run,
            "partial": self.options.partial,
            "applied": self.is_applied,
            **{str(status): count for status, count in self.counts.items()},
            "rows": [verdict.to_document(language) for verdict in self.list_rows()],
        }

    def to_json(self, language: Language) -> bytes:
        return orjson.dumps(self.to_document(language))
