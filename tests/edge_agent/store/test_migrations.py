"""Old files are migrated for ever."""

import shutil
import sqlite3
import uuid
from pathlib import Path

from edge_agent.store.migrations import STEPS, migrate
from edge_agent.store.store import Store
from tests.edge_agent.store.conftest import MovedClock, assert_whole, fact, ids_of, rows, work

OLD_FILE = Path(__file__).parents[2] / "data" / "store" / "v1.db"


async def test_a_file_of_the_first_version_keeps_its_facts_its_state_and_its_cursors(
    path: Path, clock: MovedClock
) -> None:
    shutil.copy(OLD_FILE, path)
    clock.move(hours=1)
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    assert store.epoch == 2
    assert store.load() == {"dock": {str(n): b'{"free":true}' for n in (1, 2, 3)}}
    assert ids_of(await store.batches()) == [uuid.UUID(int=3)]
    await store.commit(work(clock, fact()))
    await store.close()
    assert_whole(rows(path))
    conn = sqlite3.connect(path)
    assert conn.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
    assert conn.execute("SELECT count(*), sum(acknowledged) FROM outbox").fetchone() == (4, 2)
    conn.close()


def test_migrating_twice_does_nothing_the_second_time() -> None:
    conn = sqlite3.connect(":memory:", isolation_level=None)
    assert migrate(conn) == len(STEPS)
    assert migrate(conn) == 0
    conn.close()
