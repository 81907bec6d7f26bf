"""Which day it is: a date of the zone that the service speaks for, never of the machine or of UTC."""

from datetime import date, datetime, tzinfo
from typing import Annotated

from fastapi import Depends, Request


def today(zone: tzinfo) -> date:
    return datetime.now(zone).date()


async def get_today(request: Request) -> date:
    return today(request.app.state.zone)


Today = Annotated[date, Depends(get_today)]
