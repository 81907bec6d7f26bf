"""The views over scans, in which each is judged by all that is known: as tables that SQL can be written over."""

from sqlalchemy import DateTime, Text, Uuid, column, table

JUDGED = table(
    "classified_scans",
    *(
        column(name, Text)
        for name in ("meeting", "direction", "session", "device_id", "reported_outcome", "badge_text")
    ),
    *(column(name, Text) for name in ("annulled_for", "legal_basis", "classification")),
    *(column(name, Uuid) for name in ("id", "badge", "participant")),
    *(column(name, DateTime(timezone=True)) for name in ("scanned_at", "effective_at", "sent_at", "received_at")),
    column("annulled_at", DateTime(timezone=True)),
    *(column(name) for name in ("clock_epoch", "sequence", "digest")),
)
"""All scans. `classification`: an entry, an exit, or why it is neither. One that is annulled has no effect."""

SEEN = table(
    "entries_and_exits",
    *(column(name, Uuid) for name in ("participant", "id")),
    *(column(name, Text) for name in ("session", "classification")),
    column("effective_at", DateTime(timezone=True)),
    column("digest"),
)
"""The entries and exits of each participant, by their id, that nobody has annulled."""
