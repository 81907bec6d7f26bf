"""The table of secrets that all workers and replicas of an installation share."""

from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import Base


class ServiceKey(Base):
    """A random key for one purpose. A migration creates it, so that no operator has to set or copy it."""

    __tablename__ = "service_keys"

    purpose: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[bytes]
