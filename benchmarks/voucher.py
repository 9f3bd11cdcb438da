"""How long the station needs to say yes or no to a voucher: signature, period, place, revoked, spent; and the price.

The core alone; disk and HTTP are in `scan`. In processor time: what else the machine does is no part of it.
"""

import statistics
import time
from typing import Final

from benchmarks.results import Result, at_most
from tests.edge_agent.core.stage import Stage, voucher

VOUCHERS: Final = 1_000
GOAL_MS: Final = 2.0


def run() -> list[Result]:
    """Each voucher is shown once for the first time, as at a kiosk: nothing is remembered of it."""
    stage = Stage().furnish()
    stage.stand(1, 1)
    texts = [voucher(number) for number in range(1, VOUCHERS + 1)]
    took_ms = []
    for text in texts:
        began = time.thread_time()
        stage.quote(text, 1)
        took_ms.append((time.thread_time() - began) * 1000)
    p99 = statistics.quantiles(took_ms, n=100)[98]
    return [
        at_most("voucher check with its price, p50", statistics.median(took_ms), "ms", GOAL_MS),
        at_most(
            "voucher check with its price, p99",
            p99,
            "ms",
            GOAL_MS,
            f"{VOUCHERS} vouchers; processor time of the core alone",
        ),
    ]
