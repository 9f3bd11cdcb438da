"""Mail as durable work: a domain writes a letter in its own transaction; it leaves after the commit."""

import uuid
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.clock import Clock
from hub.kernel.mail import Mail
from hub.kernel.wishes import PRIVATE, Task, wish

MAIL: Final = "mail"


async def post(
    session: AsyncSession, clock: Clock, *, to: str, subject: str, text: str, html: str, locale: str
) -> uuid.UUID:
    """Wish that this letter is sent. It lies in the database for 30 days: nothing secret belongs into it."""
    letter = {"to": to, "subject": subject, "text": text, "html": html, "locale": locale}
    return await wish(session, clock, MAIL, {PRIVATE: letter})


class Mailing:
    """Carries the wishes `mail` out."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def deliver(self, task: Task) -> None:
        """Hand the letter to the way out, under the wish's id."""
        private = task.payload[PRIVATE]
        letter = {name: str(private[name]) for name in ("to", "subject", "text", "html", "locale")}
        await self._mail.send(ref=str(task.id), **letter)
