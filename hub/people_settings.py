"""The settings of how people reach the hub and it reaches them: addresses, proxies, mail, log-ins elsewhere."""

import ipaddress
import json
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_NAME: Final = re.compile(r"[a-z0-9-]{1,40}")


class Slice(BaseModel):
    """Base of every group of settings: frozen; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OidcSettings(Slice):
    """A provider of log-ins (OpenID Connect), under its name."""

    issuer: str = Field(description="As its tokens name it: https://…")
    client_id: str
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    scopes: str = "openid email profile"
    title: str = Field(default="", description="What people read on its button; default: its name")
    role: str = Field(default="renter", description="What its people become at their first log-in")
    organisation: str | None = Field(
        default=None, description="Whose people it knows, by its slug; default: the house's"
    )

    @model_validator(mode="after")
    def _fits(self) -> "OidcSettings":
        parts = _split(self.issuer)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ValueError("issuer: expected https://…")
        if "openid" not in self.scopes.split():
            raise ValueError("scopes: openid must be among them")
        self.secret()
        return self

    def secret(self) -> str | None:
        """The client's secret, from wherever it is given; None for a public client. Raises ValueError."""
        if self.client_secret is not None and self.client_secret_file is not None:
            raise ValueError("give either client_secret or client_secret_file")
        if self.client_secret_file is None:
            return None if self.client_secret is None else self.client_secret.get_secret_value()
        try:
            return self.client_secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"client_secret_file {self.client_secret_file} cannot be read") from error


class PeopleSettings(Slice):
    """Where people reach the hub, and how it writes to them."""

    public_url: str | None = Field(
        default=None, description="Where people reach the hub, e.g. https://hub.example; default: http://host:port"
    )
    smtp_url: SecretStr | None = Field(
        default=None, description="smtp://user:password@host:587 or smtps://…; default: mail becomes files"
    )
    mail_from: str = Field(default="voltdock@localhost", description="The sender of mail")

    trusted_proxies: str = Field(
        default="", description="Addresses or networks whose X-Forwarded-For is believed, e.g. 127.0.0.1, 10.0.0.0/8"
    )

    oidc: dict[str, OidcSettings] = Field(default={}, description="Providers of log-ins by name")

    @field_validator("oidc", mode="before")
    @classmethod
    def _read(cls, given: object) -> object:
        try:
            return json.loads(given) if isinstance(given, str) else given
        except ValueError:
            return given  # which is then no dictionary

    @field_validator("oidc")
    @classmethod
    def _names(cls, given: dict[str, OidcSettings]) -> dict[str, OidcSettings]:
        for name in given:
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r}: a provider's name is of lower-case letters, digits and -")
        return given

    @property
    def proxies(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The networks of `trusted_proxies`. Raises ValueError."""
        return tuple(ipaddress.ip_network(one.strip()) for one in self.trusted_proxies.split(",") if one.strip())

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, text: str) -> str:
        for one in text.split(","):
            if one.strip():
                ipaddress.ip_network(one.strip())
        return text

    @field_validator("public_url")
    @classmethod
    def _an_origin(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = _split(url)
        if parts.scheme not in {"http", "https"} or parts.query or parts.fragment or parts.username:
            raise ValueError("expected http://… or https://…, without query")
        return url.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _a_mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            parts = _split(url.get_secret_value())
            if parts.scheme not in {"smtp", "smtps"} or parts.path.strip("/") or parts.query:
                raise ValueError("expected smtp://user:password@host:port or smtps://…")
        return url

    @field_validator("mail_from")
    @classmethod
    def _a_sender(cls, sender: str) -> str:
        if "@" not in parseaddr(sender)[1] or any(one in sender for one in "\r\n"):
            raise ValueError("expected an address such as Voltdock <hub@example.org>")
        return sender


def _split(url: str) -> SplitResult:
    """The parts of an address that names a host and, if any, a port. Raises ValueError."""
    parts = urlsplit(url)
    if not parts.hostname or parts.port == 0:
        raise ValueError("expected the address of a host")
    return parts
