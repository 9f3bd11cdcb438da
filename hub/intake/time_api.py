"""The time for stations that know none: tiny, public, signed with the key that signs vouchers. Reads no database."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.intake.enrolment import RateLimit
from hub.intake.schemas import TimeQuery, TimeShape
from hub.kernel.callers import Callers, network_of
from hub.kernel.clock import Clock
from hub.kernel.problem import ProblemError, problem
from hub.kernel.routes import Call, Reply, Unit, route
from protocols.sync.first_time import PATH, sign_time
from protocols.values import to_ms

PER_MINUTE: Final = 600
"""Of one address: a depot's stations may all wake up behind one, and a signature takes 0.1 ms."""


class TimeApi:
    """One question and its answer."""

    def __init__(self, clock: Clock, key: Ed25519PrivateKey, callers: Callers) -> None:
        self._clock = clock
        self._key = key
        self._callers = callers
        self._limit = RateLimit(clock, tries=PER_MINUTE)

    @route(
        "GET", PATH, summary="The hub's time, signed", tags=["intake"],
        permission=None, query=TimeQuery, response=TimeShape, errors={"too_many_tries": 429}, unit=Unit.NONE,
    )  # fmt: skip
    async def time(self, call: Call[None, TimeQuery]) -> Reply:
        """For a station whose clock is so wrong that it takes no certificate; see protocols/sync/first_time.py."""
        wait_s = self._limit.check(network_of(self._callers.address(call.request)))
        if wait_s is not None:
            raise ProblemError(problem("too_many_tries", 429), {"Retry-After": str(int(wait_s) + 1)})
        told = sign_time(self._key, call.query.nonce, to_ms(self._clock.now()))
        shape = TimeShape(at_ms=told.at_ms, nonce=told.nonce, signature=told.signature)
        return Reply(body=shape, headers={"Cache-Control": "no-store"})
