"""A meeting's roll, the daftar hadir, and its CSV.

What proves a roll is its CSV: the digest is the SHA-256 of exactly these bytes, so whoever keeps the file checks it
with `sha256sum`, and PDF and XLSX name the digest of the CSV beside them.
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.rendering import dates, labels

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Times:
    """When somebody came and went on one day."""

    entered_at: datetime | None
    left_at: datetime | None

    @property
    def both(self) -> tuple[datetime | None, datetime | None]:
        return self.entered_at, self.left_at


@dataclass(frozen=True)
class Line:
    name: str
    office: str | None
    organization: str | None
    capacity: str
    status: str
    late: bool
    days: tuple[Times, ...]
    """One for each day of the meeting."""


@dataclass(frozen=True)
class Roll:
    title: str
    place: str | None
    time_zone: str
    start_on: date
    end_on: date
    starts_at: datetime | None
    """The hour of the first session."""
    lines: Sequence[Line]
    made_at: datetime

    @property
    def days(self) -> list[date]:
        return [self.start_on + timedelta(n) for n in range((self.end_on - self.start_on).days + 1)]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What stands between the heading and the table."""
        found = [
            ("Hari/Tanggal", dates.span(self.start_on, self.end_on)),
            ("Waktu/Pukul", self.starts_at and dates.hour(self.starts_at, self.time_zone)),
            ("Tempat", self.place),
        ]
        return [(name, fact) for name, fact in found if fact]


@dataclass(frozen=True)
class Proof:
    """The digest of a roll, and the address that knows it."""

    digest: str
    address: str


def as_csv(roll: Roll) -> bytes:
    """RFC 4180; the same lines give the same bytes whenever they are asked for."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in _rows(roll):
        writer.writerow([_harmless(cell) for cell in row])
    return out.getvalue().encode(errors="replace")


def digest(roll: Roll) -> str:
    return hashlib.sha256(as_csv(roll)).hexdigest()


def _rows(roll: Roll) -> Iterator[list[str]]:
    zone = ZoneInfo(roll.time_zone)
    days = [f"{word} {day}" for day in roll.days for word in ("Masuk", "Keluar")]
    yield ["No.", "Nama", "Jabatan", "Instansi", "Kehadiran", "Terlambat", "Acara", *days]
    for number, line in enumerate(roll.lines, 1):
        instants = [instant for _, times in zip(roll.days, line.days, strict=True) for instant in times.both]
        yield [
            str(number),
            line.name,
            labels.position(line.office, line.capacity),
            line.organization or "",
            labels.STATUSES[line.status],
            "Ya" if line.late else "",
            roll.title,  # two meetings of the same people on the same days are not the same roll
            *(instant.astimezone(zone).strftime("%H:%M") if instant else "" for instant in instants),
        ]


def _harmless(cell: str) -> str:
    """As text also for a spreadsheet, which would run it as a formula, with blanks before it too."""
    return f"'{cell}" if cell.startswith(FORMULA) or cell.lstrip().startswith(FORMULA) else cell
