"""Wake-ups: "there is news for station X". Best effort; what it announces is found again by the next poll.

This file knows one process. What goes to other processes (`hub.kernel.pg_nudges`) or over a broker carries on
what begins here, and wakes who waits here by `wake`.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Final, Protocol

Callback = Callable[[int | None], None]
"""Told the revision that is there now, or None: "something may have been missed, look for yourself"."""

CONSOLES: Final = uuid.UUID(int=1)
"""No station's id: who watches all of them (consoles) waits for its nudges; the number counts nothing."""

Carry = Callable[[uuid.UUID, int], None]
"""Takes a nudge (station, revision) further. Called from the event loop; it must not block."""


class Nudges(Protocol):
    """Who waits for a station's news, and who has some."""

    def subscribe(self, station_id: uuid.UUID, wake: Callback) -> Callable[[], None]:
        """Call `wake` at every nudge (from the event loop; it must not block) until the answer is called."""

    def nudge(self, station_id: uuid.UUID, rev: int) -> None:
        """Wake everybody who waits for this station. Give it to `db.after_commit`, never call it before."""


class LocalNudges:
    """`Nudges` within one process, and the place where carriers to others join in."""

    def __init__(self) -> None:
        self._waiting: dict[uuid.UUID, list[Callback]] = defaultdict(list)
        self._carriers: list[Carry] = []

    def subscribe(self, station_id: uuid.UUID, wake: Callback) -> Callable[[], None]:
        self._waiting[station_id].append(wake)

        def leave() -> None:
            waiting = self._waiting.get(station_id, [])
            if wake in waiting:
                waiting.remove(wake)
            if not waiting:
                self._waiting.pop(station_id, None)

        return leave

    def carry(self, take: Carry) -> None:
        """Hand every nudge that begins in this process to `take` too; what is only passed on (`wake`) is not."""
        self._carriers.append(take)

    def nudge(self, station_id: uuid.UUID, rev: int) -> None:
        self.wake(station_id, rev)
        for take in self._carriers:
            take(station_id, rev)

    def wake(self, station_id: uuid.UUID, rev: int | None) -> None:
        """Wake who waits here, and nobody else."""
        for wake in tuple(self._waiting.get(station_id, ())):
            wake(rev)

    def wake_all(self) -> None:
        """Nudges may have been missed: let everybody here look."""
        for station_id in tuple(self._waiting):
            self.wake(station_id, None)
