"""Who calls, behind proxies that are trusted and by people who say they are somebody else."""

import ipaddress
from typing import Any

import pytest
import structlog
from aiohttp.test_utils import make_mocked_request

from hub.kernel.callers import Callers, coarse, network_of, parse

TRUSTED = Callers([ipaddress.ip_network("127.0.0.1"), ipaddress.ip_network("10.0.0.0/8")])


def _request(peer: str, *forwarded: str) -> Any:
    headers = [("X-Forwarded-For", one) for one in forwarded]
    from multidict import CIMultiDict

    request = make_mocked_request("GET", "/", headers=CIMultiDict(headers))
    return request.clone(remote=peer)


@pytest.mark.parametrize(
    ("peer", "forwarded", "who"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),  # a stranger's word
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["1.2.3.4, 198.51.100.1, 10.1.1.1"], "198.51.100.1"),  # 1.2.3.4 is the caller's own word
        ("127.0.0.1", ["1.2.3.4", "198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["nonsense"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", ["[2001:db8::1]:443"], "2001:db8::1"),
        ("127.0.0.1", ["198.51.100.1:9000"], "198.51.100.1"),
        ("::ffff:127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
    ],
)
def test_only_what_trusted_proxies_wrote_is_believed(peer: str, forwarded: list[str], who: str) -> None:
    assert str(TRUSTED.address(_request(peer, *forwarded))) == who


def test_an_ipv6_caller_is_its_sixty_four() -> None:
    assert network_of(parse("2001:db8:1:2:3::4")) == network_of(parse("2001:db8:1:2::9")) == "2001:db8:1:2::/64"
    assert network_of(parse("203.0.113.7")) == "203.0.113.7"
    assert network_of(None) == "unknown"
    assert coarse(parse("203.0.113.7")) == "203.0.113.0/24"


def test_a_proxy_that_was_forgotten_is_named_once() -> None:
    callers = Callers()
    with structlog.testing.capture_logs() as logged:
        for peer in ("8.8.8.8", "10.0.0.1", "10.0.0.1"):
            assert str(callers.address(_request(peer, "198.51.100.1"))) == peer
        callers.address(_request("10.0.0.1"))
    assert [(one["event"], one["peer"]) for one in logged] == [("proxy_not_trusted", "10.0.0.1")]
