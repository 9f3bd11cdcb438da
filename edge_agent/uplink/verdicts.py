"""What the hub's answer means for the store: which cursors move, which chains are broken. Pure.

The hub's cursor is believed forward only as far as this run sent the facts in a batch that was taken: a card that
was cloned sees its twin's cursors too, and must not take them for its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge_agent.store.chains import MAX_EPOCH
from protocols.sync.envelope import BatchResult, Cursor, FactBatch, Lane, SyncReply, Verdict

Key = tuple[Lane, int]
# A hub lists at least this many cursors before it leaves old ones out (ours: 500).
LISTED_IN_FULL: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What the store has to do after a reply."""

    cursors: tuple[Cursor, ...]
    forked: tuple[Key, ...]
    epoch_floor: int
    taken: int  # facts that the hub holds now and did not before


def moves_of(reply: SyncReply, sent: Sequence[FactBatch], acked: Mapping[Key, int]) -> Moves:
    """Read a reply to `sent`; `acked` is where the station's cursors stood."""
    last_sent = {(batch.lane, batch.epoch): batch.first_seq + len(batch.records) - 1 for batch in sent}
    results = [result for result in reply.results if (result.lane, result.epoch) in last_sent]
    forked = [result for result in results if result.verdict is Verdict.FORK]
    cursors: dict[Key, Cursor] = {}
    taken = 0
    for result in results:
        key = (result.lane, result.epoch)
        moved = _cursor_after(result, last_sent[key], acked.get(key, 0))
        if moved is not None:
            cursors[key] = moved
            taken += max(0, moved.acked - acked.get(key, 0))
    touched = {(result.lane, result.epoch) for result in results}
    lost = [] if sent else _unknown(reply.cursors, acked)
    for cursor in (*_rewinds(reply.cursors, acked), *lost):
        if (cursor.lane, cursor.epoch) not in touched:
            cursors[cursor.lane, cursor.epoch] = cursor
    return Moves(
        cursors=tuple(cursors.values()),
        forked=tuple((result.lane, result.epoch) for result in forked),
        epoch_floor=floor_of(result.epoch_floor for result in forked),
        taken=taken,
    )


def _cursor_after(result: BatchResult, last_sent: int, acked: int) -> Cursor | None:
    match result.verdict:
        case Verdict.TAKEN:
            return Cursor(lane=result.lane, epoch=result.epoch, acked=min(result.acked, last_sent))
        case Verdict.GAP if result.acked < acked:
            return Cursor(lane=result.lane, epoch=result.epoch, acked=result.acked)
    return None


def _rewinds(cursors: Iterable[Cursor], acked: Mapping[Key, int]) -> list[Cursor]:
    """Where the hub holds less than it once acknowledged: it was restored from a backup."""
    return [cursor for cursor in cursors if 0 <= cursor.acked < acked.get((cursor.lane, cursor.epoch), 0)]


def _unknown(cursors: Sequence[Cursor], acked: Mapping[Key, int]) -> list[Cursor]:
    """Chains that the hub acknowledged once and does not know any more; asked only of an answer without batches.

    The hub then lists the cursors of its newest epochs. A short list is all it has; of a long one, only what is
    newer than its oldest epoch is surely unknown to it.
    """
    listed = {(cursor.lane, cursor.epoch) for cursor in cursors}
    oldest = min(cursor.epoch for cursor in cursors) if len(cursors) >= LISTED_IN_FULL else -1
    missing = [key for key, seq in acked.items() if seq > 0 and key not in listed and key[1] > oldest]
    return [Cursor(lane=lane, epoch=epoch, acked=0) for lane, epoch in missing]


def floor_of(floors: Iterable[int | None]) -> int:
    """The highest floor that makes sense; a hub's nonsense must not use up all epochs at once."""
    return max((floor for floor in floors if floor is not None and 0 < floor <= MAX_EPOCH // 2), default=0)
