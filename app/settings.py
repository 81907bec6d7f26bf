"""Settings, read once from environment variables."""

import re
from contextlib import suppress
from datetime import tzinfo
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
DEFAULT_ISSUER = "http://127.0.0.1:8000"
ROOT_PATH = re.compile(r"(/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)*")
OWN_FIRST_SEGMENTS = ("v1", "docs", "problems", "oauth", "health", "metrics", "openapi.json")
"""Where the paths of this service begin. A root path that begins so would make some requests ambiguous."""


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
        DEFAULT_ISSUER,
        description="Name of this service in its tokens: its public address, the same on all machines. `rakornas "
        "serve` uses the address that it listens on if this is not set.",
    )
    root_path: str = Field(
        "",
        description="Path under which a proxy serves this service, for example `/rakornas`: the prefix of all "
        "addresses in responses. By default the path of `RAKORNAS_ISSUER`.",
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

    @model_validator(mode="before")
    @classmethod
    def complete_public_address(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Derive the root path from the issuer, or the default issuer from the root path, if only one is given."""
        issuer, root_path = values.get("issuer"), values.get("root_path")
        with suppress(ValueError):  # an invalid address is reported when its own field is validated
            if isinstance(issuer, str) and not root_path:
                return {**values, "root_path": urlsplit(issuer).path.rstrip("/")}
            if isinstance(root_path, str) and not issuer and ROOT_PATH.fullmatch(root_path):
                return {**values, "issuer": f"{DEFAULT_ISSUER}{root_path}"}
        return values

    @field_validator("root_path")
    @classmethod
    def check_root_path(cls, path: str, info: ValidationInfo) -> str:
        """Return the root path if it is empty or a plain path that is none of the service's own.

        Raises:
            ValueError: It is not, or the issuer, which is validated before, has another path.
        """
        if not ROOT_PATH.fullmatch(path):
            raise ValueError(
                "must be a path like /rakornas: letters, digits, - and _ after each /, and no / at its end"
            )
        if path.split("/")[1:2] in ([name] for name in OWN_FIRST_SEGMENTS):
            raise ValueError(f"must not begin with {', '.join(f'/{name}' for name in OWN_FIRST_SEGMENTS)}")
        issuer = info.data.get("issuer")
        if issuer is not None and urlsplit(issuer).path != path:
            raise ValueError(f"must be the path of RAKORNAS_ISSUER, which is {issuer}")
        return path

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
