"""Pure: what a station's devices are after another fact. The later fact (by the station's clock) has the last word.

The answer does not depend on the order in which facts arrive: every part keeps the `hlc` it was told at.
"""

from typing import Any, Final

from protocols.sync import facts

ONLINE_S: Final = 90.0
Row = dict[str, Any]


def new_dock(dock_no: int) -> Row:
    """A dock of which nothing is known but its number."""
    return {"dock_no": dock_no, "kind": "", "serial": "", "firmware": "", "seen_hlc": -1, "faults": {}}


def new_charger(charger_id: str) -> Row:
    """A charger of which nothing is known but its id."""
    return {"charger_id": charger_id, "vendor": "", "model": "", "firmware": "", "seen_hlc": -1, "connectors": {}}


def dock_after(dock: Row, fact: facts.DockSeen | facts.DockFault, hlc: int) -> Row:
    """The dock after this fact."""
    if isinstance(fact, facts.DockSeen):
        if hlc <= dock["seen_hlc"]:
            return dock
        return {**dock, "kind": fact.kind, "serial": fact.serial, "firmware": fact.firmware, "seen_hlc": hlc}
    told = dock["faults"].get(fact.code)
    if told is not None and hlc <= told["hlc"]:
        return dock
    raised = isinstance(fact, facts.DockFaultRaised)
    said = {"raised": raised, "hlc": hlc, "at_ms": fact.at_ms, "detail": fact.detail}
    return {**dock, "faults": {**dock["faults"], fact.code: said}}


def charger_after(charger: Row, fact: facts.ChargerSeen | facts.ConnectorChanged, hlc: int) -> Row:
    """The charger after this fact."""
    if isinstance(fact, facts.ChargerSeen):
        if hlc <= charger["seen_hlc"]:
            return charger
        return {**charger, "vendor": fact.vendor, "model": fact.model, "firmware": fact.firmware, "seen_hlc": hlc}
    no = str(fact.connector_no)
    told = charger["connectors"].get(no)
    if told is not None and hlc <= told["hlc"]:
        return charger
    said = {"state": fact.state, "error_code": fact.error_code, "hlc": hlc, "at_ms": fact.at_ms}
    return {**charger, "connectors": {**charger["connectors"], no: said}}


def active_faults(faults: dict[str, Any]) -> list[Row]:
    """The faults that are not over, in the order they came."""
    raised = [{"code": code, **told} for code, told in faults.items() if told["raised"]]
    return sorted(raised, key=lambda one: (one["at_ms"], one["code"]))
