"""What a reply means, case by case."""

from msgspec import Raw

from edge_agent.uplink.verdicts import LISTED_IN_FULL, floor_of, moves_of
from protocols.sync.envelope import BatchResult, Cursor, FactBatch, Lane, SyncReply, Verdict

BIZ, TEL = Lane.BUSINESS, Lane.TELEMETRY


def batch(first_seq: int, count: int, *, epoch: int = 7) -> FactBatch:
    records = [Raw(b"{}")] * count
    return FactBatch(lane=BIZ, epoch=epoch, nonce="n", first_seq=first_seq, prev_hash="", records=records)


def reply(*results: BatchResult, cursors: tuple[Cursor, ...] = ()) -> SyncReply:
    return SyncReply(protocol=1, hub="h", hub_at_ms=0, rev=0, results=list(results), cursors=list(cursors))


def result(verdict: Verdict, acked: int, *, epoch: int = 7, floor: int | None = None) -> BatchResult:
    return BatchResult(lane=BIZ, epoch=epoch, verdict=verdict, acked=acked, epoch_floor=floor)


def at(acked: int, epoch: int = 7, lane: Lane = BIZ) -> Cursor:
    return Cursor(lane=lane, epoch=epoch, acked=acked)


def test_a_taken_batch_moves_the_cursor_to_what_the_hub_holds() -> None:
    moves = moves_of(reply(result(Verdict.TAKEN, 8)), [batch(4, 5)], {(BIZ, 7): 3})
    assert (moves.cursors, moves.taken) == ((at(8),), 5)


def test_a_cursor_is_never_believed_beyond_what_was_sent() -> None:
    moves = moves_of(reply(result(Verdict.TAKEN, 900)), [batch(4, 5)], {(BIZ, 7): 3})
    assert moves.cursors == (at(8),)


def test_a_cursor_alone_never_moves_forward() -> None:
    assert moves_of(reply(cursors=(at(900),)), [], {(BIZ, 7): 3}).cursors == ()


def test_a_lower_cursor_moves_back() -> None:
    assert moves_of(reply(cursors=(at(1),)), [], {(BIZ, 7): 3}).cursors == (at(1),)


def test_a_gap_moves_back_and_only_back() -> None:
    assert moves_of(reply(result(Verdict.GAP, 1)), [batch(4, 5)], {(BIZ, 7): 3}).cursors == (at(1),)
    assert moves_of(reply(result(Verdict.GAP, 3)), [batch(4, 5)], {(BIZ, 7): 3}).cursors == ()


def test_a_fork_moves_no_cursor_and_asks_for_an_epoch_above_the_highest_floor() -> None:
    results = (result(Verdict.FORK, 2, floor=12), result(Verdict.FORK, 1, epoch=8, floor=15))
    moves = moves_of(reply(*results, cursors=(at(2),)), [batch(4, 5), batch(1, 1, epoch=8)], {(BIZ, 7): 3})
    assert (moves.cursors, moves.forked, moves.epoch_floor) == ((), ((BIZ, 7), (BIZ, 8)), 15)


def test_a_result_for_what_was_not_sent_means_nothing() -> None:
    moves = moves_of(reply(result(Verdict.FORK, 2, epoch=3, floor=12)), [batch(4, 5)], {(BIZ, 7): 3})
    assert (moves.cursors, moves.forked) == ((), ())


ACKED = {(BIZ, 5): 4, (BIZ, 6): 4, (BIZ, 7): 4, (TEL, 6): 2, (BIZ, 8): 0}


def test_a_chain_that_is_missing_in_a_short_list_is_unknown_to_the_hub() -> None:
    moves = moves_of(reply(cursors=(at(9, 6),)), [], ACKED)
    assert set(moves.cursors) == {at(0, 5), at(0, 7), at(0, 6, TEL)}
    assert {cursor.epoch for cursor in moves_of(reply(), [], ACKED).cursors} == {5, 6, 7}


def test_what_a_long_list_leaves_out_at_its_end_is_not_called_unknown() -> None:
    many = (at(9, 6), *(at(1, epoch) for epoch in range(10, 10 + LISTED_IN_FULL)))
    assert moves_of(reply(cursors=many), [], ACKED).cursors == (at(0, 7),)


def test_the_answer_to_batches_lists_only_theirs() -> None:
    assert moves_of(reply(cursors=(at(9, 6),)), [batch(1, 1, epoch=8)], ACKED).cursors == ()


def test_a_floor_that_would_use_up_all_epochs_is_not_followed() -> None:
    assert floor_of([None, 5, 2**40, -1]) == 5
    assert floor_of([]) == 0
