"""Chargers and their connectors as they were last seen. What runs on them is `charging`."""

import dataclasses

from edge_agent.core.inputs import ChargerFound, ChargerLost, ConnectorReported
from edge_agent.core.state import Charger, Connector
from edge_agent.core.step import Step, with_item
from protocols.sync.facts import ChargerSeen, ConnectorChanged
from protocols.values import to_ms


def charger_found(step: Step, seen: ChargerFound) -> None:
    """A charge point is connected; who it is becomes a fact when it changed."""
    old = step.state.chargers.get(seen.charger_id, Charger(charger_id=seen.charger_id))
    new = dataclasses.replace(
        old,
        online=True,
        vendor=seen.vendor or old.vendor,
        model=seen.model or old.model,
        firmware=seen.firmware or old.firmware,
    )
    step.change(chargers=with_item(step.state.chargers, seen.charger_id, new))
    if seen.vendor and (old.vendor, old.model, old.firmware) != (new.vendor, new.model, new.firmware):
        step.record(ChargerSeen(charger_id=new.charger_id, vendor=new.vendor, model=new.model, firmware=new.firmware))


def charger_lost(step: Step, seen: ChargerLost) -> None:
    """The connection is gone; what it charges goes on."""
    old = step.state.chargers.get(seen.charger_id, Charger(charger_id=seen.charger_id))
    step.change(chargers=with_item(step.state.chargers, seen.charger_id, dataclasses.replace(old, online=False)))


def connector_reported(step: Step, seen: ConnectorReported) -> None:
    """A connector's state by the charger's own time: an older report that arrives late changes nothing."""
    charger = step.state.chargers.get(seen.charger_id, Charger(charger_id=seen.charger_id, online=True))
    old = charger.connectors.get(seen.connector_no)
    reported_at = min(seen.reported_at, step.now.at)  # a clock that runs ahead shall not silence what comes later
    if old is not None and reported_at < old.reported_at:
        return
    since_mono_s = old.since_mono_s if old is not None and old.state is seen.state else step.now.mono_s
    new = Connector(state=seen.state, error_code=seen.error_code, reported_at=reported_at, since_mono_s=since_mono_s)
    charger = dataclasses.replace(charger, connectors=with_item(charger.connectors, seen.connector_no, new))
    step.change(chargers=with_item(step.state.chargers, seen.charger_id, charger))
    if old is None or (old.state, old.error_code) != (new.state, new.error_code):
        step.record(
            ConnectorChanged(
                charger_id=seen.charger_id,
                connector_no=seen.connector_no,
                state=seen.state.value,
                error_code=seen.error_code,
                at_ms=to_ms(seen.reported_at),
            )
        )
