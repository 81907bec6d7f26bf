"""The typed state of a running application: what start-up opened, and what requests share.

`app.lifespan` builds it. The types are imported for the type checker only, so that every layer can read the state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from app.attendance.broadcast import SummaryBroadcaster
    from app.auth import TokenVerifier
    from app.check_ins.batching import CheckInBatcher
    from app.core.db.database import Database
    from app.health.repository import Readiness
    from app.imports.row_schema import Importable
    from app.oauth.service import FailedAttemptLimiter
    from app.settings import Settings


@dataclass(kw_only=True)
class State:
    """One per worker. Closed, in reverse order of opening, when the application stops."""

    settings: Settings
    database: Database
    token_verifier: TokenVerifier
    check_in_batcher: CheckInBatcher
    summary_broadcaster: SummaryBroadcaster
    importable: Mapping[str, Importable]
    """The resources that `/v1/imports` accepts, by name."""
    token_attempts: FailedAttemptLimiter
    """Failed attempts at the token endpoint, by client and by network."""
    receipt_clock: Callable[[], datetime]
    """Returns the instant at which a submission of check-ins was received."""
    import_slot: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """Taken by the import that runs: a worker runs one at a time."""
    imports_in_progress: set[tuple[str, str]] = field(default_factory=set)
    """(client, idempotency key) of the imports that run or wait in this worker."""
    readiness_probe: asyncio.Task[Readiness] | None = None
    """The last query of `/health/ready`; requests that arrive while it runs share its result."""


def state_of(app: Starlette) -> State:
    """Return the state of a running application.

    Raises:
        AttributeError: The application is not running.

    """
    return cast("State", app.state.running)


def state_if_running(app: Starlette) -> State | None:
    """Return the state of an application, or None before its start and after its stop."""
    return cast("State | None", getattr(app.state, "running", None))
