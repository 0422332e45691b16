"""Everything that can be set from outside: LANDMAP_* variables, read once and passed down."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
)

from gis.errors import LandmapError

PREFIX = "LANDMAP_"
_REPOSITORY = Path(__file__).resolve().parent.parent


CALLBACK_HOST = re.compile(r"(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(:(?P<port>[0-9]{1,5}))?")
"""A host that may be called, with or without a port; an IPv6 address in brackets."""


def _callback_hosts(entries: tuple[str, ...]) -> tuple[str, ...]:
    for entry in entries:
        if "/" in entry:
            ip_network(entry)  # says itself what is wrong
        elif not CALLBACK_HOST.fullmatch(entry):
            raise ValueError(f"'{entry}' is no host such as office.example.vn or 10.1.2.3:8443, and no network")
    return entries


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _postgresql(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must look like postgresql://user:password@host:5432/database")
    return url


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")) or "?" in url or "#" in url:
        raise ValueError("must look like https://land.example.vn or https://example.vn/land")
    return url.rstrip("/")


def _tile_template(url: str) -> str:
    """A host without blanks, quotes, commas or semicolons: it stands in the page's Content-Security-Policy."""
    found = re.fullmatch(r"https://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?/[!-~]*", url)
    if not found or not all(part in url for part in ("{z}", "{x}", "{y}")):
        raise ValueError("must look like https://tiles.example.vn/{z}/{x}/{y}.png")
    return url


def _issuer(url: str) -> str:
    """As the issuer writes it, a slash at the end included: its tokens name it so. Keys fetched in the clear prove nothing."""
    _web_address(url)
    if not re.fullmatch(r"https?://([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?(/[!-~]*)?", url):
        raise ValueError(
            "must look like https://id.example.vn/realms/city"
        )  # it stands in the page's Content-Security-Policy
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("must be https, but on this very machine")
    return url


def _client(client: str, given: ValidationInfo) -> str:
    if not given.data.get("oidc_issuer"):
        raise ValueError("needs LANDMAP_OIDC_ISSUER beside it")
    return client


class Settings(BaseModel):
    """What one process works with. Every field is the variable LANDMAP_<NAME>; only `read_settings` looks at those."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Annotated[Path, AfterValidator(_absolute)] = Field(
        default_factory=lambda: (_REPOSITORY if (_REPOSITORY / "pyproject.toml").exists() else Path.cwd()) / ".landmap",
        description="where the embedded database and caches lie",
    )
    database_url: Annotated[SecretStr, AfterValidator(_postgresql)] | None = Field(
        None, description="a PostGIS of your own instead of the embedded one"
    )
    territory: str = Field("hcmc", pattern=r"^[a-z0-9-]+$", description="a file of layers/territories/, without .toml")
    layers: Annotated[Path, AfterValidator(_absolute)] = Field(
        _REPOSITORY / "layers", description="the folder of layer definitions"
    )
    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 for all")
    port: int = Field(8080, ge=1, le=65535, description="port to listen on")
    public_url: Annotated[str, AfterValidator(_web_address)] | None = Field(
        None, description="the address that users see, where a proxy stands before the service"
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_split)] = Field(
        (), description="networks, by commas, whose Forwarded and X-Forwarded-* headers are believed"
    )
    oidc_issuer: Annotated[str, AfterValidator(_issuer)] | None = Field(
        None, description="the OpenID Connect issuer whose tokens are taken, as in its discovery document"
    )
    oidc_audience: str = Field("landmap", min_length=1, description="the audience that those tokens must name")
    oidc_client: Annotated[str, AfterValidator(_client)] | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="the public client (code flow with PKCE, no secret) as which the map page signs people in at the issuer",
    )
    basemap: Annotated[str, AfterValidator(_tile_template)] | None = Field(
        None,
        description="pictures of another host that readers may switch on below the map; it then learns where they look. None: no foreign host",
    )
    basemap_credit: str = Field(
        "", max_length=200, description="whose pictures those are, as their licence wants it said"
    )
    metrics_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="the bearer token that opens /metrics; without it only this very machine reads them",
    )
    workers: int = Field(1, ge=1, le=64, description="processes that answer requests")
    statement_timeout_ms: int = Field(10_000, ge=100, le=600_000, description="longest time for one query")
    exports: int = Field(4, ge=1, le=64, description="downloads that one process makes at the same time")
    export_seconds: int = Field(1_800, ge=1, le=86_400, description="longest time for one download")
    export_megabytes: int = Field(
        4_096,
        ge=1,
        le=1_000_000,
        description="largest GeoPackage or FlatGeobuf; made in the folder for temporary files",
    )
    open_data: Annotated[Path, AfterValidator(_absolute)] | None = Field(
        None, description="the folder of open-data files; open-data/ of LANDMAP_HOME if left out"
    )
    open_data_megabytes: int = Field(
        51_200,
        ge=1,
        le=100_000_000,
        description="open-data files kept; above it older versions go and are made again when asked for",
    )
    own_worker: bool = Field(True, description="landmap serve runs jobs too; false where landmap worker does")
    jobs_at_once: int = Field(1, ge=1, le=64, description="jobs that one worker runs at the same time")
    job_seconds: int = Field(1_800, ge=1, le=86_400, description="longest time for one job")
    job_memory_megabytes: int = Field(4_096, ge=512, le=1_000_000, description="most memory of one job")
    job_hours: int = Field(72, ge=1, le=8_760, description="how long a job is kept with its results")
    job_megabytes: int = Field(
        2_048, ge=1, le=1_000_000, description="jobs kept with their results; above it the oldest go before their time"
    )
    jobs_of_caller: int = Field(20, ge=1, le=10_000, description="jobs of one key or person that wait and run")
    jobs_of_address: int = Field(4, ge=1, le=10_000, description="those of one address, where nobody signed in")
    jobs_of_public: int = Field(
        100, ge=1, le=100_000, description="those of all addresses together, where nobody signed in"
    )
    executions: int = Field(
        8, ge=1, le=256, description="processes that one process of the service runs at once for callers who wait"
    )
    execution_seconds: int = Field(30, ge=1, le=3_600, description="longest time for which a caller waits for one")
    callback_hosts: Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_callback_hosts)] = Field(
        (),
        description="hosts, by commas, that subscriptions and jobs may call: host (port 443), host:port; private addresses and networks too",
    )
    subscriptions_of_caller: int = Field(50, ge=1, le=10_000, description="subscriptions of one key or person")
    subscription_days: int = Field(30, ge=1, le=3_650, description="how long what subscriptions were told is kept")
    verifications_a_minute: int = Field(
        60,
        ge=1,
        le=1_000_000,
        description="seals that one process of the service verifies in a minute for one address; so many at once",
    )
    drawings_a_minute: int = Field(
        120,
        ge=1,
        le=1_000_000,
        description="pictures and PDF files that one process of the service draws in a minute for one address; so many at once",
    )
    idempotency_hours: int = Field(
        24,
        ge=1,
        le=8_760,
        description="how long the answer to a request with an Idempotency-Key is kept to be given again",
    )
    reports_of_address: int = Field(10, ge=1, le=10_000, description="reports that one address may send in an hour")
    reports_of_public: int = Field(
        600, ge=1, le=100_000, description="those of all addresses together in an hour, where nobody signed in"
    )
    report_megabytes: int = Field(4_096, ge=1, le=1_000_000, description="photos of reports kept in the database")
    report_contact_days: int = Field(
        180, ge=1, le=3_650, description="how long it is kept how to reach who sent a report"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least severe log line shown")
    lang: Literal["vi", "en"] | None = Field(None, description="language of the command line; else that of the locale")
    demo_parcels: int = Field(20_000, ge=100, le=5_000_000, description="parcels of the demo city")


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises LandmapError naming every wrong variable and the nearest right one."""
    names = os.environ if environ is None else environ
    problems = [_unknown(name) for name in sorted(names) if name.startswith(PREFIX) and not _is_known(name)]
    given = {_field(name): value for name, value in names.items() if _is_known(name) and value}
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        problems += [f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}." for e in error.errors(include_input=False)]
    if problems:
        raise LandmapError("\n".join(problems))
    return settings


def _field(name: str) -> str:
    return name.removeprefix(PREFIX).lower()


def _is_known(name: str) -> bool:
    return name.startswith(PREFIX) and name.isupper() and _field(name) in Settings.model_fields


def _unknown(name: str) -> str:
    known = [PREFIX + field.upper() for field in Settings.model_fields]
    near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.0)
    return f"{name} is not a setting of Landmap. Did you mean {near[0]}? All settings: {', '.join(known)}."
