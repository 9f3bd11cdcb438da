"""Who stands before the door: which network, and what a person knows their device by. Pure but for the request."""

import re
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from hub.kernel.callers import UNKNOWN, Callers, coarse, network_of

_LONGEST: Final = 80
# Order matters: Edge says that it is Chrome, Chrome that it is Safari, Android that it is Linux.
_PROGRAMS: Final = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
_PRODUCT: Final = re.compile(r"[\w.+ -]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """One caller: `network` for counting, `address` (coarse) and `device` for people to read."""

    network: str = UNKNOWN
    address: str = UNKNOWN
    device: str = ""

    @classmethod
    def of(cls, request: web.Request, callers: Callers) -> "Visitor":
        """Out of a request."""
        address = callers.address(request)
        return cls(
            network=network_of(address),
            address=coarse(address),
            device=device_of(request.headers.get("User-Agent", "")),
        )


def device_of(user_agent: str) -> str:
    """What to call a device, e.g. `Firefox on Linux`; the program's own name where it is no browser."""
    program = next((name for mark, name in _PROGRAMS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if not program:
        named = _PRODUCT.match(user_agent)
        program = named.group().strip() if named else ""
    return " on ".join(part for part in (program, system) if part)[:_LONGEST]
