"""The data of a roll (daftar hadir), its CSV and its digest.

The digest is the SHA-256 of exactly the bytes of the CSV, so whoever has the file can check it with `sha256sum`. The
PDF and the workbook print the digest of the CSV.

The CSV contains a nonce, which nobody can guess who does not have this very file. Without it, whoever knows the names
could hash every possible roll and ask the service which of them it has issued.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from app.rendering import dates, labels

NONCE_BYTES = 16
LIST_SEPARATORS = ",;|\t"
"""Characters between cells, depending on the program that reads the CSV and on the language of its user."""
QUOTED_CHARACTERS = frozenset(LIST_SEPARATORS + '"\r\n')
# The beginning of a cell, also of one that another separator would make, before a character that begins a formula.
FORMULA_START = re.compile(r"(^|[,;|\t\r\n])(?=[\s\"]*[=+\-@\uff1d\uff0b\uff0d\uff20])")


@dataclass(frozen=True)
class DayTimes:
    """The first entry and the last exit of a participant on one day, or the status that was set by hand for it."""

    entered_at: datetime | None
    left_at: datetime | None
    status: str | None = None
    """Only of a day without an entry."""

    @property
    def instants(self) -> tuple[datetime | None, datetime | None]:
        """The first entry and the last exit of the day, in this order; None for each that is unknown."""
        return self.entered_at, self.left_at


NO_TIMES = DayTimes(None, None)


@dataclass(frozen=True)
class RollLine:
    """A participant on a roll."""

    name: str
    office: str | None
    organization: str | None
    capacity: str
    status: str
    late: bool
    days: tuple[DayTimes, ...]
    """One for each day of the meeting."""


@dataclass(frozen=True)
class Roll:
    """The roll of a meeting, or of one of its sessions."""

    title: str
    place: str | None
    time_zone: str
    """IANA time zone in which all times are printed."""
    start_on: date
    end_on: date
    starts_at: datetime | None
    """Start of the first session."""
    lines: Sequence[RollLine]
    made_at: datetime
    """The instant that the files state as their creation; not part of the digest."""
    nonce: str = ""
    """Hexadecimal digits, the last column of the CSV; empty before `add_nonce`."""

    @property
    def days(self) -> list[date]:
        """All days from the first to the last day of the meeting."""
        return [self.start_on + timedelta(n) for n in range((self.end_on - self.start_on).days + 1)]

    @property
    def heading_fields(self) -> list[tuple[str, str]]:
        """The Indonesian (label, value) pairs above the table: dates, time and place, without unknown values."""
        fields = [
            ("Hari/Tanggal", dates.format_date_range(self.start_on, self.end_on)),
            ("Waktu/Pukul", self.starts_at and dates.format_time_with_zone(self.starts_at, self.time_zone)),
            ("Tempat", self.place),
        ]
        return [(label, value) for label, value in (*fields, ("Catatan", " ".join(self._notes()))) if value]

    def _notes(self) -> Iterator[str]:
        """Yield the Indonesian explanations of times past midnight and of statuses of days, if there are any."""
        cells = [(day, times) for line in self.lines for day, times in zip(self.days, line.days, strict=True)]
        instants = [(instant, day) for day, times in cells for instant in times.instants if instant]
        if any(dates.is_past_midnight(instant, day, self.time_zone) for instant, day in instants):
            yield "Jam 24.00 ke atas adalah dini hari berikutnya (24.30 = 00.30)."
        if statuses := {times.status for _, times in cells if times.status}:
            listed = [
                f"{code} = {labels.STATUSES[status].lower()}"
                for status, code in labels.DAY_CODES.items()
                if status in statuses
            ]
            yield f"{', '.join(listed)}."


@dataclass(frozen=True)
class Proof:
    """The digest of a roll, and the URL at which the service confirms it."""

    digest: str
    url: str


def add_nonce(roll: Roll, secret: bytes, *, in_full: bool) -> Roll:
    """Return a roll with its nonce: the first bytes of an HMAC-SHA-256 of its CSV without a nonce.

    The same content has the same nonce, and other content another one: whoever has one roll of a meeting cannot guess
    the others.

    Args:
        roll: A roll without a nonce.
        secret: The secret of the meeting, the key of the HMAC.
        in_full: The roll shows personal data that the public may not see. It then has another nonce than the public
            roll of the same content.
    """
    audience = b"full\n" if in_full else b"open\n"
    code = hmac.digest(secret, audience + render_csv(roll), "sha256")
    return replace(roll, nonce=code[:NONCE_BYTES].hex())


def render_csv(roll: Roll) -> bytes:
    """Render a roll as CSV (RFC 4180) without its creation time; what looks like a formula gets an apostrophe.

    It begins with a byte order mark, without which Excel reads the file in the code page of Windows and garbles names.
    """
    rows = (",".join(map(_format_cell, row)) for row in _csv_rows(roll))
    return "".join(f"{row}\r\n" for row in rows).encode("utf-8-sig", errors="replace")


def compute_digest(roll: Roll) -> str:
    """Return the SHA-256 of a roll's CSV in hexadecimal, which identifies the issued roll."""
    return hash_csv(render_csv(roll))


def hash_csv(content: bytes) -> str:
    """Return the SHA-256 of the bytes of a roll's CSV in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _csv_rows(roll: Roll) -> Iterator[list[str]]:
    """Yield the column headings and the lines of a roll as lists of cells, in Indonesian."""
    time_headings = [f"{word} {day}" for day in roll.days for word in ("Masuk", "Keluar")]
    nonce_heading = "Nonce" if roll.lines else f"Nonce {roll.nonce}"  # an empty roll has no other cell for it
    yield ["No.", "Nama", "Jabatan", "Instansi", "Kehadiran", "Terlambat", "Acara", *time_headings, nonce_heading]
    for number, line in enumerate(roll.lines, 1):
        cells = [
            cell
            for day, times in zip(roll.days, line.days, strict=True)
            for cell in _format_day(times, day, roll.time_zone)
        ]
        yield [
            str(number),
            line.name,
            labels.format_position(line.office, line.capacity),
            line.organization or "",
            labels.STATUSES[line.status],
            "Ya" if line.late else "",
            roll.title,  # so that two meetings of the same people on the same days have different digests
            *cells,
            roll.nonce,
        ]


def _format_day(times: DayTimes, day: date, zone: str) -> list[str]:
    """Return the texts of a day's two cells: entry and exit, or the status set by hand."""
    if times.status:
        return [labels.STATUSES[times.status], ""]
    return [dates.format_time_of_day(instant, day, zone, ":") if instant else "" for instant in times.instants]


def _format_cell(cell: str) -> str:
    """Return a cell of the CSV: without a formula, and in quotes if it contains a separator of any kind.

    A spreadsheet whose list separator is `;` divides a cell there, even within quotes. So a formula is disarmed after
    each separator, not only at the beginning.
    """
    text = FORMULA_START.sub(r"\1'", cell)
    if text.startswith(("\t", "\r")):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if QUOTED_CHARACTERS & set(text) else text
