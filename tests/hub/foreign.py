"""A place with one row in every table, for tests that ask whether somebody sees it who should not."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from sqlalchemy import JSON, Boolean, DateTime, Float, Integer, LargeBinary, String, Table, Uuid, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub.kernel.belonging import HOUSE, PARENTS
from hub.kernel.columns import Base, UtcInstant
from hub.kernel.db import Database
from protocols.values import UTC

AT = dt.datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
HUB_WIDE = {"workers", "audit_records"}
"""Tables without anybody's rows."""
_CALLED = {"session_id": "charging_sessions", "fact_id": "facts", "family_id": "sessions"}
_SHAPED: dict[tuple[str, str], Any] = {
    ("stations", "timezone"): "Europe/Berlin",
    ("cases", "state"): "open",
    ("bills", "use"): "rental",
    ("bills", "state"): "open",
    ("bill_adjustments", "kind"): "credit",
    ("bill_adjustments", "cause"): "goodwill",
    ("holds", "state"): "held",
    ("invoices", "kind"): "invoice",
    ("invoices", "body"): {
        "use": "rental",
        "seller": {},
        "lines": [],
        "payments": [],
        "began_at": None,
        "ended_at": None,
    },
    ("breaks", "kind"): "fee",
    ("payouts", "state"): "asked",
    ("alarms", "severity"): "warning",
    ("alarms", "state"): "open",
    ("checklists", "questions"): [{"key": "a", "text": {"en": "x"}, "kind": "yes_no"}],
    ("checklists", "about"): "vehicle",
    ("checklists", "title"): {"en": "x"},
    ("restock_plans", "state"): "proposed",
    ("restock_plans", "engine"): "greedy",
    ("restock_plans", "body"): {"actions": [], "routes": [], "stations": []},
    ("staff_tasks", "what"): "other",
    ("staff_tasks", "state"): "open",
}


@dataclass(slots=True)
class Place:
    """A station, an account, a vehicle … and everything that hangs on them; ids by table."""

    ids: dict[str, uuid.UUID] = field(default_factory=dict)

    def id_of(self, name: str) -> uuid.UUID:
        """The id of this place's row for a column or path parameter such as `station_id`."""
        word = name.removeprefix("posted_").removeprefix("ended_").removeprefix("kept_").removesuffix("_id")
        word = word.removeprefix("from_").removeprefix("to_")
        special = {
            "wish": "wishes",
            "method": "payment_methods",
            "request": "pay_requests",
            "block": "account_blocks",
            "member": "station_staff",
            "key": "api_keys",
            "plan": "restock_plans",
            "task": "staff_tasks",
        }
        tables = [_CALLED.get(name), special.get(word), f"{word}s", word, f"{word}es"]
        table = next((one for one in tables if one is not None and one in self.ids), None)
        return self.ids[table] if table is not None else uuid.uuid4()

    def words(self) -> set[str]:
        """How its ids look in an answer."""
        return {str(one) for one in self.ids.values()}


def nowhere() -> Place:
    """A place of which the hub knows nothing."""
    return Place({name: uuid.uuid4() for name in Base.metadata.tables})


async def settle(database: Database, organisation_id: uuid.UUID = HOUSE) -> Place:
    """Fill every table with one row of a new place, of this organisation."""
    place = nowhere()
    place.ids["organisations"] = organisation_id
    async with database.transaction() as session:
        for table in Base.metadata.sorted_tables:
            if table.name == "ledger_transactions":  # sealed after its entries
                continue
            if table.name == "organisations" and organisation_id == HOUSE:  # every hub begins with it
                continue
            if table.name == "ledger_entries":
                await _post(session, place)
            elif table.name not in HUB_WIDE:
                await session.execute(insert(table).values(_row(table, place)))
    return place


async def _post(session: AsyncSession, place: Place) -> None:
    entries, sealed = Base.metadata.tables["ledger_entries"], Base.metadata.tables["ledger_transactions"]
    row = _row(entries, place) | {"transaction_id": place.ids["ledger_transactions"]}
    for account, amount in (("a", 5), ("b", -5)):
        await session.execute(insert(entries).values(row | {"account": account, "amount_minor": amount}))
    await session.execute(insert(sealed).values(_row(sealed, place) | {"subject_id": place.ids["bills"]}))


async def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables but the log's."""
    async with database.reading() as session:
        found = {}
        for table in Base.metadata.sorted_tables:
            if table.name not in {"audit_records", "idempotency_keys"}:
                rows = await session.execute(select(table))
                found[table.name] = sorted((tuple(row) for row in rows), key=repr)
        return found


def _row(table: Table, place: Place) -> dict[str, Any]:
    return {column.name: _value(table, column, place) for column in table.columns}


def _value(table: Table, column: Any, place: Place) -> Any:
    kind, name = column.type, column.name
    if name == PARENTS.get(table.name, ("", ""))[0]:
        return place.ids[PARENTS[table.name][1]]
    if (table.name, name) in _SHAPED:
        return _SHAPED[table.name, name]
    if (table.name, name) == ("checklists", "key"):
        return f"k{place.ids['stations'].hex}"
    if isinstance(kind, Uuid):
        if name == "id":
            return place.ids[table.name]
        return None if column.nullable and not _belongs(name) else place.id_of(name)
    if column.nullable:
        return None
    if isinstance(kind, JSON):
        return [] if "list" in str(_annotations(table).get(name)) else {}
    return _plain(kind, name, place)


def _annotations(table: Table) -> dict[str, Any]:
    class_ = next(one.class_ for one in Base.registry.mappers if one.local_table is table)
    return get_type_hints(class_)


def _belongs(name: str) -> bool:
    return name in {"station_id", "account_id", "vehicle_id", "organisation_id"}


def _plain(kind: Any, name: str, place: Place) -> Any:
    if isinstance(kind, UtcInstant | DateTime):
        return AT
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Integer):
        return 1
    if isinstance(kind, Float):
        return 1.0
    if isinstance(kind, LargeBinary):
        return place.ids["stations"].bytes
    if isinstance(kind, String):
        return "EUR" if name == "currency" else place.ids["stations"].hex[: min(kind.length or 8, 32)]
    raise TypeError(f"no value for {name}: {kind}")
