"""What every service of getting in works with."""

from dataclasses import dataclass, field
from pathlib import Path

from hub.accounts.links import Links
from hub.accounts.oidc_provider import Provider
from hub.accounts.passwords import Passwords
from hub.accounts.throttle import Throttle
from hub.kernel.callers import Callers
from hub.kernel.clock import Clock, SystemClock
from hub.kernel.db import Database
from hub.kernel.mail import Folder, Mail
from hub.kernel.sealing import Seal


def _nowhere() -> Mail:
    return Folder(Path("mail"), "voltdock@localhost", SystemClock())


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """What the settings say about getting in. The defaults are for who needs only the shape of a hub."""

    seal: Seal = field(default_factory=Seal.throwaway)
    mail: Mail = field(default_factory=_nowhere)
    people_reach: str = "http://127.0.0.1:8080"
    callers: Callers = field(default_factory=Callers)
    providers: tuple[Provider, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The furniture of the front desk."""

    database: Database
    clock: Clock
    passwords: Passwords
    throttle: Throttle
    links: Links
    entrance: Entrance

    @classmethod
    def of(cls, database: Database, clock: Clock, passwords: Passwords, entrance: Entrance) -> "Desk":
        """With what stands on it."""
        return cls(
            database=database, clock=clock, passwords=passwords, entrance=entrance,
            throttle=Throttle(database, clock), links=Links(clock, entrance.seal),
        )  # fmt: skip
