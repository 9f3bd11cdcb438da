"""From the station's state to what people see. Pure; the card's number and the renter's identity stay inside."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Final, cast

from edge_agent.core import eligibility, leases, lists
from edge_agent.core.eligibility import Standing
from edge_agent.core.inputs import LockState
from edge_agent.core.state import IN_DOCK, LEFT_WITHOUT_RENTAL, Charger, Dock, Phase, Quote, Rental, Session, State
from protocols.kiosk.views import (
    BillLineView,
    CardPrompt,
    ChargerView,
    ConnectorView,
    DockView,
    Example,
    HubView,
    MoneyView,
    PriceHint,
    QuoteView,
    ReceiptView,
    RentalView,
    StationIdentity,
    StationView,
    TariffView,
    VehicleKind,
    VehicleView,
)
from protocols.sync.changes import VehicleItem
from protocols.sync.clock import Moment
from protocols.sync.facts import Bill
from protocols.tariff.tariff import Tariff, minute_price, price_of_rental
from protocols.values import exponent_of, from_ms, rfc3339, to_ms

SHOW_RETURN_S: Final = 120.0
SHOW_CARD_S: Final = 20.0
EXAMPLE_MINUTES: Final = (20, 60)
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def money(minor: int, currency: str) -> MoneyView:
    """An amount with its decimals."""
    return MoneyView(minor=minor, currency=currency, decimals=exponent_of(currency))


def reference(rental_id: uuid.UUID) -> str:
    """What people say on the phone: ``VD-R-`` and six letters of Crockford's base 32 from the id's random tail."""
    tail = rental_id.int & ((1 << 30) - 1)
    return "VD-R-" + "".join(_CROCKFORD[tail >> shift & 31] for shift in range(25, -1, -5))


def station_view(state: State, now: Moment, *, seq: int, labels: Mapping[str, str], trouble: str | None) -> StationView:
    """Everything the kiosk draws. `labels` are the chargers' names by id."""
    now_ms = to_ms(now.at)
    standing = {one.dock.dock_no: one for one in eligibility.standing(state, now_ms)}
    best = max((one for one in standing.values() if one.why_not is None), key=lambda one: one.soc_pct, default=None)
    kind = None if best is None or best.item is None else best.item.kind
    rental_tariff = lists.tariff_at(state, "rental", now, kind=kind)
    charge_tariff = lists.tariff_at(state, "charging", now)
    return StationView(
        seq=seq,
        at=rfc3339(now.at),
        station=identity_view(state),
        hub=hub_view(state),
        docks=[_dock_view(state, dock, standing.get(no), best) for no, dock in sorted(state.docks.items())],
        chargers=[charger_view(state, one, labels) for _, one in sorted(state.chargers.items())],
        price_hint=None if rental_tariff is None else _hint(rental_tariff, lists.local(state, now.at)),
        charge_price=None if charge_tariff is None else money(charge_tariff.per_kwh_minor, charge_tariff.currency),
        card=_card_prompt(state, now),
        returns=_returns(state, now),
        not_accepting=trouble,
        clock_trusted=now.is_trusted,
    )


def identity_view(state: State) -> StationIdentity:
    """Where am I."""
    profile = state.profile
    return StationIdentity(
        name=profile.name, number=profile.number, timezone=profile.timezone, help_phone=profile.help_phone
    )


def hub_view(state: State) -> HubView:
    """Whether the hub is reachable."""
    hub = state.hub
    return HubView(
        online=hub.online,
        since=None if hub.since is None else rfc3339(hub.since),
        last_contact=None if hub.last_contact is None else rfc3339(hub.last_contact),
        update_needed=hub.outdated,
    )


def _hint(tariff: Tariff, local: dt.datetime) -> PriceHint:
    return PriceHint(
        unlock=money(tariff.unlock_minor, tariff.currency),
        per_minute=money(minute_price(tariff, local), tariff.currency),
    )


def _dock_view(state: State, dock: Dock, here: Standing | None, best: Standing | None) -> DockView:
    return DockView(
        dock_no=dock.dock_no,
        kind=dock.kind.value,
        state=dock_state(state, dock),  # type: ignore[arg-type]
        fault=next(iter(_faults(dock)), None),
        vehicle=None if here is None else vehicle_view(here, here is best),
    )


def _faults(dock: Dock) -> list[str]:
    """What keeps people from using the dock; a vehicle that was taken from it does not."""
    return [code for code in dock.faults if code != LEFT_WITHOUT_RENTAL]


def dock_state(state: State, dock: Dock) -> str:
    """The dock in one word."""
    if dock.report is None:
        return "out_of_order" if _faults(dock) else "unknown"
    if not dock.online or _faults(dock):
        return "out_of_order"
    if dock.report.lock is LockState.MOVING:
        return "moving"
    if dock.report.vehicle_present:
        opened = any(one.dock_no == dock.dock_no and one.phase in IN_DOCK for one in state.rentals.values())
        return "open" if opened and dock.report.lock is LockState.UNLOCKED else "occupied"
    return "free"


def vehicle_view(here: Standing, best: bool) -> VehicleView:
    """A standing vehicle."""
    battery, item = here.dock.battery, here.item
    report = here.dock.report
    return VehicleView(
        vehicle_id=here.vehicle_id,
        label="?" if item is None else item.label,
        kind=_kind(item),
        model="" if item is None else item.model,
        soc_pct=None if battery is None else battery.soc_pct,
        soh_pct=None if battery is None else battery.soh_pct,
        range_km=_range_km(here),
        charging=report is not None and report.contactor_closed and (battery is None or battery.soc_pct < 100),
        rentable=here.why_not is None,
        why_not=here.why_not,
        reserved_until=_promised_until(here),
        best=best,
    )


def _promised_until(here: Standing) -> str | None:
    if here.lease is not None:
        return rfc3339(from_ms(leases.kept_until_ms(here.lease)))
    return None if here.reserved is None else rfc3339(from_ms(here.reserved.until_ms))


def _kind(item: VehicleItem | None) -> VehicleKind:
    known = ("scooter", "moped", "bicycle", "car")
    return cast("VehicleKind", item.kind) if item is not None and item.kind in known else "scooter"


def _range_km(here: Standing) -> float | None:
    """What is left of the full range by charge, and by the battery's health where it is known."""
    battery, item = here.dock.battery, here.item
    if battery is None or item is None:
        return None
    health = 100.0 if battery.soh_pct is None else battery.soh_pct
    return round(item.full_range_km * battery.soc_pct / 100 * health / 100, 1)


def charger_view(state: State, charger: Charger, labels: Mapping[str, str]) -> ChargerView:
    """A charger and the sessions on it."""
    running = {
        one.connector_no: one
        for one in state.sessions.values()
        if one.charger_id == charger.charger_id and one.stopped_at is None
    }
    return ChargerView(
        charger_id=charger.charger_id,
        label=labels.get(charger.charger_id) or charger.charger_id,
        online=charger.online,
        connectors=[
            _connector_view(no, one.state.value, running.get(no))
            for no, one in sorted(charger.connectors.items())
            if no > 0
        ],
    )


def _connector_view(connector_no: int, connector_state: str, session: Session | None) -> ConnectorView:
    energy = None
    if session is not None and session.last_energy_wh is not None:
        energy = max(0, session.last_energy_wh - session.meter_start_wh)
    return ConnectorView(
        connector_no=connector_no,
        state=connector_state,  # type: ignore[arg-type]
        power_w=None if session is None else session.last_power_w,
        energy_wh=energy,
        since=None if session is None else rfc3339(session.started_at),
    )


def _card_prompt(state: State, now: Moment) -> CardPrompt | None:
    card = state.card
    if card is None or now.mono_s - card.mono_s > SHOW_CARD_S:
        return None
    return CardPrompt(read_id=card.read_id, dock_no=card.dock_no, read_at=rfc3339(card.at))


def _returns(state: State, now: Moment) -> list[ReceiptView]:
    recent = [
        one
        for one in state.rentals.values()
        if one.phase is Phase.ENDED
        and one.finished_at is not None
        and abs((now.at - one.finished_at).total_seconds()) < SHOW_RETURN_S
    ]
    recent.sort(key=lambda one: one.finished_at or one.started_at, reverse=True)
    return [receipt for one in recent if (receipt := receipt_view(state, one)) is not None]


def receipt_view(state: State, rental: Rental) -> ReceiptView | None:
    """The bill of a finished rental; None while it runs."""
    bill, finished_at = rental.bill, rental.finished_at
    if bill is None or finished_at is None or (rental.returned_dock_no is None and not rental.parked):
        return None
    item = lists.vehicle(state, rental.vehicle_id)
    return ReceiptView(
        rental_id=rental.rental_id,
        reference=reference(rental.rental_id),
        vehicle_label="?" if item is None else item.label,
        dock_no=rental.returned_dock_no,
        started_at=rfc3339(rental.undocked_at or rental.started_at),
        ended_at=rfc3339(finished_at),
        duration_s=rental.duration_s,
        lines=line_views(bill),
        total=money(bill.total_minor, bill.currency),
        tax=money(bill.tax_minor, bill.currency),
        queued=not state.hub.online,
    )


def line_views(bill: Bill) -> list[BillLineView]:
    """A bill's lines."""
    return [
        BillLineView(
            key=line.key,
            quantity=line.quantity,
            unit=line.unit,
            unit_price=money(line.unit_price_minor, bill.currency),
            amount=money(line.amount_minor, bill.currency),
        )
        for line in bill.lines
    ]


def rental_view(state: State, rental: Rental, now: Moment) -> RentalView:
    """A rental for the screen that follows it."""
    item = lists.vehicle(state, rental.vehicle_id)
    state_shown = _rental_state(rental)
    may_pull = state_shown == "open" and rental.pull_until_mono_s is not None
    left = (rental.pull_until_mono_s or 0.0) - now.mono_s if may_pull else None
    return RentalView(
        rental_id=rental.rental_id,
        reference=reference(rental.rental_id),
        state=state_shown,  # type: ignore[arg-type]
        dock_no=rental.dock_no,
        vehicle_label="?" if item is None else item.label,
        vehicle_kind=_kind(item),
        started_at=rfc3339(rental.started_at),
        pull_until=None if left is None else rfc3339(from_ms(to_ms(now.at) + int(left * 1000))),
        void_reason=_void_reason(rental),
        receipt=receipt_view(state, rental),
    )


def _rental_state(rental: Rental) -> str:
    if rental.phase is Phase.UNSURE:
        return "open" if rental.seen_unlocked else "voided"
    return rental.phase.value


def _void_reason(rental: Rental) -> str | None:
    """A dock that does not answer looks void to the person; should the vehicle leave after all, it is a ride."""
    if rental.phase is Phase.UNSURE and not rental.seen_unlocked:
        return "no_answer"
    return rental.void_reason


def quote_view(state: State, quote: Quote, now: Moment) -> QuoteView:
    """A price before it is agreed to."""
    here = eligibility.vehicle_at(state, quote.dock_no, to_ms(now.at))
    tariff, local = quote.tariff, lists.local(state, now.at)
    return QuoteView(
        quote_id=quote.quote_id,
        dock_no=quote.dock_no,
        vehicle=vehicle_view(here, best=False),
        tariff=tariff_view(tariff, local),
        examples=example_views(tariff, local),
        identified_by=quote.identified_by,  # type: ignore[arg-type]
        offline=quote.offline,
        pull_out_s=state.profile.pull_out_s,
        expires_at=rfc3339(quote.expires_at),
        counts_km=quote.counts_km,
        due_at=None if quote.due_ms is None else rfc3339(from_ms(quote.due_ms)),
    )


def example_views(tariff: Tariff, local: dt.datetime) -> list[Example]:
    """What some rides cost."""
    return [
        Example(
            minutes=minutes,
            total=money(price_of_rental(tariff, minutes * 60, began_at=local).total_minor, tariff.currency),
        )
        for minutes in EXAMPLE_MINUTES
    ]


def tariff_view(tariff: Tariff, local: dt.datetime) -> TariffView:
    """A tariff in full."""

    def amount(minor: int) -> MoneyView:
        return money(minor, tariff.currency)

    return TariffView(
        tariff_id=tariff.tariff_id,
        version=tariff.version,
        name=tariff.name,
        unlock=amount(tariff.unlock_minor),
        per_minute=amount(minute_price(tariff, local)),
        free_minutes=tariff.free_minutes,
        day_cap=None if tariff.day_cap_minor is None else amount(tariff.day_cap_minor),
        per_kwh=amount(tariff.per_kwh_minor) if tariff.per_kwh_minor else None,
        deposit=amount(tariff.deposit_minor),
        tax_pct=tariff.tax_pct,
        per_km=amount(tariff.per_km_minor) if tariff.per_km_minor else None,
        late_hour=amount(tariff.late_hour_minor) if tariff.late_hour_minor else None,
        late_grace_minutes=tariff.late_grace_minutes,
    )
