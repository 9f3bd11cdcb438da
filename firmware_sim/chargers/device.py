"""A charger with one connector, without its line: plug, card, energy, and the messages that it owes the station.

Time and authorisation come in as arguments; nothing here knows of sockets or waits.
"""

import datetime as dt
from typing import Any, Final, Protocol

from firmware_sim.chargers.memory import Charge, ChargerMemory, Undelivered

CONNECTOR: Final = 1
MINIMUM_W: Final = 20.0  # below this the car is not charging any more, it balances or keeps itself warm
MAINS_V: Final = 230.0
PLUG_WITHIN_S: Final = 60.0  # an accepted card is forgotten then (ConnectionTimeOut, 1.6 §9.1.6)


class Car(Protocol):
    """What stands at the other end of the cable."""

    @property
    def soc_pct(self) -> float:
        """State of charge as the car would tell it."""

    @property
    def max_charge_power_w(self) -> float:
        """What the car takes at most now."""

    def advance(self, seconds: float, power_w: float) -> float:
        """Let time pass with so much offered; returns the energy in Wh that the car accepted."""


class ChargerDevice:
    """State that a power cut ends, round a memory that it does not."""

    def __init__(self, memory: ChargerMemory, *, max_power_w: float, meter_interval_s: float) -> None:
        self.memory = memory
        self.max_power_w = max_power_w
        self.meter_interval_s = meter_interval_s
        self.car: Car | None = None
        self.fault = ""
        self.power_w = 0.0
        self.statuses: list[dict[str, Any]] = []  # not yet delivered; lost in a reboot
        self._authorised = ""  # a card that was accepted before the plug came
        self._waiting_s = 0.0
        self._unmetered_s = 0.0
        self._shown = ""
        self._finished = False  # the charge ended, the plug is still in

    @property
    def status(self) -> str:
        """ChargePointStatus (1.6 §7.7) of the connector."""
        if self.fault:
            return "Faulted"
        if self.memory.running:
            return "Charging" if self.power_w > 0 else "SuspendedEV"
        if self.car:
            return "Finishing" if self._finished else "Preparing"
        return "Preparing" if self._authorised else "Available"

    def power_on(self, now: dt.datetime) -> None:
        """After a reboot: the RAM is empty, a transaction goes on (P2), unless the car left meanwhile."""
        self.statuses.clear()
        self._shown, self._authorised, self.power_w = "", "", 0.0
        if self.memory.running and self.car is None:
            self.stop(now, "PowerLoss")
        self.show(now)

    def plug(self, car: Car, now: dt.datetime) -> None:
        """Push the cable in. Raises ValueError when one is in already."""
        if self.car is not None:
            raise ValueError("a car is plugged in already")
        self.car, self._finished = car, False
        if self._authorised:
            self._start(self._authorised, now)
        self.show(now)

    def unplug(self, now: dt.datetime) -> Car | None:
        """Pull the cable; a running charge ends. Returns the car, None when there was none."""
        if self.memory.running:
            self.stop(now, "EVDisconnected")
        car, self.car, self.power_w, self._finished = self.car, None, 0.0, False
        self.show(now)
        return car

    def authorise(self, id_token: str, now: dt.datetime) -> bool:
        """An accepted card or a remote start: charge, now or when the plug comes. False when it cannot be."""
        if self.memory.running or self._finished or self.fault:
            return False
        self._authorised, self._waiting_s = id_token, 0.0
        if self.car:
            self._start(id_token, now)
        self.show(now)
        return True

    def stop(self, now: dt.datetime, reason: str, id_token: str | None = None) -> bool:
        """End the running charge with a 1.6 Reason; False when none runs."""
        charge = self.memory.running
        if charge is None:
            return False
        charge.stopped_at, charge.meter_stop_wh, charge.reason = now, int(self.memory.register_wh), reason
        self.power_w, self._finished = 0.0, self.car is not None
        payload = {"meterStop": charge.meter_stop_wh, "timestamp": _text(now), "reason": reason}
        if id_token:
            payload["idTag"] = id_token
        payload["transactionData"] = [self._sample(now, "Transaction.End")]
        self._owe("StopTransaction", charge, payload)
        self.show(now)
        return True

    def advance(self, seconds: float, now: dt.datetime) -> None:
        """Let time pass: energy flows into the car, the meter turns, samples fall due."""
        charge = self.memory.running
        if self._authorised:
            self._wait(seconds, now)
        if charge is None or self.car is None or seconds <= 0 or self.fault:
            self.power_w = 0.0
            return
        offer_w = min(self.max_power_w, self.car.max_charge_power_w)
        energy_wh = max(self.car.advance(seconds, offer_w), 0.0)
        self.memory.register_wh += energy_wh
        charge.energy_wh += energy_wh
        drawn_w = energy_wh * 3600 / seconds
        self.power_w = drawn_w if drawn_w >= MINIMUM_W else 0.0
        self._unmetered_s += seconds
        if self._unmetered_s >= self.meter_interval_s:
            self._unmetered_s = 0.0
            meter_value = [self._sample(now, "Sample.Periodic")]
            self._owe("MeterValues", charge, {"connectorId": CONNECTOR, "meterValue": meter_value})
        self.show(now)

    def owed(self) -> tuple[str, dict[str, Any]] | None:
        """The oldest message about a charge, as it is to be sent: order is part of the promise."""
        if not self.memory.queue:
            return None
        head = self.memory.queue[0]
        payload = dict(head.payload)
        if head.action != "StartTransaction":
            transaction_id = self._charge(head.charge_no).transaction_id
            payload["transactionId"] = -1 if transaction_id is None else transaction_id
        return head.action, payload

    def delivered(self, answer: dict[str, Any], now: dt.datetime) -> None:
        """The station acknowledged the oldest message. A refused card ends its charge (StopTransactionOnInvalidId)."""
        head = self.memory.queue.pop(0)
        if head.action != "StartTransaction":
            return
        charge = self._charge(head.charge_no)
        charge.transaction_id = int(answer.get("transactionId", -1))
        status = (answer.get("idTagInfo") or {}).get("status")
        if status != "Accepted" and self.memory.running is charge:
            self.stop(now, "DeAuthorized")

    def show(self, now: dt.datetime, *, again: bool = False) -> None:
        """Owe a StatusNotification when the status changed (or `again`, when the station asks)."""
        if self.status == self._shown and not again:
            return
        self._shown = self.status
        self.statuses.append(
            {
                "connectorId": CONNECTOR,
                "errorCode": self.fault or "NoError",
                "status": self._shown,
                "timestamp": _text(now),
            }
        )

    def _wait(self, seconds: float, now: dt.datetime) -> None:
        self._waiting_s += seconds
        if self._waiting_s >= PLUG_WITHIN_S:
            self._authorised = ""
            self.show(now)

    def _start(self, id_token: str, now: dt.datetime) -> None:
        self._authorised, self._unmetered_s, self._finished = "", 0.0, False
        charge = Charge(
            no=len(self.memory.charges) + 1,
            id_token=id_token,
            started_at=now,
            meter_start_wh=int(self.memory.register_wh),
        )
        self.memory.charges.append(charge)
        payload = {
            "connectorId": CONNECTOR,
            "idTag": id_token,
            "meterStart": charge.meter_start_wh,
            "timestamp": _text(now),
        }
        self._owe("StartTransaction", charge, payload)
        self.power_w = min(self.max_power_w, self.car.max_charge_power_w) if self.car else 0.0

    def _owe(self, action: str, charge: Charge, payload: dict[str, Any]) -> None:
        self.memory.queue.append(Undelivered(action=action, charge_no=charge.no, payload=payload))

    def _charge(self, no: int) -> Charge:
        return self.memory.charges[no - 1]

    def _sample(self, now: dt.datetime, context: str) -> dict[str, Any]:
        values = [
            _value(context, "Energy.Active.Import.Register", "Wh", str(int(self.memory.register_wh))),
            _value(context, "Power.Active.Import", "W", f"{self.power_w:.1f}"),
            _value(context, "Current.Import", "A", f"{self.power_w / MAINS_V:.2f}"),
            _value(context, "Voltage", "V", f"{MAINS_V:.1f}"),
        ]
        if self.car:
            values.append({**_value(context, "SoC", "Percent", f"{self.car.soc_pct:.1f}"), "location": "EV"})
        return {"timestamp": _text(now), "sampledValue": values}


def _value(context: str, measurand: str, unit: str, value: str) -> dict[str, Any]:
    return {"value": value, "context": context, "measurand": measurand, "unit": unit}


def _text(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
