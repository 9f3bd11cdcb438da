"""Staff who prove who they are: sessions by PIN or badge, and the record of what they do. Works with the hub away.

A PIN is short: what protects it is the lock-out, counted for the station as a whole, since one PIN may be anybody's;
a badge still works then. What they do is in `staff_docks` and `staff_rides`.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Final

from edge_agent.core import identity, lists
from edge_agent.core.acts import Pictures, StaffSignedIn, StaffSignedOut, StaffStays
from edge_agent.core.state import PinTries, StaffSession
from edge_agent.core.step import Step, with_item, without
from protocols.errors import Refused
from protocols.kiosk.staff import Act
from protocols.sync.changes import StaffItem
from protocols.sync.facts import StaffActed
from protocols.values import from_ms, rfc3339
from protocols.voucher.pin import whose_pin

SESSION_S: Final = 300.0  # since he was last there
LONGEST_S: Final = 2 * 3600.0  # then he proves it again
MAX_SESSIONS: Final = 20
CARD_READ_S: Final = 60.0
_EVERYBODY: Final = "pin"


def sign_in(step: Step, seen: StaffSignedIn) -> None:
    """A session for whoever proves who he is. Raises Refused staff_unknown, _expired, _locked, card_not_read."""
    asked = seen.asked
    item = _by_badge(step, asked.read_id) if asked.pin is None else _by_pin(step, asked.pin)
    session = StaffSession(
        token=step.context.new_id(),
        staff_id=uuid.UUID(item.key),
        name=item.name,
        may=tuple(item.may),
        identified_by="badge" if asked.pin is None else "pin",
        expires_at=step.now.at + dt.timedelta(seconds=SESSION_S),
        expires_mono_s=step.now.mono_s + SESSION_S,
        began_mono_s=step.now.mono_s,
    )
    live = [one for one in step.state.staff_sessions.values() if one.expires_mono_s > step.now.mono_s]
    kept = sorted(live, key=lambda one: one.expires_mono_s)[-MAX_SESSIONS + 1 :]
    step.change(staff_sessions={one.token: one for one in (*kept, session)})
    step.answer = session


def _by_pin(step: Step, pin: str) -> StaffItem:
    tries = step.state.staff_tries.get(_EVERYBODY, PinTries(wrong=0))
    if identity.is_locked_out(step, tries):
        raise Refused("staff_locked", until=rfc3339(from_ms(tries.locked_until_ms)))
    known = sorted(lists.staff(step.state), key=lambda item: not may_be_good(step, item))  # the good ones first
    key = whose_pin(pin, {item.key: item.pin_hash for item in known if item.pin_hash})
    if key is None:
        counted = identity.after_wrong_pin(step, tries)
        step.change(staff_tries=with_item(step.state.staff_tries, _EVERYBODY, counted))
        raise Refused("staff_unknown")
    step.change(staff_tries=without(step.state.staff_tries, _EVERYBODY))
    return _unless_over(step, [item for item in known if item.key == key])


def _by_badge(step: Step, read_id: uuid.UUID | None) -> StaffItem:
    read = step.state.card
    if read is None or read.read_id != read_id or step.now.mono_s - read.mono_s > CARD_READ_S:
        raise Refused("card_not_read")
    found = _unless_over(step, [one for one in lists.staff(step.state) if one.badge and one.badge.upper() == read.uid])
    step.change(card=None)
    return found


def _unless_over(step: Step, found: Iterable[StaffItem]) -> StaffItem:
    known = sorted(found, key=lambda item: not may_be_good(step, item))
    if not known:
        raise Refused("staff_unknown")
    if not may_be_good(step, known[0]):
        raise Refused("staff_expired")
    return known[0]


def may_be_good(step: Step, item: StaffItem) -> bool:
    """Not certainly over: a station that does not know the time needs its staff most of all."""
    return item.expires_ms > step.now.earliest_ms


def stay(step: Step, seen: StaffStays) -> None:
    """He is still there: the session begins anew, as often as he likes within LONGEST_S."""
    step.answer = _prolonged(step, _live(step, seen.token))


def sign_out(step: Step, seen: StaffSignedOut) -> None:
    """The session is over."""
    step.change(staff_sessions=without(step.state.staff_sessions, seen.token))


def allowed(step: Step, token: uuid.UUID, what: str) -> StaffSession:
    """Whose session this is, if he may do it still; doing something is being there. Raises Refused."""
    session = _live(step, token)
    if what and what not in session.may:
        raise Refused("staff_may_not", what=what)
    return _prolonged(step, session)


def _live(step: Step, token: uuid.UUID) -> StaffSession:
    session = step.state.staff_sessions.get(token)
    if session is None or session.expires_mono_s < step.now.mono_s:
        raise Refused("staff_session_over")
    still = any(item.key == str(session.staff_id) and may_be_good(step, item) for item in lists.staff(step.state))
    if not still:
        raise Refused("staff_session_over")
    return session


def _prolonged(step: Step, session: StaffSession) -> StaffSession:
    left_s = min(SESSION_S, session.began_mono_s + LONGEST_S - step.now.mono_s)
    longer = dataclasses.replace(
        session,
        expires_at=step.now.at + dt.timedelta(seconds=left_s),
        expires_mono_s=step.now.mono_s + left_s,
    )
    step.change(staff_sessions=with_item(step.state.staff_sessions, session.token, longer))
    return longer


def record(
    step: Step,
    who: StaffSession,
    what: str,
    act: Act,
    *,
    dock_no: int | None,
    vehicle_id: uuid.UUID | None,
    rental_id: uuid.UUID | None = None,
    account_id: uuid.UUID | None = None,
    pictures: Pictures = (),
) -> None:
    """Who did what, and why."""
    step.record(
        StaffActed(
            act_id=act.act_id,
            staff_id=who.staff_id,
            staff_name=who.name,
            identified_by=who.identified_by,
            what=what,
            reason=act.reason,
            note=act.note,
            at_ms=step.now_ms,
            dock_no=dock_no,
            vehicle_id=vehicle_id,
            rental_id=rental_id,
            account_id=account_id,
            offline=not step.state.hub.online,
            photos=act.photos,
            pictures=pictures,
        )
    )
