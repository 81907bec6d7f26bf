"""The peer: officials as the tutorials of FastAPI and SQLAlchemy would build them, over the same tables.

Mapped classes with eager relationships, a session per request, pydantic models that are read off the objects, and
pages by offset. Only what the answer shows is mapped, and the pool is as large as the service's.
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

# The tables


class Base(DeclarativeBase):
    pass


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
    possible: Mapped[Range[date]] = mapped_column(DATERANGE, deferred=True)  # only to order by
    organization: Mapped[Organization] = relationship()
    division: Mapped[Division | None] = relationship()


# The answers


class Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class MentionOut(Answer):
    code: str
    name: str


class AppointmentOut(Answer):
    id: UUID
    organization: MentionOut
    office: str
    standing: str
    division: MentionOut | None
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


class OfficialOut(Answer):
    id: UUID
    name: str
    other_names: list[str]
    appointments: list[AppointmentOut]
    source: str | None
    verified: bool
    primary: bool
    revision: int
    updated_at: datetime


class OfficialPage(Answer):
    items: list[OfficialOut]
    next_page_token: str | None


# The application

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
engine = create_async_engine(url, pool_size=10, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]
NESTED = selectinload(Official.appointments).options(
    selectinload(Appointment.organization), selectinload(Appointment.division)
)


@app.get("/v1/officials", response_model=OfficialPage)
async def list_officials(
    session: Session,
    page_size: Annotated[int, Query(ge=1, le=200)] = 50,
    page_token: Annotated[int, Query(ge=0)] = 0,
) -> OfficialPage:
    found = await session.scalars(
        select(Official).options(NESTED).order_by(Official.name, Official.id).offset(page_token).limit(page_size + 1)
    )
    officials = found.all()
    more = len(officials) > page_size
    return OfficialPage(
        items=[OfficialOut.model_validate(official) for official in officials[:page_size]],
        next_page_token=str(page_token + page_size) if more else None,
    )


@app.get("/v1/officials/{id}", response_model=OfficialOut)
async def read_official(session: Session, id: UUID) -> Official:
    official = await session.get(Official, id, options=[NESTED])
    if official is None:
        raise HTTPException(404)
    return official
