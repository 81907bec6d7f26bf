"""Secrets that all workers and replicas of one installation share."""

from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import Base


class ServiceKey(Base):
    """A random key by its purpose, made by the migration that needs it: no operator has to set or copy it."""

    __tablename__ = "service_keys"

    purpose: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[bytes]
