"""Check whether the service can answer requests, at most once at a time."""

import asyncio

from app.health import repository
from app.settings import Settings


class ReadinessProbe:
    """One per worker."""

    def __init__(self, settings: Settings) -> None:
        """Create a probe that has checked nothing yet."""
        self._settings = settings
        self._check: asyncio.Task[repository.Readiness] | None = None

    async def check(self) -> repository.Readiness:
        """Check that the database answers and this release can use its schema; concurrent calls share one check.

        Raises:
            Unavailable: The database does not answer, or its schema does not fit this release.
        """
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(repository.check_readiness(self._settings))
        return await asyncio.shield(self._check)
