"""What can be set from outside, read once from the environment."""

from datetime import tzinfo
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One frozen object. Each field is the environment variable `RAKORNAS_<NAME>`, but for `DATABASE_URL`.

    Times are seconds. The limits on the database leave room under the 7 s within which a caller hears of a fault:
    connecting (2) or a query (4) run out before the deadline over waiting, connecting and querying together (5).
    """

    model_config = SettingsConfigDict(env_prefix="RAKORNAS_", frozen=True, env_ignore_empty=True)

    database_url: str | None = Field(None, validation_alias="DATABASE_URL")
    time_zone: str = "Asia/Jakarta"
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(str.upper)] = "INFO"
    pool_size: int = Field(4, ge=1, le=100)
    pool_timeout: float = Field(2, gt=0)
    connect_timeout: float = Field(2, gt=0)
    command_timeout: float = Field(4, gt=0)
    deadline: float = Field(5, gt=0)
    body_limit: int = Field(1024 * 1024, ge=0)
    concurrency: int = Field(512, ge=1)

    @field_validator("time_zone")
    @classmethod
    def exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no such time zone") from None
        return name

    @property
    def zone(self) -> tzinfo:
        """The zone in which "today" is reckoned."""
        return ZoneInfo(self.time_zone)
