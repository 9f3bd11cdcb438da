"""What the hub did by its own clock, which the adversary breaks. Pure: books in, findings out."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from protocols.values import to_ms
from tests.journeys.faults.books import Finding, Hub, Kind, World

SLACK_MS: Final = 90_000  # a jump of up to a minute is followed
MARGINS_MS: Final = 120_000  # twice `leases.margin_s`: so long the hub waits for somebody who does not come


def dates(hub: Hub) -> Iterator[Finding]:
    """Every fact was received while the round was played, also by the hub's own account."""
    wrong = [
        one.received_ms for one in hub.facts if not hub.began_ms - SLACK_MS <= one.received_ms <= hub.read_ms + SLACK_MS
    ]
    if wrong:
        # Nobody can tell a machine that boots under a wrong clock better before it is put right.
        kind = Kind.LIMIT if hub.booted_wrong else Kind.WRONG
        yield Finding(kind, f"{len(wrong)} facts were received at {wrong[0]}, says the hub, and it was {hub.read_ms}")


def missed(world: World, hub: Hub) -> Iterator[Finding]:
    """Nobody is told that he did not come before his time was over."""
    for one in hub.bookings:
        if str(one["id"]) in world.confirmed and one.get("reason") == "no_show":
            until_ms = to_ms(dt.datetime.fromisoformat(one["until_at"]))
            if until_ms + MARGINS_MS > hub.read_ms + SLACK_MS:
                yield Finding(Kind.WRONG, f"booking {one['id']} was missed before its time was over")
