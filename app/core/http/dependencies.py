"""FastAPI dependencies that inject a database reader and the local day."""

from typing import Annotated

from fastapi import Depends, Request

from app.core.clock import LocalDay, current_day
from app.core.db.database import Database, Reader
from app.state import state_of


async def get_reader(request: Request) -> Reader:
    """Return a reader of the application's database, with a deadline that starts now."""
    database: Database = state_of(request.app).database
    return database.reader()


async def get_local_day(request: Request) -> LocalDay:
    """Return today's date in the time zone of the settings."""
    return current_day(state_of(request.app).settings.zone)


ReaderDep = Annotated[Reader, Depends(get_reader)]
TodayDep = Annotated[LocalDay, Depends(get_local_day)]
