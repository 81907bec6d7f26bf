"""The database views that classify scans, as SQLAlchemy tables."""

from sqlalchemy import Date, DateTime, Text, Uuid, column, table
from sqlalchemy.dialects.postgresql import JSONB

CLASSIFIED_SCANS = table(
    "classified_scans",
    *(
        column(name, Text)
        for name in ("meeting", "direction", "session", "device_id", "reported_outcome", "badge_text")
    ),
    *(column(name, Text) for name in ("annulment_reason", "legal_basis", "classification")),
    *(column(name, Uuid) for name in ("id", "badge", "participant")),
    *(column(name, DateTime(timezone=True)) for name in ("scanned_at", "effective_at", "sent_at", "received_at")),
    column("annulled_at", DateTime(timezone=True)),
    column("day", Date),
    *(column(name) for name in ("clock_epoch", "period", "sequence", "digest")),
)
"""All scans. `classification`: an entry, an exit, or the reason why it is neither. An annulled scan has no effect."""

PRESENCE = table(
    "roll_presence",
    column("participant", Uuid),
    *(column(name, JSONB) for name in ("days", "intervals", "stays")),
)
"""The days, intervals and stays of each participant (by participant id) as JSON."""

ENTRIES_AND_EXITS = table(
    "entries_and_exits",
    *(column(name, Uuid) for name in ("participant", "id")),
    *(column(name, Text) for name in ("session", "classification")),
    column("effective_at", DateTime(timezone=True)),
    column("day", Date),
    column("digest"),
)
"""The entries and exits of each participant (by participant id) that have not been annulled."""
