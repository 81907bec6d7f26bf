"""Settings, read once from environment variables."""

from datetime import tzinfo
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def split_list(value: Any) -> Any:
    """Split a comma-separated text into a list; return other values unchanged."""
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


class Settings(BaseSettings):
    """The settings of the service, immutable.

    Each field is the environment variable `RAKORNAS_<NAME>`, except those with an alias. Times are in seconds, rates in
    requests per second and worker.

    A caller is answered within 7 s even if the database fails: connecting (2 s) and a statement (4 s) time out before
    the deadline (5 s) for waiting, connecting and all statements together.
    """

    model_config = SettingsConfigDict(env_prefix="RAKORNAS_", frozen=True, env_ignore_empty=True)

    database_url: str | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="Address of a PostgreSQL server, version 15 to 18. Without it the embedded server is used. A "
        "server of yours is migrated only by `rakornas migrate` or `rakornas serve --migrate`.",
    )
    issuer: str = Field(
        "http://127.0.0.1:8000",
        description="Name of this service in its tokens: its public address, the same on all machines. `rakornas "
        "serve` uses the address that it listens on if this is not set.",
    )
    auth_issuer: str | None = Field(
        None,
        validation_alias="AUTH_ISSUER",
        description="Address of an external issuer whose tokens are accepted too (JWKS, ES256 or Ed25519, `at+jwt`). "
        "It must be https or a loopback address.",
    )
    auth_audience: str = Field("rakornas", min_length=1, description="Audience (`aud`) that every token must name.")
    time_zone: str = Field("Asia/Jakarta", description='IANA time zone whose date is "today".')
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(str.upper)] = Field(
        "INFO", description="Lowest level of the log lines that are written."
    )
    pool_size: int = Field(
        4,
        ge=1,
        le=100,
        description="Connections to the database for reading, per worker. Each worker uses four more than its two "
        "pools. The server must allow twice the connections of all workers and 10 more.",
    )
    write_pool_size: int = Field(3, ge=1, le=100, description="Connections to the database for writing, per worker.")
    pool_timeout: float = Field(2, gt=0, description="Longest wait for a free connection, in seconds.")
    connect_timeout: float = Field(2, gt=0, description="Longest time to open a connection, in seconds.")
    command_timeout: float = Field(4, gt=0, description="Longest time of one SQL statement, in seconds.")
    deadline: float = Field(
        5,
        gt=0,
        description="Longest time for all database reads of one request, in seconds. After it the answer is 503.",
    )
    body_limit: int = Field(
        1024 * 1024, ge=0, description="Longest request body, in bytes. Imports and batches may have 8 MiB."
    )
    concurrency: int = Field(
        512, ge=1, description="Requests that one worker processes at the same time. Further ones get 503."
    )
    rate_client: float = Field(
        50, ge=0, allow_inf_nan=False, description="Requests per second, per client and worker. 0: no limit."
    )
    burst_client: int = Field(200, ge=1, description="Requests that one client may send at once, per worker.")
    rate_network: float = Field(
        100,
        ge=0,
        allow_inf_nan=False,
        description="Requests per second without a token, per network (/24 or /56) and worker. 0: no limit.",
    )
    burst_network: int = Field(
        400, ge=1, description="Requests without a token that one network may send at once, per worker."
    )
    files_per_worker: int = Field(
        2,
        ge=1,
        description="Rolls and badge sheets that one worker makes at once. Others wait 5 s, then get 503.",
    )
    files_per_caller: int = Field(
        1,
        ge=1,
        description="Of these, those of one client, or of one address without a token. One more of its files waits up "
        "to 5 s. Further ones get 429.",
    )
    listeners_per_address: int = Field(
        20, ge=1, description="Event streams that one address may have open, per worker. Further ones get 429."
    )
    metrics_allowed: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(split_list)] = Field(
        (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")),
        description="Networks that may read `/metrics`, separated by commas. Others get 404, and so does whoever comes "
        "through a proxy that is not trusted.",
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(split_list)] = Field(
        (),
        description="Networks of proxies whose `X-Forwarded-For` is trusted, separated by commas. Without one, "
        "anonymous callers on loopback are not counted, and failed token requests from loopback are counted as those "
        "of one caller.",
    )

    @field_validator("time_zone")
    @classmethod
    def check_time_zone(cls, name: str) -> str:
        """Return the name if it is an IANA time zone, else raise a validation error."""
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("must be the name of an IANA time zone, for example Asia/Jakarta") from None
        return name

    @field_validator("issuer", "auth_issuer")
    @classmethod
    def check_issuer(cls, address: str | None, info: ValidationInfo) -> str | None:
        """Return a valid issuer URL (`auth_issuer`: https or loopback) or None, else raise a validation error."""
        if address is None:
            return None
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be a URL, for example https://api.example.org")
        if info.field_name == "issuer" and address.endswith("/"):
            raise ValueError("must be a URL without / at its end")
        if info.field_name == "auth_issuer" and parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
            raise ValueError("must be an https URL")
        return address

    @property
    def zone(self) -> tzinfo:
        """The time zone in which today's date is determined."""
        return ZoneInfo(self.time_zone)
