"""The hub's settings: defaults, then a TOML file, then the environment. All problems are told at once."""

import os
import re
import ssl
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator

from hub.money_settings import (
    GatewaySettings,
    InvoiceSettings,
    ReconciliationSettings,
    StripeSettings,
    VnpaySettings,
)
from hub.people_settings import PeopleSettings, Slice

PREFIX = "VOLTDOCK_HUB_"
SHARED_MQTT_URL = "VOLTDOCK_MQTT_URL"  # the same broker for hub and stations
_NESTED = "__"
_BROKER: Final = re.compile(r"mqtts?://(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?/?")
_STORES: Final = ("file:///", "memory:///", "s3://", "gs://", "az://", "https://")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class BadSettingsError(Exception):
    """Settings that cannot work; every problem in one list."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class LogSettings(Slice):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class MqttSettings(Slice):
    """The broker of the stations' live links, where there is one. `username` is `hub` unless it is given."""

    url: str | None = None
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    @field_validator("url")
    @classmethod
    def _an_address(cls, url: str | None) -> str | None:
        if url is not None and not (_BROKER.fullmatch(url) and _port_is_one(url)):
            raise ValueError("expected mqtt://HOST:PORT or mqtts://HOST:PORT, without name and password")
        return url

    @model_validator(mode="after")
    def _fits(self) -> "MqttSettings":
        if self.password is not None and self.password_file is not None:
            raise ValueError("give either password or password_file")
        if self.key_file is not None and self.cert_file is None:
            raise ValueError("key_file needs cert_file")
        files = (self.ca_file, self.cert_file, self.key_file)
        if any(files) and not (self.url or "mqtts:").startswith("mqtts:"):
            raise ValueError("certificates need an address that begins with mqtts://")
        self.secret()
        self.tls()
        return self

    @property
    def host(self) -> str:
        """The broker's name or address; empty without a broker."""
        return urlsplit(self.url or "").hostname or ""

    @property
    def port(self) -> int:
        """The broker's port: 1883, with TLS 8883, unless the address says otherwise."""
        parts = urlsplit(self.url or "")
        return parts.port or (8883 if parts.scheme == "mqtts" else 1883)

    def secret(self) -> str | None:
        """The password, from wherever it is given. Raises ValueError for a file that cannot be read."""
        if self.password_file is None:
            return None if self.password is None else self.password.get_secret_value()
        try:
            return self.password_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"password_file {self.password_file} cannot be read") from error

    def tls(self) -> ssl.SSLContext | None:
        """How the broker is checked, and what is shown to it; None for mqtt://. Raises ValueError."""
        if self.url is None or not self.url.startswith("mqtts:"):
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.cert_file is not None:
                context.load_cert_chain(self.cert_file, self.key_file)
        except OSError as error:
            raise ValueError(f"ca_file, cert_file or key_file cannot be used: {error}") from error
        return context


class SyncSettings(Slice):
    """How many stations are served at once, and how many wait; who comes beyond that is told when to come back."""

    at_once: int = Field(default=6, ge=1, le=200, description="Sync requests that work at the same time")
    waiting: int = Field(default=200, ge=0, le=10_000, description="Sync requests that may wait for their turn")
    wait_s: float = Field(default=10, gt=0, le=20, description="How long they wait at most; stations give up at 30")


_FOR_OTHERS: Final = 4  # connections that stations' syncs leave to the API, live links and jobs


def _port_is_one(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


class LeaseSettings(Slice):
    """How long vehicles are kept for bookings; see docs/leases.md."""

    margin_s: float = Field(default=60, ge=0, le=3600, description="How far a station's clock and ours may be apart")
    answer_s: float = Field(default=900, ge=1, le=86_400, description="How long a booking waits for its station")
    keep_before_s: float = Field(
        default=86_400, ge=0, le=2_592_000, description="So long before its time it is asked for"
    )
    ahead_s: float = Field(
        default=21_600, ge=600, le=604_800, description="How long a lease for bookings to come lasts"
    )
    retry_s: float = Field(default=300, ge=1, le=86_400, description="When a station that had none is asked again")
    every_s: float = Field(default=10, gt=0, le=3600, description="How often what is due is looked at")


class BookingSettings(Slice):
    """Holds, and what it costs to cancel late or not to come; see docs/booking.md. In the station's currency."""

    hold_s: float = Field(default=600, ge=10, le=3600, description="How long a vehicle is held to be confirmed")
    free_cancel_s: float = Field(default=3600, ge=0, le=2_592_000, description="So long before it costs nothing")
    cancel_fee_minor: int = Field(default=0, ge=0, le=10_000_000, description="A cancellation later than that")
    late_cancel_s: float = Field(default=900, ge=0, le=2_592_000, description="So long before it is late")
    late_cancel_fee_minor: int = Field(default=0, ge=0, le=10_000_000, description="A late cancellation")
    no_show_fee_minor: int = Field(default=0, ge=0, le=10_000_000, description="Not coming at all")
    pins_ahead: int = Field(default=0, ge=0, le=100_000, description="PINs made ahead, while nobody books, for a crowd")

    @model_validator(mode="after")
    def _in_order(self) -> "BookingSettings":
        if self.late_cancel_s > self.free_cancel_s:
            raise ValueError("late_cancel_s must not be longer than free_cancel_s")
        return self


class PhotoSettings(Slice):
    """How long the pictures that staff took are kept; see docs/staff.md."""

    kept_days: int = Field(default=180, ge=1, le=36_500, description="From when they were taken; then they are deleted")


class Settings(PeopleSettings):
    """Everything that can be set. Environment: `VOLTDOCK_HUB_…`, nested with `__`; secrets also by `…_FILE`."""

    host: str = Field(default="127.0.0.1", description="Address to bind to")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to bind to; 0 takes a free one")
    data_dir: Path = Field(default=Path("hub-data"), description="Folder of keys and the embedded database")
    database_url: SecretStr | None = Field(
        default=None, description="postgresql+asyncpg://… or sqlite+aiosqlite:///…; default: a file in data_dir"
    )
    files_url: str | None = Field(
        default=None,
        description="Store of files: file:///…, s3://…, gs://…, az://…; default: data_dir/files",
    )
    database_connections: int = Field(default=10, ge=5, le=500, description="Connections to PostgreSQL, at most")
    max_body_bytes: int = Field(default=1024 * 1024, ge=1024, description="Largest JSON body")
    shutdown_s: float = Field(default=10, gt=0, le=120, description="How long running requests may finish")
    drain_s: float | None = Field(
        default=None,
        ge=0,
        le=120,
        description="How long before the port closes /readyz says so; default: 5 with PostgreSQL, 0 with SQLite",
    )
    sync: SyncSettings = SyncSettings()
    mqtt: MqttSettings = MqttSettings()
    gateway: GatewaySettings = GatewaySettings()
    stripe: StripeSettings = StripeSettings()
    vnpay: VnpaySettings = VnpaySettings()
    leases: LeaseSettings = LeaseSettings()
    booking: BookingSettings = BookingSettings()
    photos: PhotoSettings = PhotoSettings()
    invoices: InvoiceSettings = InvoiceSettings()
    reconciliation: ReconciliationSettings = ReconciliationSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _leaves_connections(self) -> "Settings":
        if self.sync.at_once > self.database_connections - _FOR_OTHERS:
            raise ValueError(f"sync.at_once must leave {_FOR_OTHERS} of database_connections to the API and the jobs")
        return self

    @property
    def leaves_in_s(self) -> float:
        """How long to serve on after SIGTERM. With SQLite there is no other process to go to."""
        if self.drain_s is not None:
            return self.drain_s
        return 0.0 if self.url.startswith("sqlite") else 5.0

    @property
    def url(self) -> str:
        """The database's address with its driver."""
        if self.database_url is None:
            return f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'hub.sqlite'}"
        given = self.database_url.get_secret_value()
        for short, full in _DRIVERS.items():
            if given.startswith(short):
                return full + given.removeprefix(short)
        return given

    @property
    def files(self) -> str:
        """The address of the store of files."""
        return (self.data_dir.absolute() / "files").as_uri() if self.files_url is None else self.files_url

    @field_validator("files_url")
    @classmethod
    def _a_store(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(_STORES):
            raise ValueError(f"expected one of {', '.join(_STORES)}")
        return url

    @property
    def people_reach(self) -> str:
        """What the links that people get begin with."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but this machine can reach the hub."""
        return self.host in _LOOPBACK


_DRIVERS = {
    "postgresql://": "postgresql+asyncpg://",
    "postgres://": "postgresql+asyncpg://",
    "sqlite://": "sqlite+aiosqlite://",
}
_KNOWN_URLS = ("postgresql+asyncpg://", "sqlite+aiosqlite:///")


def load(config: Path | None, environ: Mapping[str, str], **given: Any) -> Settings:
    """The effective settings; `given` (command-line options that are not None) win. Raises BadSettingsError."""
    problems: list[str] = []
    values = _from_toml(config, problems) if config is not None else {}
    origin = {key: f"{config}: {key}" for key in values}
    _merge_environment(values, environ, origin, problems)
    values |= {key: value for key, value in given.items() if value is not None}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [_told(one, origin) for one in error.errors(include_url=False)]
        raise BadSettingsError(problems) from error
    if not settings.url.startswith(_KNOWN_URLS):
        scheme = settings.url.split(":", 1)[0]
        problems.append(f"database_url: {scheme!r}: expected postgresql://… or sqlite:///…")
    if problems:
        raise BadSettingsError(problems)
    return settings


def _from_toml(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(f"{path}: {error.strerror}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path}: not TOML: {error}")
    return {}


def _merge_environment(
    values: dict[str, Any], environ: Mapping[str, str], origin: dict[str, str], problems: list[str]
) -> None:
    if environ.get(SHARED_MQTT_URL):
        given = values.get("mqtt")
        values["mqtt"] = {**(given if isinstance(given, dict) else {}), "url": environ[SHARED_MQTT_URL]}
        origin["mqtt.url"] = SHARED_MQTT_URL
    for name, text in sorted(environ.items()):
        if not name.startswith(PREFIX):
            continue
        value: str | None = text
        keys = name.removeprefix(PREFIX).lower().split(_NESTED)
        if keys[-1].endswith("_file") and keys[-1].removesuffix("_file") in Settings.model_fields:
            keys[-1] = keys[-1].removesuffix("_file")
            value = _secret(name, Path(text), problems)
        if value is None:
            continue
        inner = values
        for key in keys[:-1]:
            # A TOML value that is no table is replaced: the environment is the later word.
            inner[key] = inner = dict(inner[key]) if isinstance(inner.get(key), dict) else {}
        inner[keys[-1]] = value
        origin[".".join(keys)] = name


def _secret(name: str, path: Path, problems: list[str]) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{name}: cannot read {os.fspath(path)}: {error}")
        return None


def _told(error: Any, origin: Mapping[str, str]) -> str:
    key = ".".join(str(part) for part in error["loc"])
    where = origin.get(key, key)
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key"
    shown = f" {error['input']!r}" if _may_be_shown(key, error["input"]) else ""
    return f"{where}:{shown} {error['msg'][0].lower()}{error['msg'][1:]}"


def _may_be_shown(key: str, value: Any) -> bool:
    secret = any(word in key for word in ("database_url", "smtp_url", "password", "api_key", "secret"))
    return not secret and isinstance(value, str | int | float) and not ("://" in str(value) and "@" in str(value))
