"""Synthetic rolls of meetings of one or more days."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from app.rendering.roll import DayTimes, Proof, Roll, RollLine, compute_digest

TITLE = "Rapat Koordinasi Nasional"
START = date(2022, 6, 13)
MADE_AT = datetime(2022, 6, 16, 1, 23, 45, tzinfo=UTC)
NONCE = "0123456789abcdef0123456789abcdef"
NEVER = DayTimes(None, None)
LONG_NAME = (
    "Raden Mas Panembahan Senopati Ing Ngalaga Sayidin Panatagama Bratadikara Kusumaningrat Suryaningprang Jayanegara"
)
UNUSUAL_NAMES = (
    "",
    "محمد علي",
    "李小龍",
    "😀 👨‍👩‍👧",
    "a\x00b\x1fc\n\td",
    "\u202eevil\u202c",
    "\ud800 half",
    "e\u0301",
    "W" * 400,
    "\\(()%&<>",
)
"""Names in other scripts, with control characters, or too long for a column."""


def utc_instant(day: int, hour: int, minute: int) -> datetime:
    """Return an instant in UTC on a day of the meeting (0 is the first day)."""
    return datetime(2022, 6, 13 + day, hour, minute, tzinfo=UTC)


def create_line(
    name: str = "Hasyim Asy'ari", status: str = "present", days: int = 1, times: Sequence[DayTimes] = (), **rest: object
) -> RollLine:
    members = {
        "office": "chair",
        "organization": "Komisi Pemilihan Umum",
        "capacity": "delegate",
        "late": False,
        **rest,
    }
    return RollLine(name=name, status=status, days=tuple(times) or (NEVER,) * days, **members)  # type: ignore[arg-type]


def create_roll(lines: Sequence[RollLine], days: int = 1, **rest: object) -> Roll:
    """Create a roll of these lines; `rest` are further members of Roll."""
    members: dict[str, object] = {
        "title": TITLE,
        "place": "Hotel Nusantara, Jakarta",
        "time_zone": "Asia/Jakarta",
        "start_on": START,
        "end_on": START + timedelta(days - 1),
        "starts_at": utc_instant(0, 2, 0),
        "made_at": MADE_AT,
        "nonce": NONCE,
    }
    return Roll(lines=lines, **{**members, **rest})  # type: ignore[arg-type]


def create_numbered_roll(count: int, days: int = 1) -> Roll:
    """Create a roll of `count` participants named Peserta0001, Peserta0002 and so on."""
    return create_roll([create_line(f"Peserta{n:04}", days=days) for n in range(1, count + 1)], days)


def create_proof(of: Roll) -> Proof:
    """Return the digest of a roll and a URL with it."""
    return Proof(compute_digest(of), f"https://contoh.kpu.go.id/v1/rolls/{compute_digest(of)}")
