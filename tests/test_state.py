"""Start and stop of the application."""

from typing import Any

import pytest

from app import auth, state
from app.attendance.broadcast import SummaryBroadcaster
from app.core.db.database import Database
from app.core.http.app_state import find_in_state
from app.main import create_app
from app.settings import Settings
from app.state import state_of


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of what is closed, in order, while the test runs."""
    names: list[str] = []

    def record(owner: type[Any], method: str) -> None:
        original = getattr(owner, method)

        async def recording(self: Any) -> None:
            names.append(owner.__name__)
            await original(self)

        monkeypatch.setattr(owner, method, recording)

    record(Database, "close")
    record(auth.TokenVerifier, "stop")
    record(SummaryBroadcaster, "stop")
    return names


async def test_stop_closes_in_reverse_order(settings: Settings, closed: list[str]) -> None:
    app = create_app(settings)
    assert find_in_state(app, Database) is None
    async with app.router.lifespan_context(app):
        assert state_of(app).settings is settings
        assert closed == []
    assert closed == ["SummaryBroadcaster", "TokenVerifier", "Database"]
    assert find_in_state(app, Database) is None


@pytest.mark.parametrize(
    ("step", "opened"),
    [
        ("SummaryBroadcaster", ["TokenVerifier", "Database"]),
        ("run_sealer", ["SummaryBroadcaster", "TokenVerifier", "Database"]),
        ("purge_periodically", ["SummaryBroadcaster", "TokenVerifier", "Database"]),
    ],
)
async def test_failed_start_closes_what_was_opened(
    settings: Settings, closed: list[str], monkeypatch: pytest.MonkeyPatch, step: str, opened: list[str]
) -> None:
    def fail(*_: object, **_options: object) -> Any:
        raise OSError("no more tasks")

    monkeypatch.setattr(state, step, fail)
    app = create_app(settings)
    with pytest.raises(OSError, match="no more tasks"):
        async with app.router.lifespan_context(app):
            pytest.fail("the application started")
    assert closed == opened
    assert find_in_state(app, Database) is None


async def test_failed_start_of_the_verifier_closes_the_database(
    settings: Settings, closed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(auth.TokenVerifier, "start", fail)
    with pytest.raises(OSError, match="no network"):
        async with state.open_state(settings):
            pytest.fail("the state was opened")
    assert closed == ["TokenVerifier", "Database"]
