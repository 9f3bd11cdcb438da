"""Tells the hub which numbers are lost, and gets the later facts through where a hub does not understand that."""

from collections.abc import Sequence
from typing import Final

import structlog

from edge_agent.store.lost import Lost
from edge_agent.store.store import Store
from protocols.sync.envelope import Cursor, Lane, LostResult, SyncReply, Verdict

MOST_AT_ONCE: Final = 100

_log = structlog.get_logger(__name__)
Key = tuple[Lane, int, int]


class Losses:
    """What the hub has still to hear. One per pump; `again` when a connection begins anew."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._understood = True
        self._refused: set[Key] = set()

    def again(self) -> None:
        """Whoever answers next may understand, and hold more."""
        self._understood = True
        self._refused.clear()

    def due(self, lost: Sequence[Lost]) -> list[Lost]:
        """Those for the next request."""
        if not self._understood:
            return []
        return [one for one in lost if _key(one) not in self._refused][:MOST_AT_ONCE]

    async def settle(self, reply: SyncReply, lost: Sequence[Lost]) -> bool:
        """Do to the store what the reply says of them; True when something moved."""
        if not lost:
            return False
        if not reply.lost:
            self._understood = False
            return await self._number_anew(lost)
        answers = {(one.lane, one.epoch, one.first_seq): one for one in reply.lost}
        found = [(one, answers[_key(one)]) for one in lost if _key(one) in answers]
        taken = [one for one, answer in found if answer.verdict is Verdict.TAKEN]
        cursors = [moved for one, answer in found if (moved := _cursor(one, answer)) is not None]
        if taken:
            await self._store.lost_is_told(taken)
            ranges = [(one.lane.value, one.epoch, one.first, one.last) for one in taken]
            _log.warning("hub_told_of_losses", ranges=ranges)
        if cursors:
            await self._store.acknowledge(cursors)
        self._refused |= {_key(one) for one in lost if one.hash is None} - {_key(one) for one in taken}
        forked = [one for one, answer in found if answer.verdict is Verdict.FORK and one.hash is not None]
        return bool(taken or cursors) or (bool(forked) and await self._number_anew(forked))

    async def _number_anew(self, lost: Sequence[Lost]) -> bool:
        """A hub from before lost ranges takes nothing behind a gap: what follows goes to a new epoch."""
        chains = {(one.lane, one.epoch) for one in lost if one.hash is not None}
        if not chains:
            return False
        moved = await self._store.rehome(chains, epoch_floor=0)
        _log.warning("numbered_behind_losses", chains=len(chains), facts=moved, epoch=self._store.epoch)
        return True


def _key(one: Lost) -> Key:
    return one.lane, one.epoch, one.first


def _cursor(one: Lost, answer: LostResult) -> Cursor | None:
    """Where the chain goes on: believed forward as far as the range goes, backward as the hub says."""
    if one.hash is None or one.last is None or answer.verdict is Verdict.FORK:
        return None
    return Cursor(lane=one.lane, epoch=one.epoch, acked=min(answer.acked, one.last))
