"""How far a caller reaches: at which stations. Every query and every write of his call stays within it.

The web layer sets the reach of a call; every session that begins in it is bound by it. No query needs to remember:
rows out of reach are not found, and new rows that would lie there are refused as if there were nothing to refer to.
A table is within reach by its `station_id`, by the vehicle that its rows hang on, or by what `REACHED_BY` says; tables
without any of these lie at no station.
"""

import contextlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, event, inspect, or_, select
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.sql import visitors

from hub.kernel.columns import Base
from protocols.errors import Refused

_REACH: Final = "reach"
EVERYWHERE: Final[Mapping[str, Any]] = {"reach_everywhere": True}
"""Execution options of a query that is the hub's own, whoever calls (say, of what all stations are told)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The stations that the caller acts at; None for all. What is `account_id`'s own is within reach anyhow."""

    stations: frozenset[uuid.UUID] | None = None
    account_id: uuid.UUID | None = None

    @property
    def is_everything(self) -> bool:
        return self.stations is None


_CURRENT: ContextVar[Reach | None] = ContextVar("reach", default=None)


@contextlib.contextmanager
def reaching(reach: Reach) -> Iterator[None]:
    """Sessions that begin in here reach so far and no further."""
    before = _CURRENT.set(None if reach.is_everything else reach)
    try:
        yield
    finally:
        _CURRENT.reset(before)


class BoundSession(Session):
    """The session of every unit of work. It is bound by the reach in which it began."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        reach = _CURRENT.get()
        if reach is not None:
            self.info[_REACH] = reach


def reach_of(session: Session) -> Reach | None:
    """The reach that binds this session; None for everything."""
    found: Reach | None = session.info.get(_REACH)
    return found


def _narrow(state: ORMExecuteState) -> None:
    reach = reach_of(state.session)
    if reach is None or state.execution_options.get("reach_everywhere") or state.is_column_load:
        return
    criteria = [
        with_loader_criteria(mapper.class_, _within(mapper, reach), include_aliases=True)
        for mapper in _mappers(state.statement)
        if is_bound(_table(mapper))
    ]
    if criteria:
        state.statement = state.statement.options(*criteria)


def _mappers(statement: Any) -> set[Mapper[Any]]:
    """Every mapped class that a statement touches, in subqueries too. Raises where it touches a table past the ORM."""
    found: set[Mapper[Any]] = set()
    tables: set[Table] = set()
    for element in visitors.iterate(statement):
        entity = element._annotations.get("parententity")  # noqa: SLF001  # SQLAlchemy has no other way to ask
        if entity is not None:
            found.add(entity.mapper)
        elif isinstance(element, Table):  # a column's table too, which is then among the mapped ones
            tables.add(element)
    for table in tables - {mapper.local_table for mapper in found}:
        if is_bound(table):
            raise RuntimeError(f"{table.name}: query its class, so that the caller's reach can bind it")
    return found


def is_bound(table: Table) -> bool:
    """Whether rows of this table lie at a station, or hang on a vehicle that does."""
    return table.name in REACHED_BY or "station_id" in table.columns or _hangs_on_vehicle(table)


def _hangs_on_vehicle(table: Table) -> bool:
    return "vehicle_id" in table.columns and not table.columns["vehicle_id"].nullable


def _table(mapper: Mapper[Any]) -> Table:
    table = mapper.local_table
    assert isinstance(table, Table)  # noqa: S101  # no class of ours is mapped to a query
    return table


def _within(mapper: Mapper[Any], reach: Reach) -> ColumnElement[bool]:
    """The rows of this class within reach."""
    if reach.stations is None:
        raise AssertionError("nothing to narrow")
    table = _table(mapper)
    special = REACHED_BY.get(table.name)
    if special is not None:
        return special(mapper.class_, reach.stations)
    if "station_id" not in table.columns:
        hangs: ColumnElement[bool] = mapper.class_.vehicle_id.in_(_vehicles_at(reach.stations))
        return hangs
    here: ColumnElement[bool] = mapper.class_.station_id.in_(reach.stations)
    if reach.account_id is not None and "account_id" in table.columns:
        return or_(here, mapper.class_.account_id == reach.account_id)
    return here


def _at(class_: Any, stations: frozenset[uuid.UUID]) -> ColumnElement[bool]:
    within: ColumnElement[bool] = class_.id.in_(stations)
    return within


def _last_seen_at(class_: Any, stations: frozenset[uuid.UUID]) -> ColumnElement[bool]:
    within: ColumnElement[bool] = class_.id.in_(_vehicles_at(stations))
    return within


def _vehicles_at(stations: frozenset[uuid.UUID]) -> Select[Any]:
    custody = Base.metadata.tables["vehicle_custody"].alias()
    return select(custody.c.vehicle_id).where(custody.c.station_id.in_(stations))


REACHED_BY: Final[Mapping[str, Callable[[Any, frozenset[uuid.UUID]], ColumnElement[bool]]]] = {
    "stations": _at,
    "vehicles": _last_seen_at,
}
"""Tables that lie at a station without a column `station_id`."""


def _check_writes(session: Session, _context: UOWTransaction, _instances: object) -> None:
    """What is written lies within reach. Raises Refused `not_found`, as for a station that does not exist."""
    reach = reach_of(session)
    if reach is None or reach.stations is None:
        return
    for row in (*session.new, *session.dirty):
        # What was there is here because a query found it in reach, or is the hub's own: only a new place is asked.
        station_id = _new_place(row)
        own = reach.account_id is not None and getattr(row, "account_id", None) == reach.account_id
        if station_id is not None and station_id not in reach.stations and not own:
            raise Refused("not_found", station_id=str(station_id))


def _new_place(row: object) -> uuid.UUID | None:
    state = inspect(row)
    if "station_id" not in state.mapper.columns:
        return None
    added = state.attrs.station_id.history.added
    place: uuid.UUID | None = added[0] if added else None
    return place


event.listen(BoundSession, "do_orm_execute", _narrow)
event.listen(BoundSession, "before_flush", _check_writes)
