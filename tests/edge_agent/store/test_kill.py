"""kill -9 at random moments: what was answered is there, numbers have no gap, epochs never repeat."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from edge_agent.runtime.clock import SystemClock
from edge_agent.store.store import Store
from edge_agent.store.work import Put, Work
from protocols.sync.envelope import decode_fact
from tests.edge_agent.store.conftest import assert_whole, fact, rows

CHILD = """
import asyncio, sys
from pathlib import Path
from tests.edge_agent.store.test_kill import commit_for_ever
asyncio.run(commit_for_ever(Path(sys.argv[1])))
"""


async def commit_for_ever(path: Path) -> None:
    """Runs in a child: commits from several tasks and says each id only after its commit."""
    clock = SystemClock()
    store = await Store.open(path, clock=clock, ballast_bytes=65_536)
    os.write(1, json.dumps({"epoch": store.epoch, "unclean": store.unclean}).encode() + b"\n")

    async def one() -> None:
        while True:
            new = fact()
            put = Put(kind="last", key="id", value=json.dumps(str(new.id)).encode())
            await store.commit(Work(moment=clock.now(), facts=(new,), puts=(put,)))
            os.write(1, str(new.id).encode() + b"\n")

    await asyncio.gather(*(one() for _ in range(8)))


def test_nothing_that_was_answered_is_lost_over_many_kills(path: Path) -> None:
    chance = random.Random(20261121)
    answered: list[str] = []
    epochs: list[int] = []
    for _ in range(10):
        lines = _run_and_kill(path, after_s=chance.uniform(0.0, 0.12))
        if lines:
            head = json.loads(lines[0])
            epochs.append(head["epoch"])
            assert head["unclean"] is (len(epochs) > 1)
            answered += lines[1:]
    found = rows(path)
    kept = {str(decode_fact(record).id) for _, _, record, _ in found}
    assert len(answered) > 100
    assert set(answered) <= kept
    assert epochs == sorted(set(epochs))
    assert_whole(found)


def _run_and_kill(path: Path, *, after_s: float) -> list[str]:
    """Let the child say that it is open, kill it `after_s` later; its whole lines."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", CHILD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(after_s)  # the moment of the kill is the input of this test, not a wait for something
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read()
    said = (first + rest).decode()
    return said.splitlines()[: said.count("\n")]
