"""Which tariff version a rental or a charge is by: the vehicle's own, or the one that is meant most narrowly."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from protocols.tariff.tariff import Tariff


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A tariff version and when it begins rides: Unix milliseconds, `valid_to_ms` not any more."""

    tariff: Tariff
    valid_from_ms: int
    valid_to_ms: int | None = None

    def holds(self, at_ms: int) -> bool:
        """Whether something that begins then may be by it."""
        return self.valid_from_ms <= at_ms and (self.valid_to_ms is None or at_ms < self.valid_to_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a price is asked for. `tariff_id`: the vehicle's own."""

    use: str
    kind: str | None = None
    station_id: uuid.UUID | None = None
    tariff_id: uuid.UUID | None = None


def choose(versions: Iterable[Version], wanted: Wanted, at_ms: int) -> Version | None:
    """The version for it at this instant; None when there is none.

    The vehicle's own tariff wins. Else of those that are for this kind and this station: one for the station before
    one for the kind before one for all, then the youngest.
    """
    valid = [one for one in versions if one.tariff.use == wanted.use and one.holds(at_ms)]
    named = [one for one in valid if one.tariff.tariff_id == wanted.tariff_id]
    fitting = [one for one in valid if _is_for(one.tariff, wanted)]
    return max(named or fitting, key=_rank, default=None)


def _is_for(tariff: Tariff, wanted: Wanted) -> bool:
    kind = not tariff.kinds or wanted.kind in tariff.kinds
    return kind and (not tariff.station_ids or wanted.station_id in tariff.station_ids)


def _rank(one: Version) -> tuple[bool, bool, int, int]:
    return (bool(one.tariff.station_ids), bool(one.tariff.kinds), one.valid_from_ms, one.tariff.version)
