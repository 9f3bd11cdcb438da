"""What a round is played on, drawn from its seed: which database, how many hubs, which wires are real. Pure."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# What a machine may lack: the round then goes without it, and the report says so.
POSTGRESQL: Final = "postgresql"
TWO_HUBS: Final = "two hubs"
BROKER: Final = "broker"
CABLE: Final = "cable"
CLOCKS: Final = "clocks"
HUB_CLOCK: Final = "hub's clock"
FEATURES: Final = (POSTGRESQL, TWO_HUBS, BROKER, CABLE, CLOCKS, HUB_CLOCK)
_SHARE: Final = {POSTGRESQL: 0.5, TWO_HUBS: 0.5, BROKER: 0.4, CABLE: 0.5, CLOCKS: 0.4, HUB_CLOCK: 0.4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The round's features, and why it goes without some that the seed had drawn."""

    features: frozenset[str] = frozenset()
    refused: tuple[str, ...] = ()

    def has(self, feature: str) -> bool:
        """Whether the round has it; everything has the empty one."""
        return not feature or feature in self.features

    def without(self, feature: str, why: str) -> "Setting":
        """The same, without what this machine does not give."""
        return Setting(features=self.features - {feature}, refused=(*self.refused, f"{feature}: {why}"))

    def told(self) -> str:
        """For a person: SQLite, one hub, the live link over WebSocket, … or what is different."""
        names = [name for name in FEATURES if name in self.features]
        return ", ".join(names) or "plain"


def draw(seed: int, only: Iterable[str] | None = None) -> Setting:
    """The seed's setting; `only` takes the draw's place."""
    if only is not None:
        return Setting(features=frozenset(only))
    chance = random.Random(f"{seed} setting")
    drawn = {name for name in FEATURES if chance.random() < _SHARE[name]}
    if POSTGRESQL not in drawn:
        drawn.discard(TWO_HUBS)  # an embedded database belongs to one process
    return Setting(features=frozenset(drawn))
