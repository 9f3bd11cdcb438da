"""Waiting on conditions, always with a deadline. Nothing here knows what is waited for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

EVERY_S: Final = 0.05

T = TypeVar("T")


class DemoError(Exception):
    """The demo cannot go on; the text is for a person."""


async def until(
    what: str, probe: Callable[[], Awaitable[T | None]], *, timeout_s: float, every_s: float = EVERY_S
) -> T:
    """Ask `probe` until it gives something other than None or False. Raises DemoError when it takes too long."""
    last = ""
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                try:
                    found = await probe()
                except NotYetError as error:
                    last, found = str(error), None
                if found is not None and found is not False:
                    return found
                await asyncio.sleep(every_s)
    except TimeoutError:
        raise DemoError(f"{what}: not within {timeout_s:g} s{': ' + last if last else ''}") from None


class NotYetError(Exception):
    """A probe's word for: ask again; the text says how things stand."""
