"""From which address somebody calls, also behind proxies, and which network that is."""

import ipaddress
from collections.abc import Iterable
from typing import Final, TypeAlias

import structlog
from aiohttp import web

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
UNKNOWN: Final = "unknown"
_V6_PREFIX: Final = 64  # one customer's, RFC 6177; single addresses of it cost nothing
_V4_SHOWN: Final = 24
_log = structlog.get_logger("hub.callers")


class Callers:
    """Believes `X-Forwarded-For` as far as trusted proxies wrote it: from the right, up to the first stranger."""

    def __init__(self, trusted: Iterable[Network] = ()) -> None:
        self._trusted = tuple(trusted)
        self._said = False

    def address(self, request: web.Request) -> Address | None:
        """The caller's address; None when it is none."""
        here = parse(request.remote or "")
        if "X-Forwarded-For" in request.headers and here is not None and not self._trusts(here):
            self._wonder(here)
        hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        while here is not None and self._trusts(here) and hops:
            before = parse(hops.pop())
            if before is None:
                break  # what a trusted proxy did not write, nobody vouches for
            here = before
        return here

    def _wonder(self, peer: Address) -> None:
        """A proxy of one's own that was forgotten makes one caller of everybody: say so, once."""
        if peer.is_private and not self._said:
            self._said = True
            _log.warning("proxy_not_trusted", peer=str(peer), reason="it sends X-Forwarded-For; see trusted_proxies")

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted if network.version == address.version)


def parse(text: str) -> Address | None:
    """An address out of text; an IPv4 address inside of IPv6 is the IPv4 address."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def network_of(address: Address | None) -> str:
    """Who is one caller: an IPv4 address, the /64 of an IPv6 address."""
    if address is None:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.IPv6Network((address, _V6_PREFIX), strict=False))


def coarse(address: Address | None) -> str:
    """As much of an address as its owner needs to know it again: the /24, or the /64."""
    if address is None:
        return UNKNOWN
    prefix = _V4_SHOWN if isinstance(address, ipaddress.IPv4Address) else _V6_PREFIX
    return str(ipaddress.ip_network((address, prefix), strict=False))
