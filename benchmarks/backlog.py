"""What a station writes down in a month off line: mostly meter samples, with rentals and devices in between. Pure."""

import random
from collections.abc import Iterator
from typing import Final

import msgspec

from edge_agent.store.work import NewFact
from firmware_sim.fleet.facts import Day
from protocols.sync.envelope import Lane, decode_fact
from protocols.sync.facts import LANES, VERSION, Body, ChargingMetered, ConnectorChanged
from protocols.values import uuid7

AT_MS: Final = 1_792_591_200_000
_BUSINESS: Final = 30  # of a thousand facts; they come in rentals of five
_OPERATIONS: Final = 20
_SAMPLES: Final = 360  # of one charging session: an hour, one every ten seconds


def facts(count: int, seed: int) -> Iterator[NewFact]:
    """So many facts, in the order in which they happened."""
    chance = random.Random(seed)
    day = Day(seed=seed, boot="boot", start_ms=AT_MS)
    session_id, energy_wh, at_ms = uuid7(AT_MS, chance.randbytes(10)), 1_000_000, AT_MS
    for number in range(count):
        at_ms += 2_500
        place = number % 1000
        if place < _BUSINESS:
            fact_id, record = day.take(1)[0]
            fact = decode_fact(record)
            yield NewFact(lane=Lane.BUSINESS, type=fact.type, v=fact.v, id=fact_id, body=bytes(fact.body))
        elif place < _BUSINESS + _OPERATIONS:
            state = chance.choice(["available", "charging", "finishing"])
            changed = ConnectorChanged(
                charger_id=f"CP-{number % 4}", connector_no=1, state=state, error_code="NoError", at_ms=at_ms
            )
            yield _fact(changed, at_ms, chance)
        else:
            if number % _SAMPLES == 0:
                session_id = uuid7(at_ms, chance.randbytes(10))
            energy_wh += chance.randrange(10, 40)
            sample = ChargingMetered(
                session_id=session_id, sampled_ms=at_ms, energy_wh=energy_wh,
                power_w=round(chance.uniform(3000, 11000), 1), current_a=round(chance.uniform(6, 16), 2),
                voltage_v=round(chance.uniform(225, 235), 1), soc_pct=round(chance.uniform(20, 95), 1),
            )  # fmt: skip
            yield _fact(sample, at_ms, chance)


def _fact(body: Body, at_ms: int, chance: random.Random) -> NewFact:
    return NewFact(
        lane=LANES[type(body)],
        type=type(body).__name__,
        v=VERSION,
        id=uuid7(at_ms, chance.randbytes(10)),
        body=msgspec.json.encode(body),
    )
