"""What this disk and this machine allow, learned from every commit. Measures nothing itself, decides only.

A station's flash takes milliseconds for a sync, an SSD a tenth of one. On the slow one everything that waits shall go
down at once, and never on the event loop; on the fast one the hand-over to another thread costs as much as the disk.
"""

from typing import Final

# The event loop may stand still for so long, and only when the disk was as quick so many times in a row.
PROMPT_S: Final = 0.001
PROMPT_RUN: Final = 16
# Works that are few enough to be written while the loop stands still.
FEW: Final = 4
# While one half is written the other is made ready: worth the second sync when a commit takes less than so many times
# what it takes to make its rows (checking and hashing are half of what the loop does for a fact).
OVERLAP: Final = 5.0


class Pace:
    """Begins as on a slow disk."""

    def __init__(self) -> None:
        self._prompt = 0
        self.overlaps = False

    def learn(self, *, made_s: float, commit_s: float) -> None:
        """A draft took so long to make, and so long to commit."""
        self._prompt = self._prompt + 1 if commit_s < PROMPT_S else 0
        self.overlaps = commit_s < OVERLAP * made_s

    def may_stay(self, works: int) -> bool:
        """Whether so many works may be committed on the event loop when nothing else is under way."""
        return works <= FEW and self._prompt >= PROMPT_RUN
