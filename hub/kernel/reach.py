"""How far a caller reaches: in which organisation, at which stations. Every query and every write stays within it.

The web layer sets the reach of a call; every session that begins in it is bound by it. No query needs to remember:
rows out of reach are not found, and new rows that refer to something out of reach are refused as if it did not exist.
To whom a table's rows belong is told by its columns (`belonging.py`).
"""

import contextlib
import functools
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Table,
    Uuid,
    bindparam,
    event,
    inspect,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.orm.base import PASSIVE_NO_INITIALIZE
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql import visitors

from hub.kernel import belonging
from hub.kernel.belonging import HOUSE
from hub.kernel.columns import Base
from protocols.errors import Refused

_REACH: Final = "reach"
_KNOWN: Final = "known_to_be_in_reach"
_Asked: TypeAlias = tuple[str, uuid.UUID, uuid.UUID]  # a table, a row of it, and the organisation that refers to it
_AT_ONCE: Final = 8  # that the database is asked of in one statement
EVERYWHERE: Final[Mapping[str, Any]] = {"reach_everywhere": True}
"""Execution options of a query that is the hub's own, whoever calls (say, of what all stations are told)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The caller's organisation (None: all) and the stations he acts at (None: all of it).

    What is `account_id`'s own is within reach at any station.
    """

    organisation_id: uuid.UUID | None = None
    stations: frozenset[uuid.UUID] | None = None
    account_id: uuid.UUID | None = None

    @property
    def is_everything(self) -> bool:
        return self.stations is None and self.organisation_id is None


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


def organisation_of(session: AsyncSession) -> uuid.UUID:
    """For whom the session works; the house, where it is the hub itself."""
    reach = reach_of(session.sync_session)
    return (None if reach is None else reach.organisation_id) or HOUSE


@contextlib.asynccontextmanager
async def within(session: AsyncSession, reach: Reach | None) -> AsyncIterator[None]:
    """In here this session reaches so far instead; None: everywhere, for what is the hub's own whoever calls."""
    info = session.sync_session.info
    before = info.get(_REACH)
    info[_REACH] = reach
    try:
        yield
        await session.flush()  # what is written in here is judged in here
    finally:
        info[_REACH] = before


def note_whose(session: AsyncSession, table: str, row_id: uuid.UUID, organisation_id: uuid.UUID) -> None:
    """Whose a row is, which a query has read by the way: a new row that refers to it need not ask for it again."""
    session.info.setdefault(_KNOWN, set()).add((table, row_id, organisation_id))


def _narrow(state: ORMExecuteState) -> None:
    reach = reach_of(state.session)
    if reach is None or state.execution_options.get("reach_everywhere") or state.is_column_load:
        return
    criteria = [one for mapper in _mappers(state.statement, reach) for one in _criteria(mapper, reach)]
    if criteria:
        state.statement = state.statement.options(*criteria)


def _mappers(statement: Any, reach: Reach) -> set[Mapper[Any]]:
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
        if is_bound(table, reach):
            raise RuntimeError(f"{table.name}: query its class, so that the caller's reach can bind it")
    return found


def is_bound(table: Table, reach: Reach) -> bool:
    """Whether such a reach binds this table."""
    by_station = reach.stations is not None and belonging.lies_at_station(table)
    return by_station or (reach.organisation_id is not None and table.name not in belonging.HUB)


def _criteria(mapper: Mapper[Any], reach: Reach) -> Iterator[LoaderCriteriaOption]:
    """What keeps a query of this class within reach."""
    if reach.organisation_id is not None:
        of_organisation = _of_organisation(mapper, reach.organisation_id)
        if of_organisation is not None:
            yield of_organisation
    if reach.stations is None:
        return
    table, class_ = _table(mapper), mapper.class_
    here = belonging.at_stations(table, functools.partial(_column, class_), reach.stations)
    if here is not None:
        own = reach.account_id is not None and {"station_id", "account_id"} <= set(table.columns.keys())
        here = or_(here, class_.account_id == reach.account_id) if own else here
        yield with_loader_criteria(class_, here, include_aliases=True)


@functools.lru_cache(maxsize=4096)
def _of_organisation(mapper: Mapper[Any], organisation_id: uuid.UUID) -> LoaderCriteriaOption | None:
    class_ = mapper.class_
    inside = belonging.in_organisation(_table(mapper), functools.partial(_column, class_), organisation_id)
    return None if inside is None else with_loader_criteria(class_, inside, include_aliases=True)


def _table(mapper: Mapper[Any]) -> Table:
    table = mapper.local_table
    assert isinstance(table, Table)  # noqa: S101  # no class of ours is mapped to a query
    return table


def _column(class_: Any, name: str) -> ColumnElement[Any]:
    found: ColumnElement[Any] = getattr(class_, name)
    return found


def _check_writes(session: Session, _context: UOWTransaction, _instances: object) -> None:
    """What is written lies within reach. Raises Refused `not_found`, as for something that does not exist."""
    reach = reach_of(session)
    for row in session.new:
        _stamp(row, reach)
    if reach is None:
        return
    asked: dict[_Asked, str] = {}
    for row in (*session.new, *session.dirty):
        # What was there is here because a query found it in reach, or is the hub's own: only what is new is asked.
        for name in _refers_by(inspect(type(row))):
            referred = _new_value(row, name)
            if referred is None:
                continue
            if not _may_refer(session, reach, row, name, referred, asked):
                raise Refused("not_found", **{name: str(referred)})
    for other in _of_others(session, list(asked)):
        raise Refused("not_found", **{asked[other]: str(other[1])})
    session.info.setdefault(_KNOWN, set()).update(asked)


@functools.cache
def _refers_by(mapper: Mapper[Any]) -> list[str]:
    """Its columns that refer to something of an organisation."""
    return [name for name in ("organisation_id", *belonging.REFERENCES) if name in mapper.columns]


def _stamp(row: Any, reach: Reach | None) -> None:
    """A new row belongs to its maker's organisation."""
    if type(row).__tablename__ in belonging.STAMPED and row.organisation_id is None:
        row.organisation_id = (None if reach is None else reach.organisation_id) or HOUSE


def _may_refer(
    session: Session, reach: Reach, row: Any, name: str, referred: uuid.UUID, asked: dict[_Asked, str]
) -> bool:
    """Whether it may, as far as that can be told here; what only the database knows is put into `asked`."""
    own = reach.account_id is not None and getattr(row, "account_id", None) == reach.account_id
    if name == "station_id" and reach.stations is not None and referred not in reach.stations and not own:
        return False
    if reach.organisation_id is None:
        return True
    if name == "organisation_id":
        return referred == reach.organisation_id
    if referred == reach.account_id:
        return True
    one = (belonging.REFERENCES[name], referred, reach.organisation_id)
    if one in session.info.setdefault(_KNOWN, set()):
        return True
    loaded: Any = session.identity_map.get(_mapper(one[0]).identity_key_from_primary_key((referred,)))
    if loaded is not None:
        return bool(loaded.organisation_id == reach.organisation_id)
    asked.setdefault(one, name)
    return True


def _of_others(session: Session, asked: Sequence[_Asked]) -> Iterator[_Asked]:
    """Those that another organisation has, found in few trips. What does not exist is not refused here."""
    for first in range(0, len(asked), _AT_ONCE):
        some = asked[first : first + _AT_ONCE]
        given = {f"row{at}": row_id for at, (_, row_id, _) in enumerate(some)}
        given |= {f"of{at}": organisation_id for at, (_, _, organisation_id) in enumerate(some)}
        found = session.connection().execute(_others(tuple(name for name, _, _ in some)), given)
        yield from (some[at] for (at,) in found)


@functools.lru_cache(maxsize=1000)
def _others(names: tuple[str, ...]) -> Select[Any] | CompoundSelect[Any]:
    """Which rows of these tables belong to another organisation; made once, for nearly every new row asks it."""
    each: list[Select[Any]] = []
    for at, name in enumerate(names):
        table = _table(_mapper(name))
        row, organisation = bindparam(f"row{at}", type_=Uuid), bindparam(f"of{at}", type_=Uuid)
        of_another = table.c.id == row, table.c.organisation_id != organisation
        each.append(select(literal_column(str(at)).label("at")).select_from(table).where(*of_another))
    return each[0] if len(each) == 1 else union_all(*each)


@functools.cache
def _mapper(name: str) -> Mapper[Any]:
    return next(one for one in Base.registry.mappers if one.local_table is Base.metadata.tables[name])


def _new_value(row: object, name: str) -> uuid.UUID | None:
    added = inspect(row).get_history(name, PASSIVE_NO_INITIALIZE).added
    value: uuid.UUID | None = added[0] if added else None
    return value


event.listen(BoundSession, "do_orm_execute", _narrow)
event.listen(BoundSession, "before_flush", _check_writes)
