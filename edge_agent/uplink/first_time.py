"""The first word about the time, for a station that knows none and whose hub's certificate is out of its period.

The answer comes over a connection that nobody vouches for; a signature by a key of the hub over our own fresh number
does. Asked only then, and only while the clock is not trusted; what it says is one more word to the timekeeper.
"""

import secrets
from collections.abc import Callable, Collection
from typing import Final

import aiohttp
import structlog

from edge_agent.runtime.clock import Clock
from protocols.errors import Malformed, Refused
from protocols.sync.first_time import MAX_ANSWER_BYTES, PATH, read_time

# An answer that is held back widens the reading by half of what it was held: at most so much.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10, sock_connect=5)
_NONCE_BYTES: Final = 16

_log = structlog.get_logger(__name__)


class FirstTime:
    """Asks the hub what time it is. `keys` are the public keys that the station has from the hub."""

    def __init__(
        self,
        *,
        hub_url: str,
        keys: Callable[[], Collection[bytes]],
        clock: Clock,
        hear: Callable[[float, float, int], None],
    ) -> None:
        self._url = hub_url.rstrip("/") + PATH
        self._keys = keys
        self._clock = clock
        self._hear = hear

    async def learn(self, session: aiohttp.ClientSession) -> bool:
        """Ask once. True when the time is known by it, which it was not before."""
        if self._clock.now().is_trusted:
            return False
        nonce, sent_s = secrets.token_hex(_NONCE_BYTES), self._clock.mono_s()
        try:
            answer = await self._ask(session, nonce)
            got_s = self._clock.mono_s()
            at_ms = read_time(answer, nonce, self._keys())
        except (TimeoutError, aiohttp.ClientError, OSError, Malformed, Refused) as error:
            _log.warning("first_time_failed", error=str(error) or type(error).__name__)
            return False
        self._hear(sent_s, got_s, at_ms)
        return self._clock.now().is_trusted

    async def _ask(self, session: aiohttp.ClientSession, nonce: str) -> bytes:
        """Certificates are not checked: that is why it is asked."""
        async with session.get(
            self._url, params={"nonce": nonce}, ssl=False, timeout=_TIMEOUT, allow_redirects=False
        ) as response:
            if response.status != 200:
                raise Refused(f"http_{response.status}")
            return await response.content.read(MAX_ANSWER_BYTES + 1)
