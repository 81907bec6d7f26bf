"""Officials, implemented as in the tutorials of FastAPI and SQLAlchemy, with the same tables.

It uses mapped classes with eager loading, a session per request, Pydantic models that validate the objects, and offset
pagination. Only the columns of the response are mapped, and the pool is as large as that of the service.
"""

import os
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ARRAY, ForeignKey, Text, make_url, select
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

# Tables


class Base(DeclarativeBase):
    """Base of the mapped classes."""


class Organization(Base):
    __tablename__ = "organizations"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Division(Base):
    __tablename__ = "divisions"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Official(Base):
    __tablename__ = "officials"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    other_names: Mapped[list[str]] = mapped_column(ARRAY(Text))
    source: Mapped[str | None]
    verified: Mapped[bool]
    primary: Mapped[bool]
    revision: Mapped[int]
    updated_at: Mapped[datetime]
    appointments: Mapped[list["Appointment"]] = relationship(
        order_by="(func.lower(Appointment.possible).desc(), Appointment.id.desc())"
    )


class Appointment(Base):
    __tablename__ = "appointments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    official_id: Mapped[UUID] = mapped_column("official", ForeignKey(Official.id))
    organization_code: Mapped[str] = mapped_column("organization", ForeignKey(Organization.code))
    office: Mapped[str]
    standing: Mapped[str]
    division_code: Mapped[str | None] = mapped_column("division", ForeignKey(Division.code))
    term: Mapped[str | None]
    start_on: Mapped[str | None]
    end_on: Mapped[str | None]
    seen_on: Mapped[date | None]
    end_reason: Mapped[str | None]
    legal_basis: Mapped[str | None]
    source: Mapped[str | None]
    verified: Mapped[bool]
    primary: Mapped[bool]
    possible: Mapped[Range[date]] = mapped_column(DATERANGE, deferred=True)  # used only in ORDER BY
    organization: Mapped[Organization] = relationship()
    division: Mapped[Division | None] = relationship()


# Responses


class ResponseModel(BaseModel):
    """Base of the response models; validates the attributes of mapped objects."""

    model_config = ConfigDict(from_attributes=True)


class ReferenceOut(ResponseModel):
    code: str
    name: str


class AppointmentOut(ResponseModel):
    id: UUID
    organization: ReferenceOut
    office: str
    standing: str
    division: ReferenceOut | None
    term: str | None
    start_on: str | None
    end_on: str | None
    seen_on: date | None
    certain: bool | None = None
    end_reason: str | None
    legal_basis: str | None
    source: str | None
    verified: bool
    primary: bool


class OfficialOut(ResponseModel):
    id: UUID
    name: str
    other_names: list[str]
    appointments: list[AppointmentOut]
    source: str | None
    verified: bool
    primary: bool
    revision: int
    updated_at: datetime


class OfficialPage(ResponseModel):
    items: list[OfficialOut]
    next_page_token: str | None


# Application

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
engine = create_async_engine(url, pool_size=10, max_overflow=0)
session_factory = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    """Yield a session for one request."""
    async with session_factory() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
WITH_APPOINTMENTS = selectinload(Official.appointments).options(
    selectinload(Appointment.organization), selectinload(Appointment.division)
)


@app.get("/v1/officials", response_model=OfficialPage)
async def list_officials(
    session: SessionDep,
    page_size: Annotated[int, Query(ge=1, le=200)] = 50,
    page_token: Annotated[int, Query(ge=0)] = 0,
) -> OfficialPage:
    """List officials by name."""
    result = await session.scalars(
        select(Official)
        .options(WITH_APPOINTMENTS)
        .order_by(Official.name, Official.id)
        .offset(page_token)
        .limit(page_size + 1)
    )
    officials = result.all()
    has_more = len(officials) > page_size
    return OfficialPage(
        items=[OfficialOut.model_validate(official) for official in officials[:page_size]],
        next_page_token=str(page_token + page_size) if has_more else None,
    )


@app.get("/v1/officials/{id}", response_model=OfficialOut)
async def get_official(session: SessionDep, id: UUID) -> Official:
    """Get an official."""
    official = await session.get(Official, id, options=[WITH_APPOINTMENTS])
    if official is None:
        raise HTTPException(404)
    return official
