"""Failed log-ins of addresses that have no account, so that waiting does not tell which addresses have one."""

import datetime as dt
from collections import OrderedDict

from hub.accounts.rules import wait_after

_REMEMBERED = 10_000


class Strangers:
    """Counts failures per unknown address, in memory; the longest unused is forgotten first."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, dt.datetime]] = OrderedDict()

    def locked_until(self, key: str) -> dt.datetime | None:
        """When this address may try again."""
        failed = self._failures.get(key)
        return failed[1] if failed is not None else None

    def count_failure(self, key: str, now: dt.datetime) -> None:
        """One more wrong password."""
        failures = self._failures.pop(key, (0, now))[0] + 1
        self._failures[key] = (failures, now + wait_after(failures))
        if len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)
