"""Report of an import: the number of rows by status, and the results of the first or the refused rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.core.languages import Language
from app.core.problems import ErrorDetail
from app.imports.row_schema import Importable
from app.imports.schemas import MAX_REPORTED_ROWS, RowStatus

MAX_REFUSED_ROWS = 10_000  # with the results of all rows
MAX_AUDIT_KEYS = 100  # keys that the audit line of an import lists


@dataclass(slots=True)
class RowReport:
    """Result of a row."""

    line: int
    """Line of the file on which the row begins, from 1."""
    status: RowStatus
    key: str | None
    """Key of the object; None if it is not known."""
    errors: tuple[ErrorDetail, ...] = ()
    """Reasons why the row was refused."""
    changed: Sequence[str] = ()
    """The members that an update changes."""

    def to_document(self, language: Language, headings: Mapping[str, str]) -> dict[str, Any]:
        """Build the JSON members of a row's result, with its errors in this language.

        Args:
            language: The language of the errors.
            headings: The heading of each column in the file, by member.
        """
        errors = [{**error.document(language), "column": find_heading(error, headings)} for error in self.errors]
        return {
            "line": self.line,
            "status": self.status,
            "key": self.key,
            "changed": list(self.changed),
            "errors": errors,
        }


def find_heading(error: ErrorDetail, headings: Mapping[str, str]) -> str | None:
    """Return the heading of the column with the member of an error; None: the whole row, or a file without headings."""
    return headings.get((error.pointer or "/").split("/")[1])


@dataclass(frozen=True)
class ImportOptions:
    """Options of an import."""

    importable: Importable
    """The resource of the rows."""
    dry_run: bool = False
    """Report the results, and store nothing."""
    partial: bool = False
    """Store the valid rows even if others are refused."""
    update: bool = False
    """Rows may change objects that name another person."""
    all_results: bool = False
    """Report all rows, also those of a long file."""
    day_first: bool = False
    """Dates in numbers have the day first, also those that could have the month first."""
    organization: str | None = None
    """Code of the organization of all participants; None: each row names its own."""

    @property
    def meeting(self) -> str | None:
        """The code of the meeting of all rows; None if the rows name it, or belong to none."""
        return self.importable.meeting

    @property
    def max_refused(self) -> int:
        """The number of refused rows whose errors are reported; without `partial` the import stops after them."""
        return MAX_REFUSED_ROWS if self.all_results else MAX_REPORTED_ROWS


@dataclass
class ImportReport:
    """Results of all rows. Unless all are wanted, it keeps the first MAX_REPORTED_ROWS rows and refused rows only."""

    options: ImportOptions
    headings: Mapping[str, str] = field(default_factory=dict)
    """The heading of each column in the file, by the member that it contains."""
    counts: dict[RowStatus, int] = field(
        default_factory=lambda: {"created": 0, "updated": 0, "unchanged": 0, "refused": 0, "not_attempted": 0}
    )
    """Number of rows by status."""
    audit_keys: list[str] = field(default_factory=list)
    """Keys of the first created or updated objects, for the audit line."""
    _first_rows: list[RowReport] = field(default_factory=list)
    _refused_rows: list[RowReport] = field(default_factory=list)
    _documents: dict[Language, dict[str, Any]] = field(default_factory=dict)

    @property
    def row_count(self) -> int:
        """The number of rows reported so far."""
        return sum(self.counts.values())

    @property
    def changed_count(self) -> int:
        """The number of objects created or updated so far."""
        return self.counts["created"] + self.counts["updated"]

    @property
    def is_refused(self) -> bool:
        """Return whether the import must store nothing, because a row was refused and `partial` is not set."""
        return self.counts["refused"] > 0 and not self.options.partial

    @property
    def is_final(self) -> bool:
        """Return whether the import is to be committed: not if it is a dry run, or refused as a whole."""
        return not self.options.dry_run and not self.is_refused

    @property
    def is_applied(self) -> bool:
        """Return whether the import is to be committed and created or updated any object."""
        return self.is_final and self.changed_count > 0

    @property
    def is_full(self) -> bool:
        """Return whether so many refused rows are stored that the report lists the errors of no further ones."""
        return len(self._refused_rows) >= self.options.max_refused

    def add(self, row: RowReport, audit_key: str | None = None) -> None:
        """Count the result of a row, and store it in the report while there is space for it."""
        self.counts[row.status] += 1
        if self.options.all_results or len(self._first_rows) <= MAX_REPORTED_ROWS:
            self._first_rows.append(row)
        if row.status == "refused" and not self.is_full:
            self._refused_rows.append(row)
        self._add_audit_key(row, audit_key)

    def mark_written(self, row: RowReport, written: RowReport, audit_key: str) -> None:
        """Change a row's result and the counts from refused to that of a later attempt, which wrote it."""
        self.counts["refused"] -= 1
        self.counts[written.status] += 1
        row.status, row.errors, row.key, row.changed = written.status, (), written.key, written.changed
        self._add_audit_key(row, audit_key)

    def _add_audit_key(self, row: RowReport, audit_key: str | None) -> None:
        """Add a row's key to those of the audit line if it was created or updated, up to MAX_AUDIT_KEYS keys."""
        if audit_key and row.status in ("created", "updated") and len(self.audit_keys) < MAX_AUDIT_KEYS:
            self.audit_keys.append(audit_key)

    def list_rows(self) -> list[RowReport]:
        """Return all rows if the file is short or all are wanted, else the first refused ones, in order of the file."""
        is_short = self.row_count <= MAX_REPORTED_ROWS or self.options.all_results
        rows = self._first_rows if is_short else [row for row in self._refused_rows if row.status == "refused"]
        return sorted(rows, key=lambda row: row.line)

    def to_document(self, language: Language) -> dict[str, Any]:
        """Return the JSON document of the import's result in this language, built once and then cached.

        The document is built once, because 1,000 rows with 100 errors each take a while.
        """
        if language not in self._documents:
            self._documents[language] = self._build_document(language)
        return self._documents[language]

    def _build_document(self, language: Language) -> dict[str, Any]:
        """Build the JSON document of the import's result: its options, counts and rows, in this language."""
        return {
            "resource": self.options.importable.resource.name,
            "dry_run": self.options.dry_run,
            "partial": self.options.partial,
            "applied": self.is_applied,
            **{str(status): count for status, count in self.counts.items()},
            "rows": [row.to_document(language, self.headings) for row in self.list_rows()],
        }

    def to_json(self, language: Language) -> bytes:
        """Return the document of the import's result in this language as JSON in UTF-8."""
        return orjson.dumps(self.to_document(language))
