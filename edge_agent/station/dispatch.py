"""Hands committed orders to the links. A link that is missing answers `no_answer` at once."""

from collections.abc import Sequence

from edge_agent.core.inputs import ChargerOrderEnded, DockOrderEnded, Outcome
from edge_agent.core.orders import Order, StartCharge, StopCharge
from edge_agent.station.ports import ChargerLink, DockLink, Tell


class Dispatch:
    """Knows which link takes which order. `connect` joins the links once they exist."""

    def __init__(self) -> None:
        self._docks: DockLink | None = None
        self._chargers: ChargerLink | None = None
        self._tell: Tell | None = None

    def connect(self, *, tell: Tell, docks: DockLink | None, chargers: ChargerLink | None) -> None:
        """Join the links; None where this station has no such devices."""
        self._tell, self._docks, self._chargers = tell, docks, chargers

    def __call__(self, orders: Sequence[Order]) -> None:
        for order in orders:
            if isinstance(order, StartCharge | StopCharge):
                if self._chargers is not None:
                    self._chargers.send(order)
                elif self._tell is not None:
                    self._tell(
                        ChargerOrderEnded(
                            order_id=order.order_id,
                            charger_id=order.charger_id,
                            outcome=Outcome.NO_ANSWER,
                            detail="no chargers",
                        )
                    )
            elif self._docks is not None:
                self._docks.send(order)
            elif self._tell is not None:
                self._tell(
                    DockOrderEnded(
                        order_id=order.order_id,
                        dock_no=order.dock_no,
                        outcome=Outcome.NO_ANSWER,
                        detail="no docks",
                    )
                )
