"""The agent's settings: a TOML file, with `VOLTDOCK_EDGE_…` from the environment on top. Frozen; read once at start.

Unknown keys are errors that name the key; all problems are listed at once. `redacted` is what people may see.
"""

import os
import re
import ssl
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

_HEX_KEY: Final = re.compile(r"[0-9a-fA-F]{32}")
SHARED_MQTT_URL: Final = "VOLTDOCK_MQTT_URL"  # the same broker for hub and stations
_BROKER: Final = re.compile(r"mqtts?://(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?/?")
Port = Annotated[int, Field(ge=0, le=65535)]


class Slice(BaseModel):
    """Base of every table in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HubSlice(Slice):
    """How often the hub is asked when nothing calls; `url` where it moved since the station was enrolled."""

    url: Annotated[str, Field(pattern=r"^https?://[^/@\s]+$")] | None = None
    poll_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    live: bool = True


class MqttSlice(Slice):
    """The broker of the live link, where there is one. `username` is the station's id unless it is given."""

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
    def _fits(self) -> "MqttSlice":
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


def _port_is_one(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


class StoreSlice(Slice):
    """How much room the station's file may take, by class of data, and how long it keeps what the hub holds."""

    max_mb: Annotated[int, Field(ge=64, le=1_048_576)] = 2048
    reserve_mb: Annotated[int, Field(ge=1, le=1024)] = 24
    telemetry_share: Annotated[float, Field(gt=0, le=0.8)] = 0.5
    telemetry_delay_s: Annotated[float, Field(ge=0, le=60)] = 5.0
    journal_share: Annotated[float, Field(gt=0, le=0.5)] = 0.1
    thin_below_mb: Annotated[int, Field(ge=0)] = 512
    stop_below_mb: Annotated[int, Field(ge=0)] = 160
    keep_facts_h: Annotated[int, Field(ge=1, le=8760)] = 72
    keep_journal_days: Annotated[int, Field(ge=1, le=3650)] = 30
    backup: bool = True
    flash_tbw: Annotated[float, Field(gt=0)] = 5.0

    @model_validator(mode="after")
    def _fits(self) -> "StoreSlice":
        if self.reserve_mb * 2 > self.max_mb:
            raise ValueError("reserve_mb may be at most half of max_mb")
        if self.stop_below_mb > self.thin_below_mb:
            raise ValueError("stop_below_mb may not be above thin_below_mb")
        return self


class KioskSlice(Slice):
    """Where the kiosk's page and the local API are served."""

    host: str = "127.0.0.1"
    port: Port = 8090


class DockSlice(Slice):
    """One dock: its number at the station, its address on the bus, its own secret (or a file that holds it)."""

    no: Annotated[int, Field(ge=1, le=247)]
    address: Annotated[int, Field(ge=1, le=247)]
    secret: SecretStr | None = None
    secret_file: Path | None = None

    @model_validator(mode="after")
    def _has_a_key(self) -> "DockSlice":
        if (self.secret is None) == (self.secret_file is None):
            raise ValueError("give either secret or secret_file")
        if self.secret is not None and not _HEX_KEY.fullmatch(self.secret.get_secret_value()):
            raise ValueError("secret must be 32 hexadecimal digits (128 bits)")
        if self.secret_file is not None and not self.secret_file.is_file():
            raise ValueError(f"secret_file {self.secret_file} is no readable file")
        return self

    def key(self) -> bytes:
        """The 16 bytes. Raises ValueError when the file does not hold 32 hexadecimal digits."""
        text = self.secret_file.read_text().strip() if self.secret_file else self.secret.get_secret_value()  # type: ignore[union-attr]
        if not _HEX_KEY.fullmatch(text):
            raise ValueError(f"{self.secret_file}: expected 32 hexadecimal digits")
        return bytes.fromhex(text)


class DocksSlice(Slice):
    """The dock bus. Without a port the station has no docks."""

    port: str | None = None
    baud: Annotated[int, Field(ge=1200, le=3_000_000)] = 115_200
    dock: tuple[DockSlice, ...] = ()

    @field_validator("dock")
    @classmethod
    def _each_once(cls, docks: tuple[DockSlice, ...]) -> tuple[DockSlice, ...]:
        for name in ("no", "address"):
            values = [getattr(dock, name) for dock in docks]
            if len(set(values)) != len(values):
                raise ValueError(f"two docks have the same {name}")
        return docks


class ChargerSlice(Slice):
    """One charge point that may connect."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9*_.:-]{1,48}$")]
    label: str = ""
    connectors: Annotated[int, Field(ge=1, le=32)] = 1
    password: SecretStr | None = None


class ChargersSlice(Slice):
    """The OCPP central system."""

    host: str = "127.0.0.1"
    port: Port = 9000
    charger: tuple[ChargerSlice, ...] = ()


class MeterSlice(Slice):
    """One Modbus TCP meter; `profile` names a file of protocols/meter/profiles."""

    id: str
    profile: str
    host: str
    port: Port = 502
    unit: Annotated[int, Field(ge=0, le=255)] = 1
    interval_s: Annotated[float, Field(gt=0)] = 2.0


class LeasesSlice(Slice):
    """What stays for people without a booking, whatever the hub asks to be kept for it."""

    walk_in_min: Annotated[int, Field(ge=0, le=247)] = 0


class LogSlice(Slice):
    """What is logged, and in which form."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "json"


class Settings(BaseSettings):
    """Everything the agent can be told."""

    model_config = SettingsConfigDict(
        env_prefix="VOLTDOCK_EDGE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_dir: Path = Path("/var/lib/voltdock-edge")
    hub: HubSlice = HubSlice()
    mqtt: MqttSlice = MqttSlice()
    store: StoreSlice = StoreSlice()
    kiosk: KioskSlice = KioskSlice()
    docks: DocksSlice = DocksSlice()
    chargers: ChargersSlice = ChargersSlice()
    meters: tuple[MeterSlice, ...] = ()
    leases: LeasesSlice = LeasesSlice()
    log: LogSlice = LogSlice()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment is stronger than the file (which comes in as arguments)."""
        return env_settings, init_settings


class Misconfigured(Exception):
    """The settings cannot be used. `problems` lists all of them, each with its key, its value and what was expected."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read(path: Path | None) -> Settings:
    """The effective settings. Raises Misconfigured."""
    try:
        given: dict[str, Any] = {} if path is None else tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured([f"{path}: cannot be read: {error}"]) from error
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured([f"{path}: is no TOML: {error}"]) from error
    _add_shared_broker(given)
    problems = [f"{name}: unknown environment variable" for name in unknown_variables(os.environ)]
    # At the top level pydantic-settings would take some of these for its own arguments.
    problems += [f"{key}: unknown key" for key in given if key not in Settings.model_fields]
    known = {key: value for key, value in given.items() if key in Settings.model_fields}
    try:
        settings = Settings(**known)
    except ValidationError as error:
        raise Misconfigured(problems + [_problem(one) for one in error.errors(include_url=False)]) from error
    except SettingsError as error:
        raise Misconfigured([*problems, f"environment: {error}: expected JSON"]) from error
    if problems:
        raise Misconfigured(problems)
    return settings


def _add_shared_broker(given: dict[str, Any]) -> None:
    """The environment is stronger than the file, and a name of the agent's own stronger than the shared one."""
    mqtt = given.get("mqtt", {})
    if os.environ.get(SHARED_MQTT_URL) and isinstance(mqtt, dict):
        given["mqtt"] = {**mqtt, "url": os.environ[SHARED_MQTT_URL]}


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Variables with our prefix that mean nothing: a misspelt one must not pass for a set one."""
    prefix = Settings.model_config["env_prefix"]
    names = set(_variables(Settings, prefix.upper()))
    return sorted(one for one in environment if one.upper().startswith(prefix) and one.upper() not in names)


def _variables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, about in model.model_fields.items():
        variable = prefix + name.upper()
        yield variable
        if isinstance(about.annotation, type) and issubclass(about.annotation, BaseModel):
            yield from _variables(about.annotation, variable + "__")


def _problem(error: Any) -> str:
    """``hub.poll_s = -1: expected greater than 0``; a secret's value is never shown, nor what may hold one."""
    key = ".".join(str(part) for part in error["loc"]) or "(file)"
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key"
    shown = (
        f" = {error['input']!r}" if error["type"] not in ("model_type", "tuple_type") and _may_be_shown(error) else ""
    )
    return f"{key}{shown}: {message}"


def _may_be_shown(error: Any) -> bool:
    value = error["input"]
    secret = any(word in str(part) for part in error["loc"] for word in ("secret", "password"))
    return not secret and isinstance(value, str | int | float) and not ("://" in str(value) and "@" in str(value))


def redacted(settings: Settings) -> dict[str, Any]:
    """The effective settings with secrets shown as asterisks; JSON types only."""
    return settings.model_dump(mode="json")
