"""FastAPI dependencies that inject the settings, the database, a reader of it, and the local day."""

from typing import Annotated

from fastapi import Depends, Request

from app.core.clock import LocalDay, current_day
from app.core.db.database import Database, Reader
from app.core.http.app_state import get_from_state
from app.settings import Settings


def get_settings(request: Request) -> Settings:
    """Return the settings of the application."""
    return get_from_state(request.app, Settings)


def get_database(request: Request) -> Database:
    """Return the database of the application."""
    return get_from_state(request.app, Database)


async def get_reader(request: Request) -> Reader:
    """Return a reader of the application's database, with a deadline that starts now."""
    return get_database(request).reader()


async def get_local_day(request: Request) -> LocalDay:
    """Return today's date in the time zone of the settings, with the seconds until midnight."""
    return current_day(get_settings(request).zone)


ReaderDep = Annotated[Reader, Depends(get_reader)]
TodayDep = Annotated[LocalDay, Depends(get_local_day)]
