"""A disk that is full or does not answer, at every single operation of a short life.

Each time: a work was refused with nothing of it done, or committed; no promise is broken, then or by a power cut;
and the store goes on by itself when the disk does.
"""

from pathlib import Path

import pytest

from edge_agent.store.database import open_writer
from edge_agent.store.errors import StoreError, StoreUnwritable
from edge_agent.store.store import Store
from tests.edge_agent.store.conftest import MovedClock, fact, rows, work
from tests.edge_agent.store.powercut import ram_folder
from tests.edge_agent.store.torn.connection import connect_by
from tests.edge_agent.store.torn.disk import Op, Sync
from tests.edge_agent.store.torn.faults import FAULTS, live_with, no_answer, operations
from tests.edge_agent.store.torn.recorder import Recorder, io_error

SEED = 3


@pytest.mark.parametrize("name", FAULTS)
def test_whichever_operation_fails_no_promise_is_broken_and_the_store_goes_on(name: str) -> None:
    with ram_folder() as folder:
        last = operations(SEED, folder)
        assert last > 60
        errors = cuts = 0
        for number in range(1, last + 1):
            said, wrong, tried = live_with(SEED, folder, FAULTS[name](number), cut_every=200)
            assert wrong == [], f"{name} at operation {number}"
            errors, cuts = errors + len(said), cuts + tried
    assert errors > 10
    assert cuts > 100


def test_an_error_while_the_file_is_made_is_never_taken_for_a_store_in_wal_mode() -> None:
    opened = 0
    for number in range(1, 12):
        with ram_folder() as folder:
            recorder = Recorder(folder, no_answer(number, 1))
            try:
                conn = open_writer(folder / "station.db", connect=connect_by(recorder.name))
            except StoreError:
                continue
            opened += 1
            recorder.fault = None
            conn.execute("CREATE TABLE t (a)")
            assert conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            conn.close()
    assert 0 < opened < 11


async def test_a_sync_that_fails_once_is_tried_again_and_the_work_is_committed(path: Path, clock: MovedClock) -> None:
    recorder = Recorder(path.parent)
    store = await Store.open(path, clock=clock, ballast_bytes=8192, connect=connect_by(recorder.name))
    failed: list[Op] = []

    def fault(_: int, op: Op) -> Exception | None:
        if failed or not isinstance(op, Sync):
            return None
        failed.append(op)
        return io_error(op)

    recorder.fault = fault
    await store.commit(work(clock, fact()))
    assert len(failed) == 1
    recorder.fault = lambda _, op: io_error(op)
    with pytest.raises(StoreUnwritable):
        await store.commit(work(clock, fact()))
    recorder.fault = None
    await store.commit(work(clock, fact()))
    await store.close()
    assert [seq for _, seq, *_ in rows(path)] == [1, 2]
