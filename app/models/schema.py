"""The schema revision that this release needs, and its comparison with the revision of a database."""

import re
from typing import Literal

SCHEMA_REVISION = "0049"
"""The newest migration. Revisions are numbers, written with four digits."""

BASELINE_REVISION = "0028"
"""The first migration. 0001 to 0027 were in no release, and a database at one of them cannot be migrated."""

SELECT_REVISION = "SELECT string_agg(version_num, ', ' ORDER BY version_num) FROM alembic_version"
"""Reads the revision of a database. Several rows become one text, which is not a revision of this service."""

SchemaState = Literal["empty", "retired", "older", "ready", "unknown"]


def compare_revision(revision: str | None) -> SchemaState:
    """Compare a database's schema revision with this release's: empty, retired, older, ready (or newer), unknown.

    `empty`: there is no schema yet. `retired`: it is older than the first migration. `older`: it can be migrated.
    `ready`: this release can use it. So is a newer one, because each migration keeps the previous release working.
    `unknown`: it is no revision of this service.
    """
    if revision is None:
        return "empty"
    if not re.fullmatch(r"[0-9]{4,}", revision):
        return "unknown"
    number = int(revision)
    if number < int(BASELINE_REVISION):
        return "retired"
    return "older" if number < int(SCHEMA_REVISION) else "ready"


def explain_refusal(revision: str | None) -> str | None:
    """Return why a database at this revision cannot be migrated and what to do, or None if it can."""
    match compare_revision(revision):
        case "retired":
            return (
                f"The schema is at revision {revision}, from before the first release: it cannot be migrated, and its "
                "data is not carried over. Use a new data directory (--data-dir, RAKORNAS_DATA_DIR), which `rakornas "
                "serve` fills, or an empty database: `rakornas migrate`, then `rakornas load`."
            )
        case "unknown":
            return (
                f"The database is at revision {revision!r}, which is not one of this service. "
                "Does another program use it?"
            )
        case _:
            return None
