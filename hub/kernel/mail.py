"""Mail: the port, and its two ways out: a mail server, or files in the data folder. Knows no text and no template.

Nobody calls `send` in a transaction: mail is durable work (`mailing.py`), tried again with the same `ref`.
"""

import asyncio
import os
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import structlog

from hub.kernel.clock import Clock
from protocols.errors import Refused

TIMEOUT_S: Final = 20.0
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_DEFAULT_PORT: Final = {"smtp": 587, "smtps": 465}  # RFC 6409 submission, RFC 8314 implicit TLS
_log = structlog.get_logger("hub.mail")


class Mail(Protocol):
    """A way out for mail."""

    async def send(self, *, ref: str, to: str, subject: str, text: str, html: str, locale: str) -> None:
        """Send it. The same `ref` is the same letter, sent again after a failure.

        Raises Refused when it will never arrive (`mail_address_invalid`, `mail_refused`); OSError when it may later.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mail is handed in. `tls`: from the first byte, by STARTTLS, or only where the server offers it."""

    host: str
    port: int
    implicit_tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, url: str) -> "SmtpServer":
        """Out of `smtp://user:password@host:587` or `smtps://…`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in _DEFAULT_PORT or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("expected smtp://user:password@host:port or smtps://…")
        return cls(
            host=parts.hostname,
            port=parts.port or _DEFAULT_PORT[parts.scheme],
            implicit_tls=parts.scheme == "smtps",
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    @property
    def start_tls(self) -> bool | None:
        """Required where a password would cross a network; else as the server offers it (None)."""
        if self.implicit_tls:
            return False
        return True if self.username is not None and self.host not in _LOOPBACK else None


class Smtp:
    """`Mail` by a server. A connection per letter: they are few, and none outlives its sender."""

    def __init__(self, server: SmtpServer, sender: str, clock: Clock) -> None:
        self._server = server
        self._sender = sender
        self._clock = clock

    async def send(self, *, ref: str, to: str, subject: str, text: str, html: str, locale: str) -> None:
        # Imported here: a hub without a mail server need not carry it.
        import aiosmtplib  # noqa: PLC0415

        letter = _letter(self._sender, self._clock, ref, to, subject, text, html, locale)
        server = self._server
        try:
            await aiosmtplib.send(
                letter, sender=_bare(self._sender), recipients=[to], hostname=server.host, port=server.port,
                username=server.username, password=server.password, use_tls=server.implicit_tls,
                start_tls=server.start_tls, timeout=TIMEOUT_S,
            )  # fmt: skip
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(one.code >= 500 for one in error.recipients):
                raise Refused("mail_refused", status=error.recipients[0].code) from error
            raise OSError(f"the mail server takes it later: {error.recipients[0].code}") from error
        except aiosmtplib.SMTPDataError as error:
            if error.code >= 500:
                raise Refused("mail_refused", status=error.code) from error
            raise OSError(f"the mail server takes it later: {error.code}") from error
        except aiosmtplib.SMTPException as error:
            raise OSError(f"mail server: {error}") from error


class Folder:
    """`Mail` into files, for a hub without a mail server: `<folder>/<ref>.eml`. Says so once."""

    def __init__(self, folder: Path, sender: str, clock: Clock) -> None:
        self._folder = folder
        self._sender = sender
        self._clock = clock
        self._said = False

    async def send(self, *, ref: str, to: str, subject: str, text: str, html: str, locale: str) -> None:
        if not self._said:
            self._said = True
            _log.warning("mail_into_files", folder=str(self._folder), reason="no smtp_url is set")
        letter = _letter(self._sender, self._clock, ref, to, subject, text, html, locale)
        await asyncio.to_thread(_write, self._folder, f"{ref}.eml", letter.as_bytes(policy=SMTPUTF8))


def _write(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(mode=0o700, exist_ok=True, parents=True)
    half = folder / f".{name}"
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    half.rename(folder / name)


def _letter(
    sender: str, clock: Clock, ref: str, to: str, subject: str, text: str, html: str, locale: str
) -> EmailMessage:
    letter = EmailMessage(policy=SMTPUTF8)
    letter["From"] = sender
    try:
        letter["To"] = to
    except (ValueError, MessageError, IndexError) as error:
        raise Refused("mail_address_invalid") from error
    if [one.addr_spec for one in letter["To"].addresses] != [to]:
        raise Refused("mail_address_invalid")  # more than one, or more than an address
    letter["Subject"] = " ".join(subject.split())
    letter["Date"] = format_datetime(clock.now())
    letter["Message-ID"] = f"<{ref}@{_bare(sender).rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer by machines, please
    letter.set_content(text)
    if html:
        letter.add_alternative(html, subtype="html")
    letter["Content-Language"] = locale  # last: the parts take every Content-… that is there before them
    return letter


def _bare(sender: str) -> str:
    return parseaddr(sender)[1]
