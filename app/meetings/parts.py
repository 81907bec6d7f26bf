"""The members that a session or a statement has both alone and within its meeting."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import aliased

from app import models, references
from app.core.db.documents import json_array, json_object


def session_members(part: Any) -> Mapping[str, Any]:
    """The members that a session has alone and within its meeting."""
    speaker = aliased(models.SessionSpeaker)
    return {
        "code": part.code,
        "position": part.position,
        "kind": part.kind,
        "name": part.name,
        "name_en": part.name_en,
        "track": part.track,
        "parallel_group": part.parallel_group,
        "starts_at": part.starts_at,
        "ends_at": part.ends_at,
        "room": part.room,
        "topics": part.topics,
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
            where=(speaker.meeting == part.meeting) & (speaker.session == part.code),
        ),
    }


def said_members(said: Any) -> Mapping[str, Any]:
    """The members that a statement has within its meeting, and begins with alone."""
    return {
        "id": said.id,
        "official": references.official_reference(said.official),
        "name": said.name,
        "organization": references.organization_reference(said.organization),
        "made_on": said.made_on,
        "form": said.form,
        "summary": said.summary,
        "source": said.source,
        "verified": said.verified,
        "primary": said.primary,
    }
