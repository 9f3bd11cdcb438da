"""Power cuts: the same store on a recorded disk that is torn at every write. The proof itself is `powercut`'s."""

from dataclasses import dataclass, field

from tests.edge_agent.store import powercut


@dataclass(frozen=True, slots=True, kw_only=True)
class Torn:
    """How many cuts were judged, and what was wrong with them, in words."""

    cuts: int = 0
    images: int = 0
    wrong: list[str] = field(default_factory=list)


def cut_power(seed: int, points: int) -> Torn:
    """Judge at least so many cuts from this seed; none for 0."""
    if points <= 0:
        return Torn()
    report = powercut.run(seed, points)
    return Torn(cuts=report.cuts, images=report.images, wrong=list(report.wrong))
