"""What the kiosk shows: one view of the station, sent whole at every change, and the views of one rental.

Instants are RFC 3339 in UTC; message keys are snake_case and come with their parameters; the kiosk has the words.
"""

import uuid
from typing import Literal

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """Base of every view."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class MoneyView(View):
    """Integer minor units of an ISO 4217 currency, with how many decimals it has."""

    minor: int
    currency: str
    decimals: int


class StationIdentity(View):
    """Where am I: the header of every screen."""

    name: str
    number: str
    timezone: str
    help_phone: str


class HubView(View):
    """Whether the hub is reachable; `since` is when that last changed.

    `update_needed`: the two do not understand each other (station_outdated, hub_outdated).
    """

    online: bool
    since: str | None
    last_contact: str | None
    update_needed: str | None = None


VehicleKind = Literal["scooter", "moped", "bicycle", "car"]


class VehicleView(View):
    """A vehicle standing in a dock. `why_not` is a message key when it is not for rent now."""

    vehicle_id: uuid.UUID
    label: str
    kind: VehicleKind
    model: str
    soc_pct: float | None
    soh_pct: float | None
    range_km: float | None
    charging: bool
    rentable: bool
    why_not: str | None
    reserved_until: str | None
    best: bool


class DockView(View):
    """One dock as it stands. free: push a vehicle in; open: unlocked for somebody; out_of_order: leave it."""

    dock_no: int
    kind: Literal["latch", "bay"]
    state: Literal["free", "occupied", "open", "moving", "out_of_order", "unknown"]
    fault: str | None
    vehicle: VehicleView | None


class ConnectorView(View):
    """One connector of a charger; energy and since belong to the session that runs."""

    connector_no: int
    state: Literal["available", "preparing", "charging", "suspended", "finishing", "reserved", "unavailable", "faulted"]
    power_w: float | None
    energy_wh: int | None
    since: str | None


class ChargerView(View):
    """A charger for cars that people bring themselves."""

    charger_id: str
    label: str
    online: bool
    connectors: list[ConnectorView]


class TariffView(View):
    """A tariff in full, before somebody agrees."""

    tariff_id: uuid.UUID
    version: int
    name: str
    unlock: MoneyView
    per_minute: MoneyView
    free_minutes: int
    day_cap: MoneyView | None
    per_kwh: MoneyView | None
    deposit: MoneyView
    tax_pct: float
    per_km: MoneyView | None
    late_hour: MoneyView | None  # each hour begun after the booking's end and the grace
    late_grace_minutes: int


class BillLineView(View):
    """One line: unlock, minutes, day_cap, distance, energy, late."""

    key: str
    quantity: float
    unit: str
    unit_price: MoneyView
    amount: MoneyView


class ReceiptView(View):
    """The itemised bill of a finished rental. `queued`: the payment is taken when the hub is reachable."""

    rental_id: uuid.UUID
    reference: str
    vehicle_label: str
    dock_no: int | None  # None: it stands beside full docks
    started_at: str
    ended_at: str
    duration_s: float
    lines: list[BillLineView]
    total: MoneyView
    tax: MoneyView
    queued: bool


class RentalView(View):
    """A rental that began at this station. open: the dock is unlocked until `pull_until`."""

    rental_id: uuid.UUID
    reference: str
    state: Literal["starting", "open", "active", "voided", "ended"]
    dock_no: int
    vehicle_label: str
    vehicle_kind: VehicleKind
    started_at: str
    pull_until: str | None
    void_reason: str | None
    receipt: ReceiptView | None


class CardPrompt(View):
    """A card was held to a dock's reader a moment ago; the kiosk may take over. The card's number stays inside."""

    read_id: uuid.UUID
    dock_no: int
    read_at: str


class PriceHint(View):
    """The start screen's one line: from … + … a minute."""

    unlock: MoneyView
    per_minute: MoneyView


class StationView(View):
    """Everything the kiosk draws. `seq` rises with every change in this start of the agent."""

    seq: int
    at: str
    station: StationIdentity
    hub: HubView
    docks: list[DockView]
    chargers: list[ChargerView]
    price_hint: PriceHint | None
    charge_price: MoneyView | None  # per kWh
    card: CardPrompt | None
    returns: list[ReceiptView]  # of the last two minutes, newest first
    not_accepting: str | None  # message key when no new business is taken (store_full, starting)
    clock_trusted: bool = True  # False: the times shown may be wrong, durations are right all the same


class Example(View):
    """What a ride of so many minutes costs."""

    minutes: int
    total: MoneyView


class QuoteView(View):
    """A price for one vehicle and one person, good until `expires_at`; agreeing to it opens the dock.

    `counts_km`: the vehicle tells how far it goes; where it does not, kilometres cost nothing. `due_at`: the booking's
    end, after which it is late.
    """

    quote_id: uuid.UUID
    dock_no: int
    vehicle: VehicleView
    tariff: TariffView
    examples: list[Example]
    identified_by: Literal["voucher", "reservation", "card"]
    offline: bool
    pull_out_s: int
    expires_at: str
    counts_km: bool
    due_at: str | None


class HandbackView(View):
    """A ride that its renter wants to end beside full docks, and what it costs so far."""

    handback_id: uuid.UUID
    vehicle_label: str
    vehicle_kind: VehicleKind
    started_at: str
    duration_s: float
    lines: list[BillLineView]
    total: MoneyView
    offline: bool
