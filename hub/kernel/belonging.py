"""To which organisation and station the rows of a table belong, as its columns tell. The kernel knows no domain.

`organisation_id` says it itself; other rows belong where their station, vehicle or account does, in this order. What
only hangs on another row stands in `PARENTS`. What belongs to no other organisation is the house's: the organisation
that runs the hub, and that every hub begins with.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, false, not_, or_, select, true

from hub.kernel.columns import Base

Column = Callable[[str], ColumnElement[Any]]

HOUSE: Final = uuid.UUID("0191f000-0000-7000-8000-000000000001")
"""The organisation that runs the hub."""

STAMPED: Final = frozenset({"stations", "vehicles", "vehicle_types", "tariffs", "checklists", "restock_plans"})
"""Tables whose new rows belong to their maker's organisation."""

REFERENCES: Final[Mapping[str, str]] = {
    "station_id": "stations",
    "from_station_id": "stations",
    "to_station_id": "stations",
    "vehicle_id": "vehicles",
    "account_id": "accounts",
    "tariff_id": "tariffs",
    "type_id": "vehicle_types",
}
"""Columns that refer to something of an organisation, and where that is."""

PARENTS: Final[Mapping[str, tuple[str, str]]] = {
    "payments": ("bill_id", "bills"),
    "bill_adjustments": ("bill_id", "bills"),
    "pay_attempts": ("request_id", "pay_requests"),
    "invoices": ("bill_id", "bills"),
    "breaks": ("subject_id", "bills"),
    "ledger_transactions": ("subject_id", "bills"),
    "ledger_entries": ("transaction_id", "ledger_transactions"),
    "tariff_versions": ("tariff_id", "tariffs"),
    "quarantine_acts": ("quarantine_id", "quarantine"),
    "case_things": ("case_id", "cases"),
}
"""Tables whose rows belong to whom another row does: the column, and the other table."""

HUB: Final = frozenset({
    "audit_records", "gateway_refs", "idempotency_keys", "invoice_series", "links", "list_items", "organisations",
    "pay_refunds", "registrations", "throttle_counts", "voucher_keys", "webhook_events", "wishes", "workers",
})  # fmt: skip
"""The hub's own furniture. Nothing binds it, so no route may show it to other organisations than the house."""

HOUSES: Final = frozenset({"gateway_lines", "payouts", "reconciliations"})
"""What is about all organisations at once: the house's."""

_OWNERS: Final = ("station_id", "from_station_id", "vehicle_id", "account_id")
_SEEN_BY_BOTH: Final = frozenset({"vehicle_custody", "vehicle_events"})
"""A vehicle that stands at another's station: both see that it does."""


def in_organisation(table: Table, column: Column, organisation_id: uuid.UUID) -> ColumnElement[bool] | None:
    """The rows that belong to the organisation; None where nothing binds them. Raises where nobody said whose they are.

    `column` gives the table's columns as the query names them.
    """
    if table.name in HUB:
        return None
    if table.name in HOUSES:
        return None if organisation_id == HOUSE else false()
    if "organisation_id" in table.columns and not table.columns["organisation_id"].nullable:
        return column("organisation_id") == organisation_id
    owners = _owners_of(table)
    if not owners:
        raise RuntimeError(f"{table.name}: say in hub/kernel/belonging.py to whom its rows belong")
    if table.name in _SEEN_BY_BOTH:
        return or_(*(_is_within(table, column, one, organisation_id, false()) for one in owners))
    within: ColumnElement[bool] = true() if organisation_id == HOUSE else false()
    for one in reversed(owners):
        within = _is_within(table, column, one, organisation_id, within)
    return within


def _owners_of(table: Table) -> list[tuple[str, str | None]]:
    """By which columns its rows belong to somebody, the first one that is there deciding; and what it refers to."""
    if table.name in PARENTS:
        return [PARENTS[table.name]]
    named = [(name, REFERENCES[name]) for name in _OWNERS if name in table.columns]
    return [*named, *([("organisation_id", None)] if "organisation_id" in table.columns else [])]


def _is_within(
    table: Table, column: Column, owner: tuple[str, str | None], organisation_id: uuid.UUID, otherwise: Any
) -> ColumnElement[bool]:
    """Whether it refers to something of the organisation; `otherwise` where it refers to nothing by this column."""
    name, parent = owner
    here: ColumnElement[bool]
    if parent is None:
        here = column(name) == organisation_id
    elif organisation_id == HOUSE:  # also what refers to nothing that is known
        here = column(name).not_in(_others(parent))
    else:
        here = column(name).in_(ids_of(parent, organisation_id))
    if not table.columns[name].nullable:
        return here
    return or_(and_(column(name).is_not(None), here), and_(column(name).is_(None), otherwise))


def ids_of(name: str, organisation_id: uuid.UUID) -> Select[Any]:
    """The ids of this table's rows that belong to the organisation."""
    ids, within = _ids(name, organisation_id)
    return ids.where(within)


def _others(name: str) -> Select[Any]:
    ids, within = _ids(name, HOUSE)
    return ids.where(not_(within))


def _ids(name: str, organisation_id: uuid.UUID) -> tuple[Select[Any], ColumnElement[bool]]:
    table = Base.metadata.tables[name]
    named = table.alias()
    within = in_organisation(table, lambda one: named.c[one], organisation_id)
    assert within is not None  # noqa: S101  # nothing refers to the hub's furniture
    return select(named.c.id), within


def lies_at_station(table: Table) -> bool:
    """Whether its rows lie at a station, or hang on a vehicle that does."""
    hangs = "vehicle_id" in table.columns and not table.columns["vehicle_id"].nullable
    return table.name in {"stations", "vehicles"} or "station_id" in table.columns or hangs


def at_stations(table: Table, column: Column, stations: frozenset[uuid.UUID]) -> ColumnElement[bool] | None:
    """The rows that lie at these stations, or hang on a vehicle that does; None for a table that lies at none."""
    if table.name == "stations":
        return column("id").in_(stations)
    if table.name == "vehicles":
        return column("id").in_(_vehicles_at(stations))
    if "station_id" in table.columns:
        return column("station_id").in_(stations)
    return column("vehicle_id").in_(_vehicles_at(stations)) if lies_at_station(table) else None


def _vehicles_at(stations: frozenset[uuid.UUID]) -> Select[Any]:
    custody = Base.metadata.tables["vehicle_custody"].alias()
    return select(custody.c.vehicle_id).where(custody.c.station_id.in_(stations))
