"""Mail over a real mail server, into files, and as durable work."""

import asyncio
import contextlib
import email
import email.policy
import os
import socket
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from hub.kernel.clock import SystemClock
from hub.kernel.db import Database
from hub.kernel.mail import Folder, Mail, Smtp, SmtpServer
from hub.kernel.mailing import MAIL, Mailing, post
from protocols.errors import Refused
from tests.hub.kernel.test_worker import until, working

SENDER = "Voltdock <hub@voltdock.example>"


class Postman:
    """What the mail server does with what it is handed: keeps it, or refuses with these answers."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.to: list[str] = []
        self.refusals: list[str] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        read = email.message_from_bytes(envelope.content, policy=email.policy.SMTPUTF8)
        assert isinstance(read, EmailMessage)
        self.got.append(read)
        self.to += envelope.rcpt_tos
        return "250 OK"


@contextlib.asynccontextmanager
async def mail_server(postman: Postman, *, at: str = "127.0.0.1", **more: Any) -> AsyncIterator[str]:
    """A mail server on a free port of the loopback; its address."""
    bound = socket.create_server((at, 0))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(postman, enable_SMTPUTF8=True, hostname="localhost", loop=loop, **more), sock=bound
    )
    try:
        yield f"smtp://{at}:{bound.getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


async def _send(mail: Mail, to: str = "ada@voltdock.example", subject: str = "Chào Ada") -> None:
    await mail.send(ref="7", to=to, subject=subject, text="Grüße", html="<p>Grüße</p>", locale="de")


def _check(got: EmailMessage) -> None:
    assert (got["To"], got["From"], got["Subject"]) == ("ada@voltdock.example", SENDER, "Chào Ada")
    assert (got["Message-ID"], got["Content-Language"]) == ("<7@voltdock.example>", "de")
    plain, html = got.get_body(["plain"]), got.get_body(["html"])
    assert plain is not None
    assert html is not None
    assert (plain.get_content().strip(), html.get_content().strip()) == ("Grüße", "<p>Grüße</p>")


async def test_a_letter_arrives_at_a_mail_server_as_it_was_written() -> None:
    postman = Postman()
    async with mail_server(postman) as url:
        await _send(Smtp(SmtpServer.of(url), SENDER, SystemClock()))
    _check(postman.got[0])
    assert postman.to == ["ada@voltdock.example"]


async def test_an_address_with_other_letters_than_english_ones_is_written_to() -> None:
    postman = Postman()
    async with mail_server(postman) as url:
        await _send(Smtp(SmtpServer.of(url), SENDER, SystemClock()), to="jürgen@voltdock.example")
    assert postman.to == ["jürgen@voltdock.example"]


async def test_a_letter_that_is_refused_for_good_is_not_sent_again_and_one_that_is_put_off_is() -> None:
    postman = Postman()
    postman.refusals = ["550 no such box", "451 come back later"]
    async with mail_server(postman) as url:
        mail = Smtp(SmtpServer.of(url), SENDER, SystemClock())
        with pytest.raises(Refused, match="mail_refused"):
            await _send(mail)
        with pytest.raises(OSError, match="later"):
            await _send(mail)
    with pytest.raises(OSError, match="mail server"):
        await _send(mail)  # it is gone


async def test_without_a_mail_server_mail_becomes_files_and_the_log_says_so_once(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    mail = Folder(folder, SENDER, SystemClock())
    with structlog.testing.capture_logs() as logged:
        await _send(mail)
        await _send(mail)
    assert [one["event"] for one in logged] == ["mail_into_files"]
    (file,) = folder.iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("7.eml", 0o600)
    read = email.message_from_bytes(file.read_bytes(), policy=email.policy.SMTPUTF8)
    assert isinstance(read, EmailMessage)
    _check(read)


@pytest.mark.parametrize("to", ["a,b@c.de", "a@b.de\r\nBcc: c@d.de", "a@b.de, c@d.de", "<a@b.de>", "a b@c.de", ""])
async def test_an_address_that_is_more_than_one_is_refused(tmp_path: Path, to: str) -> None:
    with pytest.raises(Refused, match="mail_address_invalid"):
        await _send(Folder(tmp_path, SENDER, SystemClock()), to=to)
    assert os.listdir(tmp_path) == []  # noqa: PTH208


async def test_a_subject_cannot_bring_headers_of_its_own(tmp_path: Path) -> None:
    await _send(Folder(tmp_path, SENDER, SystemClock()), subject="Hi\r\nBcc: eve@voltdock.example")
    read = email.message_from_bytes((tmp_path / "7.eml").read_bytes(), policy=email.policy.SMTPUTF8)
    assert read["Bcc"] is None
    assert read["Subject"] == "Hi Bcc: eve@voltdock.example"


def test_a_password_crosses_a_network_only_under_tls() -> None:
    assert SmtpServer.of("smtp://u:p%40ss@mail.example").start_tls is True
    assert SmtpServer.of("smtp://u:p%40ss@mail.example").password == "p@ss"
    assert SmtpServer.of("smtp://mail.example").start_tls is None
    tls = SmtpServer.of("smtps://u:p@mail.example")
    assert (tls.port, tls.implicit_tls, tls.start_tls) == (465, True, False)
    assert "p" not in repr(tls).split("username")[1].replace("username='u'", "")
    for bad in ("http://mail.example", "smtp://", "smtp://mail.example/path", "mail.example"):
        with pytest.raises(ValueError, match="smtp"):
            SmtpServer.of(bad)


async def test_a_password_is_shown_to_a_mail_server_on_this_machine() -> None:
    shown: list[tuple[bytes, bytes]] = []

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        shown.append((data.login, data.password))
        return AuthResult(success=True)

    postman = Postman()
    async with mail_server(postman, authenticator=authenticate, auth_require_tls=False) as url:
        await _send(Smtp(SmtpServer.of(url.replace("//", "//hub:p%40ss@")), SENDER, SystemClock()))
    assert (shown, len(postman.got)) == ([(b"hub", b"p@ss")], 1)


async def test_a_password_is_not_shown_across_a_network_to_a_server_without_tls() -> None:
    shown: list[object] = []

    def authenticate(*said: Any) -> AuthResult:
        shown.append(said)
        return AuthResult(success=True)

    postman = Postman()
    # 127.0.0.2 is this machine too, but not by a name that the hub knows for it.
    async with mail_server(postman, at="127.0.0.2", authenticator=authenticate, auth_require_tls=False) as url:
        with pytest.raises(OSError, match="mail server"):
            await _send(Smtp(SmtpServer.of(url.replace("//", "//hub:p%40ss@")), SENDER, SystemClock()))
    assert (shown, postman.got) == ([], [])


async def test_a_letter_of_a_transaction_leaves_after_its_commit_and_one_that_was_rolled_back_never(
    database: Database, tmp_path: Path
) -> None:
    postman, clock = Postman(), SystemClock()
    postman.refusals = ["451 come back later"]
    letter = {"to": "ada@voltdock.example", "subject": "x", "text": "x", "html": "", "locale": "en"}
    async with mail_server(postman) as url:
        mailing = Mailing(Smtp(SmtpServer.of(url), SENDER, clock))
        with contextlib.suppress(Refused):
            async with database.transaction() as session:
                await post(session, clock, **letter)
                raise Refused("no")
        async with working(database, tmp_path, {MAIL: mailing.deliver}):
            async with database.transaction() as session:
                wish_id = await post(session, clock, **letter)
            await until(database, lambda one: one.done_at is not None)
    assert [one["Message-ID"] for one in postman.got] == [f"<{wish_id}@voltdock.example>"]
