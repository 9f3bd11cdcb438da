"""What is known of one charger while the agent runs, over all its connections. Lost at a restart, and may be.

Nothing here is a fact: transactions and their ids live in the station.
"""

import asyncio
import datetime as dt
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from edge_agent.chargers.config import ChargerConfig
from edge_agent.core.inputs import Outcome
from edge_agent.core.orders import ChargerOrder
from protocols.charger.profile import GENERIC, ChargerProfile

REMEMBERED: Final = 64  # far more repeats than a charger with one open queue can have in flight


class Session(Protocol):
    """One connection of a charger, in one OCPP version."""

    async def run(self) -> None:
        """Serve until the connection is gone."""

    async def carry_out(self, order: ChargerOrder) -> tuple[Outcome, str]:
        """Ask the charger; never raises for what the peer or the line does."""

    async def close(self, code: int, reason: str) -> None:
        """Close the connection, telling the peer why."""


class FirstSeen:
    """When a message without a readable time was first seen, by its content.

    A repeat must carry the same time as the first one, or the station could not know it for the same transaction.
    """

    def __init__(self) -> None:
        self._at: OrderedDict[str, tuple[dt.datetime, int]] = OrderedDict()

    def of(self, key: str, now: dt.datetime, register_wh: int) -> tuple[dt.datetime, int]:
        """Our time and the last known register when `key` was first seen; now, if it was not."""
        seen = self._at.setdefault(key, (now, register_wh))
        while len(self._at) > REMEMBERED:
            self._at.popitem(last=False)
        return seen

    def forget(self) -> None:
        """The next equal message is a new one."""
        self._at.clear()


@dataclass(slots=True, kw_only=True)
class ChargerRecord:
    """A charger's live state; used only in the event loop's thread."""

    config: ChargerConfig
    profile: ChargerProfile = GENERIC
    vendor: str = ""
    model: str = ""
    firmware: str = ""
    session: Session | None = None
    version: str = ""
    last_message_at: dt.datetime | None = None
    connectors: dict[int, tuple[dt.datetime, str]] = field(default_factory=dict)
    registers_wh: dict[int, int] = field(default_factory=dict)  # by connector, the last one heard
    connector_of: OrderedDict[int, int] = field(default_factory=OrderedDict)  # by transaction
    starts: FirstSeen = field(default_factory=FirstSeen)
    stops: FirstSeen = field(default_factory=FirstSeen)
    counts: Counter[str] = field(default_factory=Counter)
    orders_open: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # one call of ours at a time
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def take_over(self, session: Session, version: str) -> Session | None:
        """The newest connection wins; returns the one that lost."""
        previous, self.session, self.version = self.session, session, version
        self._changed.set()
        return previous

    def release(self, session: Session) -> bool:
        """The connection is gone; False when it had lost its place before."""
        if self.session is not session:
            return False
        self.session = None
        self._changed.clear()
        return True

    async def connected(self) -> Session:
        """The present connection, waiting for one."""
        while self.session is None:
            await self._changed.wait()
        return self.session

    def show(self, connector_no: int, state: str, reported_at: dt.datetime) -> None:
        """Keep a connector's state, unless a newer one arrived before (P20)."""
        known = self.connectors.get(connector_no)
        if known is None or known[0] <= reported_at:
            self.connectors[connector_no] = (reported_at, state)

    def began(self, transaction_id: int, connector_no: int) -> None:
        """Remember where a transaction runs, for a Stop without a readable register."""
        self.connector_of[transaction_id] = connector_no
        while len(self.connector_of) > REMEMBERED:
            self.connector_of.popitem(last=False)

    def register_of(self, transaction_id: int) -> int:
        """The last register heard on the transaction's connector, in Wh; 0 when none was."""
        return self.registers_wh.get(self.connector_of.get(transaction_id, -1), 0)

    def snapshot(self) -> dict[str, Any]:
        """For health pages: plain values only."""
        return {
            "connected": self.session is not None,
            "version": self.version,
            "vendor": self.vendor,
            "model": self.model,
            "firmware": self.firmware,
            "profile": self.profile.name,
            "connectors": {str(no): state for no, (_, state) in sorted(self.connectors.items())},
            "last_message_at": self.last_message_at.isoformat() if self.last_message_at else None,
            "orders_open": self.orders_open,
            "counts": dict(self.counts),
        }
