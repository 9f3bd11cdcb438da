"""A hub in memory under the real hub's rules (`hub.intake.rules`), read by the real uplink's (`verdicts`).

It remembers every number that it was ever sent, also across its own restore from a backup: `reused` names each
that came with two contents, which is what must never happen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from edge_agent.store.store import Store
from edge_agent.uplink.losses import Losses
from edge_agent.uplink.verdicts import Moves, moves_of
from hub.intake.rules import Held, judge, read
from protocols.sync.envelope import PROTOCOL_VERSION, BatchResult, Cursor, FactBatch, Lane, SyncReply, Verdict

Key = tuple[Lane, int]
Place = tuple[Lane, int, int]
_ROUNDS: Final = 60


@dataclass(frozen=True, slots=True)
class Book:
    """What the hub holds at a moment. `ids` and `held` are never changed once they are in a book."""

    held: dict[Key, Held] = field(default_factory=dict)
    ids: frozenset[bytes] = frozenset()
    sent: dict[Place, bytes] = field(default_factory=dict)  # number -> the chain's hash, whatever came since
    tops: dict[Key, int] = field(default_factory=dict)  # the highest number ever sent

    @property
    def top_epoch(self) -> int:
        """The highest epoch that was ever sent."""
        return max((epoch for _, epoch in self.tops), default=0)


class ModelHub:
    def __init__(self, book: Book | None = None) -> None:
        self.book = book or Book()
        self.reused: list[str] = []

    def answer(self, batches: Sequence[FactBatch]) -> SyncReply:
        """Take what can be taken, as `hub/intake/sync.py` does, and say what is held."""
        results = [self._take(batch) for batch in batches]
        cursors = [Cursor(lane=lane, epoch=epoch, acked=one.acked) for (lane, epoch), one in self.book.held.items()]
        return SyncReply(protocol=PROTOCOL_VERSION, hub="model", hub_at_ms=0, rev=0, cursors=cursors, results=results)

    def _take(self, batch: FactBatch) -> BatchResult:
        key = (batch.lane, batch.epoch)
        self._remember(batch)
        held = self.book.held
        nonce = next((one.nonce for (_, epoch), one in held.items() if epoch == batch.epoch), None)
        judged = judge(held.get(key), nonce, read(batch))
        if judged.verdict is Verdict.TAKEN:
            new = {one.fact_id.bytes for one in judged.new if one.fact_id is not None}
            self.book = replace(self.book, held=held | {key: judged.held}, ids=self.book.ids | new)
        floor = self.book.top_epoch + 1 if judged.verdict is Verdict.FORK else None
        return BatchResult(
            lane=batch.lane, epoch=batch.epoch, verdict=judged.verdict, acked=judged.held.acked, epoch_floor=floor
        )

    def _remember(self, batch: FactBatch) -> None:
        values = read(batch).chain[1:]
        sent, key = dict(self.book.sent), (batch.lane, batch.epoch)
        for seq, value in enumerate(values, batch.first_seq):
            place = (batch.lane, batch.epoch, seq)
            assert value is not None
            if sent.setdefault(place, value) != value:
                self.reused.append(f"{batch.lane} {batch.epoch}:{seq}")
        top = max(self.book.tops.get(key, 0), batch.first_seq + len(values) - 1)
        self.book = replace(self.book, sent=sent, tops=self.book.tops | {key: top})

    def restore(self, backup: Book) -> None:
        """Go back to an older book; what was ever sent is still remembered, for the test only."""
        self.book = replace(backup, sent=self.book.sent, tops=self.book.tops)


def moves(store: Store, reply: SyncReply, sent: Sequence[FactBatch]) -> Moves:
    """What the station's uplink makes of the reply."""
    return moves_of(reply, sent, {(one.lane, one.epoch): one.acked for one in store.chains()})


async def settle(store: Store, done: Moves) -> None:
    """Do to the store what `uplink.pump` does."""
    if done.cursors:
        await store.acknowledge(done.cursors)
    if done.forked:
        await store.rehome(done.forked, epoch_floor=done.epoch_floor)


async def drain(store: Store, hub: ModelHub) -> int:
    """Exchange cursors, then facts, until nothing waits; how many facts still wait after many rounds.

    The model knows no lost ranges, as hubs before them: the real uplink then numbers anew what follows one.
    """
    losses = Losses(store)
    await settle(store, moves(store, hub.answer([]), []))
    for _ in range(_ROUNDS):
        batches, lost = await store.batches(), losses.due(store.lost())
        if not batches and not lost:
            break
        reply = hub.answer(batches)
        await settle(store, moves(store, reply, batches))
        await losses.settle(reply, lost)
    return sum(one.waiting for one in store.chains())
