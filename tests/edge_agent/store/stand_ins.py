"""What stands in for the disk and the writer thread when the test plays them."""

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from unittest import mock

from edge_agent.store.draft import Draft
from edge_agent.store.errors import StoreDamaged, StoreFull, StoreUnwritable
from edge_agent.store.pace import OVERLAP, PROMPT_S, Pace
from edge_agent.store.store import Store
from edge_agent.store.writer import Writer
from tests.edge_agent.store.conftest import OnLoop

FAULTS: Final[dict[str, Callable[[], BaseException]]] = {
    "full": lambda: StoreFull("full", "by the test"),
    "no answer": lambda: StoreUnwritable("ioerr_fsync", "by the test"),
    "constraint": lambda: StoreUnwritable("constraint", "by the test"),
    "damaged": lambda: StoreDamaged("by the test"),
    "bug": lambda: RuntimeError("by the test"),
}


class Learning(Pace):
    """Learns as ever, of a disk whose speed the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.made_s, self.commit_s = 1e-5, PROMPT_S / 2

    def learn(self, *, made_s: float, commit_s: float) -> None:
        super().learn(made_s=self.made_s, commit_s=self.commit_s)

    def be(self, *, quick: bool, overlapping: bool) -> None:
        self.commit_s = PROMPT_S / 2 if quick else PROMPT_S * 2
        self.made_s = self.commit_s / OVERLAP * (2 if overlapping else 0.5)


class Both(OnLoop):
    """Two works at most on the loop, more in halves."""

    def __init__(self) -> None:
        super().__init__()
        self.overlaps = True

    def may_stay(self, works: int) -> bool:
        return works <= 2


@dataclass(slots=True)
class Hand:
    """What the writer thread would do, done when the test says so."""

    store: Store
    took: bool = False  # something is done and not yet told to the loop

    def is_idle(self) -> bool:
        return not self.took and self.store._writer._queue.empty()

    def take(self) -> None:
        """Do the next one: its effects are there, and nobody has heard of it."""
        writer = self.store._writer
        if self.took:
            return
        with contextlib.suppress(queue.Empty):
            one = writer._queue.get_nowait()
            self.took = True
            if isinstance(one, Draft):
                writer._committer.commit(one)
            else:
                one.do(writer._committer.rollback)

    def tell(self) -> None:
        if self.took:
            self.took = False
            self.store._loop.call_soon(self.store._writer._answered)


def without_thread(writer: Writer) -> None:
    writer._thread = mock.create_autospec(threading.Thread, instance=True)
