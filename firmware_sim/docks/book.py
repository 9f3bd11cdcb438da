"""What physically happened at a dock, for proofs: kept by the simulator, invisible on the wire."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Book:
    """`unlocks` lists the command of every opening of the bolt, in order: a command twice is a defect.

    `seen` counts what the device noticed on the line: repeated, bad_tag, stale_counter, no_session, …
    """

    unlocks: list[bytes] = field(default_factory=list)
    refused: list[tuple[bytes, int]] = field(default_factory=list)
    locks: int = 0
    contactor_switches: int = 0
    restarts: int = 0
    sessions: int = 0
    signals: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
