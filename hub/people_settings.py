"""The settings of how people reach the hub and it reaches them: addresses, proxies, mail. `settings` has them all."""

import ipaddress
from email.utils import parseaddr
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class Slice(BaseModel):
    """Base of every group of settings: frozen; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
