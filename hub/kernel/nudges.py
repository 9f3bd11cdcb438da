"""Wake-ups: "there is news for station X". Best effort; what it announces is found again by the next poll."""

import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

Callback = Callable[[], None]


class Nudges(Protocol):
    """Who waits for a station's news, and who has some. Many processes need another implementation."""

    def subscribe(self, station_id: uuid.UUID, wake: Callback) -> Callback:
        """Call `wake` at every nudge (from the event loop; it must not block) until the answer is called."""

    def nudge(self, station_id: uuid.UUID) -> None:
        """Wake everybody who waits for this station. Give it to `db.after_commit`, never call it before."""


class LocalNudges:
    """`Nudges` within one process."""

    def __init__(self) -> None:
        self._waiting: dict[uuid.UUID, list[Callback]] = defaultdict(list)

    def subscribe(self, station_id: uuid.UUID, wake: Callback) -> Callback:
        self._waiting[station_id].append(wake)

        def leave() -> None:
            waiting = self._waiting.get(station_id, [])
            if wake in waiting:
                waiting.remove(wake)
            if not waiting:
                self._waiting.pop(station_id, None)

        return leave

    def nudge(self, station_id: uuid.UUID) -> None:
        for wake in tuple(self._waiting.get(station_id, ())):
            wake()
