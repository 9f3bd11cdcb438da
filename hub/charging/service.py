"""Use cases of charging: fold the stations' facts into sessions and meter values, check the bills."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from hub import events
from hub.charging import repository, rules
from protocols.sync import facts
from protocols.tariff.tariff import Tariff
from protocols.values import from_ms


class Tariffs(Protocol):
    """The tariff versions that the payments' room knows. Filled by the wiring."""

    async def by_version(
        self, session: AsyncSession, wanted: Iterable[tuple[uuid.UUID, int]]
    ) -> dict[tuple[uuid.UUID, int], Tariff]:
        """These versions; what is not known is left out."""


class Bills(Protocol):
    """Who must know what charges cost. Filled by the wiring."""

    async def see(self, session: AsyncSession, told: Sequence[events.Billed]) -> None:
        """What these charges cost now."""


class Charging:
    """Charging sessions as the stations tell them."""

    def __init__(self, tariffs: Tariffs, bills: Bills) -> None:
        self._tariffs = tariffs
        self._bills = bills

    async def when_charging(self, session: AsyncSession, event: events.ChargingReported) -> None:
        """Apply a batch of charging facts of one station."""
        ids = {
            one.body.session_id
            for one in event.facts
            if isinstance(one.body, facts.ChargingStarted | facts.ChargingStopped)
        }
        rows = await repository.session_rows(session, ids) if ids else {}
        known = dict(rows)
        samples = []
        for one in event.facts:
            match one.body:
                case facts.ChargingStarted() as fact:
                    before = rows.get(fact.session_id) or _new(one, fact.session_id)
                    rows[fact.session_id] = rules.after_start(before, one.station_id, fact, one.uncertainty_ms / 1000)
                case facts.ChargingStopped() as fact:
                    before = rows.get(fact.session_id) or _new(one, fact.session_id)
                    rows[fact.session_id] = rules.after_stop(
                        before, one.station_id, fact, one.hlc, one.uncertainty_ms / 1000
                    )
                case facts.ChargingOrphaned() as fact:
                    rows[one.fact_id] = rules.orphan(one.fact_id, one.station_id, one.received_at, fact)
                case facts.ChargingMetered() as fact:
                    samples.append(_sample(one, fact))
        await self._check_prices(session, list(rows.values()))
        await repository.put_sessions(session, list(rows.values()))
        bills = [rules.bill_between(known.get(session_id), row) for session_id, row in rows.items()]
        await self._bills.see(session, [one for one in bills if one is not None])
        await repository.add_meter_values(session, samples)

    async def _check_prices(self, session: AsyncSession, rows: list[dict[str, Any]]) -> None:
        """Our own sum beside the station's: a difference is kept and flagged, never corrected silently."""
        billed = [row for row in rows if row["bill"] is not None]
        wanted = {(row["tariff_id"], row["tariff_version"]) for row in billed}
        tariffs = await self._tariffs.by_version(session, wanted)
        for row in billed:
            tariff = tariffs.get((row["tariff_id"], row["tariff_version"]))
            row["price_checked"] = None if tariff is None else rules.is_right(row, tariff)


def _new(one: events.Reported[facts.Body], session_id: uuid.UUID) -> dict[str, Any]:
    return rules.new_session(session_id, one.station_id, one.received_at)


def _sample(one: events.Reported[facts.Body], fact: facts.ChargingMetered) -> dict[str, Any]:
    from_ms(fact.sampled_ms)  # an instant that no calendar knows is refused here, not when it is shown
    return {
        "session_id": fact.session_id,
        "sampled_ms": fact.sampled_ms,
        "fact_id": one.fact_id,
        "station_id": one.station_id,
        "energy_wh": fact.energy_wh,
        "power_w": fact.power_w,
        "current_a": fact.current_a,
        "voltage_v": fact.voltage_v,
        "soc_pct": fact.soc_pct,
    }
