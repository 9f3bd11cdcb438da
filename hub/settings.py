"""The hub's settings: defaults, then a TOML file, then the environment. All problems are told at once."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

PREFIX = "VOLTDOCK_HUB_"
_NESTED = "__"
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class BadSettingsError(Exception):
    """Settings that cannot work; every problem in one list."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _Slice(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LogSettings(_Slice):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Settings(_Slice):
    """Everything that can be set. Environment: `VOLTDOCK_HUB_…`, nested with `__`; secrets also by `…_FILE`."""

    host: str = Field(default="127.0.0.1", description="Address to bind to")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to bind to; 0 takes a free one")
    data_dir: Path = Field(default=Path("hub-data"), description="Folder of keys and the embedded database")
    database_url: SecretStr | None = Field(
        default=None, description="postgresql+asyncpg://… or sqlite+aiosqlite:///…; default: a file in data_dir"
    )
    max_body_bytes: int = Field(default=1024 * 1024, ge=1024, description="Largest JSON body")
    shutdown_s: float = Field(default=10, gt=0, le=120, description="How long running requests may finish")
    log: LogSettings = LogSettings()

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
    secret = "database_url" in key
    shown = "" if secret else f" {error['input']!r}"
    return f"{where}:{shown} {error['msg'][0].lower()}{error['msg'][1:]}"
