"""PINs of bookings with their verifiers, and how some of them are made ahead, while nobody books.

A verifier is seven milliseconds of work (`protocols/voucher/pin.py`): at a hundred bookings a second most of a core.
In a crowd those that lie ready are given first. None is given twice, none is kept anywhere but in this process.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from protocols.voucher.pin import pin_hash

QUIET_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A PIN and its verifier."""

    pin: str
    verifier: str


class Pins:
    """Gives secrets; `run` keeps so many of them `ahead`."""

    def __init__(self, ahead: int, rest: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._ahead = ahead
        self._rest = rest
        self._ready: deque[Secret] = deque()
        self._asked = False

    async def one(self, wanted: str | None) -> Secret:
        """The PIN that somebody wants, or a new one; beside the loop, unless one lies ready."""
        self._asked = True
        if wanted is None and self._ready:
            return self._ready.popleft()
        return await asyncio.to_thread(_made, wanted or _fresh())

    async def run(self) -> None:
        """Make what is missing, with half a core at most, and nothing within a second after somebody asked."""
        while self._ahead:
            if self._asked or len(self._ready) >= self._ahead:
                self._asked = False
                await self._rest(QUIET_S)
                continue
            began = time.perf_counter()
            self._ready.append(await asyncio.to_thread(_made, _fresh()))
            await self._rest(time.perf_counter() - began)
        await asyncio.Event().wait()


def _fresh() -> str:
    return f"{secrets.randbelow(10_000):04d}"


def _made(pin: str) -> Secret:
    return Secret(pin=pin, verifier=pin_hash(pin, secrets.token_bytes(16)))
