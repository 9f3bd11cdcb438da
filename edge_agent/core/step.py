"""One decision in the making: the state so far, the facts and orders it brings. Local to one call of `decide`."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from edge_agent.core.orders import Order
from edge_agent.core.state import Dock, Rental, Session, State
from protocols.sync.clock import Moment
from protocols.sync.facts import Body
from protocols.values import to_ms

_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a decision needs from outside: the clocks' reading and fresh ids."""

    now: Moment
    new_id: Callable[[], uuid.UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from one input. Facts and the durable part of `state` are committed before any order goes out."""

    state: State
    facts: tuple[Body, ...] = ()
    orders: tuple[Order, ...] = ()
    answer: object = None


class Step:
    """Collects a decision. Handlers read `state` and change it only through here."""

    __slots__ = ("_facts", "_orders", "answer", "context", "state")

    def __init__(self, state: State, context: Context) -> None:
        self.state = state
        self.context = context
        self.answer: object = None
        self._facts: list[Body] = []
        self._orders: list[Order] = []

    @property
    def now(self) -> Moment:
        """The clocks' reading of this decision."""
        return self.context.now

    @property
    def now_ms(self) -> int:
        """The wall clock in Unix milliseconds."""
        return to_ms(self.context.now.at)

    def ago(self, seconds: float) -> dt.datetime:
        """The wall instant so many seconds ago."""
        return self.context.now.at - dt.timedelta(seconds=seconds)

    def record(self, fact: Body) -> None:
        """Something happened."""
        self._facts.append(fact)

    def order(self, order: Order) -> None:
        """Something is asked of a device, once the facts are committed."""
        self._orders.append(order)

    def change(self, **fields: Any) -> None:
        """Replace fields of the state."""
        self.state = dataclasses.replace(self.state, **fields)

    def put_dock(self, dock: Dock) -> None:
        """Insert or replace one dock."""
        self.change(docks=with_item(self.state.docks, dock.dock_no, dock))

    def put_rental(self, rental: Rental) -> None:
        """Insert or replace one rental."""
        self.change(rentals=with_item(self.state.rentals, rental.rental_id, rental))

    def put_session(self, session: Session) -> None:
        """Insert or replace one charging session."""
        self.change(sessions=with_item(self.state.sessions, session.session_id, session))

    def decision(self) -> Decision:
        """The finished decision."""
        return Decision(state=self.state, facts=tuple(self._facts), orders=tuple(self._orders), answer=self.answer)


def with_item(mapping: Any, key: _K, value: _V) -> dict[_K, _V]:
    """A copy of the mapping with one more or another item."""
    return {**mapping, key: value}


def without(mapping: Any, *keys: _K) -> dict[_K, Any]:
    """A copy of the mapping without these keys."""
    return {key: value for key, value in mapping.items() if key not in keys}
