"""Members that the documents of sessions and statements share with the document of their meeting."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import aliased

from app import models, references
from app.core.db.documents import json_array, json_object


def session_members(session: Any) -> Mapping[str, Any]:
    """Return the SQL, by name, of each JSON member of a session, both in its own document and in its meeting's."""
    speaker = aliased(models.SessionSpeaker)
    return {
        "code": session.code,
        "position": session.position,
        "kind": session.kind,
        "name": session.name,
        "name_en": session.name_en,
        "track": session.track,
        "parallel_group": session.parallel_group,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "room": session.room,
        "topics": session.topics,
        "speakers": json_array(
            json_object(
                official=references.official_reference(speaker.official),
                name=speaker.name,
                organization=references.organization_reference(speaker.organization),
                division=references.division_reference(speaker.division),
                division_kind=speaker.division_kind,
                role=speaker.role,
            ),
            speaker.position,
            where=(speaker.meeting == session.meeting) & (speaker.session == session.code),
        ),
    }


def statement_members(statement: Any) -> Mapping[str, Any]:
    """Return the SQL, by name, of each JSON member of a press statement in its meeting; its own document has more."""
    return {
        "id": statement.id,
        "official": references.official_reference(statement.official),
        "name": statement.name,
        "organization": references.organization_reference(statement.organization),
        "made_on": statement.made_on,
        "form": statement.form,
        "summary": statement.summary,
        "source": statement.source,
        "verified": statement.verified,
        "primary": statement.primary,
    }
