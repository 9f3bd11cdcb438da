"""A station that is enrolled anew while its agent runs: the new key is taken up without a restart."""

from collections.abc import Callable
from typing import Final

import structlog

from edge_agent.uplink.identity import Identity, IdentityError

_log: Final = structlog.get_logger(__name__)


class Renewal:
    """Looks for another key where the identity is kept, and hands it to whoever signs."""

    def __init__(self, identity: Identity, load: Callable[[], Identity | None]) -> None:
        self._identity = identity
        self._load = load
        self._signers: list[Callable[[Identity], None]] = []

    def tell(self, use: Callable[[Identity], None]) -> None:
        """Call this with the new identity."""
        self._signers.append(use)

    def look(self) -> Identity | None:
        """The identity with its new key, once; None while there is none."""
        try:
            found = self._load()
        except IdentityError as error:  # it is being written, or broken: the old one goes on as it is
            _log.warning("identity_unreadable", error=str(error))
            return None
        if found is None or _public(found) == _public(self._identity):
            return None
        if found.station_id != self._identity.station_id:
            _log.error("another_identity", station_id=str(found.station_id), help="restart the agent")
            return None
        self._identity = found
        for use in self._signers:
            use(found)
        return found


def _public(identity: Identity) -> bytes:
    return identity.key.public_key().public_bytes_raw()
