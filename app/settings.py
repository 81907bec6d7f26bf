"""What can be set from outside, read once from the environment."""

from datetime import tzinfo
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def listed(value: Any) -> Any:
    """A list as an environment variable holds it, with commas between."""
    return [one.strip() for one in value.split(",") if one.strip()] if isinstance(value, str) else value


class Settings(BaseSettings):
    """One frozen object. Each field is the environment variable `RAKORNAS_<NAME>`, but for the two with an alias.

    `issuer` is the name of this service in its tokens, and the address under which clients find `/oauth/token`: the
    same for all its workers and machines. `serve` takes the address that it listens on, where none is set.

    Rates are requests a second and worker, a burst is how many may come at once; a rate of 0 is no limit. Of
    `trusted_proxies` X-Forwarded-For is believed: networks, with commas between.

    Times are seconds. The limits on the database leave room under the 7 s within which a caller hears of a fault:
    connecting (2) or a query (4) run out before the deadline over waiting, connecting and querying together (5).
    """

    model_config = SettingsConfigDict(env_prefix="RAKORNAS_", frozen=True, env_ignore_empty=True)

    database_url: str | None = Field(None, validation_alias="DATABASE_URL")
    issuer: str = "http://127.0.0.1:8000"
    auth_issuer: str | None = Field(None, validation_alias="AUTH_ISSUER")
    auth_audience: str = Field("rakornas", min_length=1)
    time_zone: str = "Asia/Jakarta"
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(str.upper)] = "INFO"
    pool_size: int = Field(4, ge=1, le=100)
    write_pool_size: int = Field(3, ge=1, le=100)
    pool_timeout: float = Field(2, gt=0)
    connect_timeout: float = Field(2, gt=0)
    command_timeout: float = Field(4, gt=0)
    deadline: float = Field(5, gt=0)
    body_limit: int = Field(1024 * 1024, ge=0)
    concurrency: int = Field(512, ge=1)
    rate_client: float = Field(50, ge=0, allow_inf_nan=False)
    burst_client: int = Field(200, ge=1)
    rate_network: float = Field(100, ge=0, allow_inf_nan=False)
    burst_network: int = Field(400, ge=1)
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(listed)] = ()

    @field_validator("time_zone")
    @classmethod
    def exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no such time zone") from None
        return name

    @field_validator("issuer", "auth_issuer")
    @classmethod
    def is_an_address(cls, address: str | None, info: ValidationInfo) -> str | None:
        """An outside issuer's name is where its keys are fetched from, so it must be one that nobody can answer for."""
        if address is None:
            return None
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("an address like https://api.example.org")
        if info.field_name == "issuer" and address.endswith("/"):
            raise ValueError("an address without / at its end")
        if info.field_name == "auth_issuer" and parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("an https address")
        return address

    @property
    def zone(self) -> tzinfo:
        """The zone in which "today" is reckoned."""
        return ZoneInfo(self.time_zone)
