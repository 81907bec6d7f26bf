"""The views over scans, in which each is judged by all that is known: as tables that SQL can be written over."""

from typing import Any

from sqlalchemy import DateTime, Subquery, Text, Uuid, column, literal_column, select, table

JUDGED = table(
    "judged_scans",
    *(column(name, Text) for name in ("meeting", "direction", "session", "device_id", "told", "badge_text")),
    *(column(name, Text) for name in ("annulled_for", "legal_basis", "judgement")),
    *(column(name, Uuid) for name in ("id", "badge", "participant")),
    *(column(name, DateTime(timezone=True)) for name in ("scanned_at", "effective_at", "sent_at", "received_at")),
    column("annulled_at", DateTime(timezone=True)),
    *(column(name) for name in ("clock_epoch", "sequence", "digest")),
)
"""All scans. `judgement`: an entry, an exit, or why it is neither. One that is annulled has no effect."""


def seen_of(participant: Any) -> Subquery:
    """The entries and exits of a participant that count."""
    return (
        select(JUDGED)
        .where(
            JUDGED.c.participant == participant,
            JUDGED.c.annulled_at.is_(None),
            JUDGED.c.judgement.in_([literal_column("'entry'"), literal_column("'exit'")]),
        )
        .correlate_except(JUDGED)
        .subquery("seen")
    )
