"""Charging sessions and meter values as JSON."""

import uuid
from typing import Literal

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, MoneyShape, Shape

State = Literal["refused", "running", "inferred", "ended", "orphaned"]


class SessionQuery(PageQuery):
    """Which sessions."""

    station_id: uuid.UUID | None = None
    charger_id: str | None = None
    account_id: uuid.UUID | None = None
    state: State | None = None


class BillLineShape(Shape):
    """A line of a bill."""

    key: str
    quantity: float
    unit: str
    unit_price_minor: int
    amount_minor: int
    tax_minor: int | None = None


class SessionShape(Shape):
    """A charging session. `energy_wh` of a running one is what was sampled so far.

    `uncertainty_s`: by so much its instants may be off, because its station did not know the time.
    """

    id: uuid.UUID
    created_at: Instant
    station_id: uuid.UUID
    state: str
    charger_id: str | None
    connector_no: int | None
    transaction_id: int | None
    id_token: str | None
    verdict: str | None
    account_id: uuid.UUID | None
    offline: bool | None
    tariff_id: uuid.UUID | None
    tariff_version: int | None
    meter_start_wh: int | None
    meter_stop_wh: int | None
    energy_wh: int | None
    started_at: Instant | None
    stopped_at: Instant | None
    uncertainty_s: float
    time_uncertain: bool
    stop_reason: str | None
    total: MoneyShape | None
    tax: MoneyShape | None
    bill: list[BillLineShape] | None
    price_checked: bool | None


class MeterValueShape(Shape):
    """One sample; energy is the meter's register."""

    sampled_at: Instant
    energy_wh: int | None
    power_w: float | None
    current_a: float | None
    voltage_v: float | None
    soc_pct: float | None
