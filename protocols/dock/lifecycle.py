"""The life of a dock's link, and of one exchange on it, as tables. README.md §4 and §7.

Rules of the link: nothing but an identity and a handshake is spoken before SECURED, and there is no way
into SECURED but through both proofs. Whatever breaks a session leads back to ABSENT; nothing leads from
ABSENT or IDENTIFIED to an unsecured conversation.

Rules of an exchange: one per dock at a time. A retry repeats the request under the same sequence number
with a new counter, so silence never makes a request happen twice.
"""

import enum
from typing import Final

from protocols.dock.codes import NEEDS_NO_SESSION, MessageType
from protocols.errors import Malformed


class Phase(enum.Enum):
    """How far station and dock have come."""

    ABSENT = "absent"
    IDENTIFIED = "identified"
    CHALLENGED = "challenged"
    SECURED = "secured"


class Happened(enum.Enum):
    """What moves a link."""

    IDENTITY_CAME = "identity_came"
    DOCK_PROVED = "dock_proved"
    STATION_PROVED = "station_proved"
    PROOF_FAILED = "proof_failed"
    SILENCE = "silence"
    SESSION_GONE = "session_gone"


PHASES: Final[dict[Phase, dict[Happened, Phase]]] = {
    Phase.ABSENT: {
        Happened.IDENTITY_CAME: Phase.IDENTIFIED,
        Happened.SILENCE: Phase.ABSENT,
    },
    Phase.IDENTIFIED: {
        Happened.DOCK_PROVED: Phase.CHALLENGED,
        Happened.PROOF_FAILED: Phase.ABSENT,
        Happened.SILENCE: Phase.ABSENT,
    },
    Phase.CHALLENGED: {
        Happened.STATION_PROVED: Phase.SECURED,
        Happened.PROOF_FAILED: Phase.ABSENT,
        Happened.SESSION_GONE: Phase.ABSENT,
        Happened.SILENCE: Phase.ABSENT,
    },
    Phase.SECURED: {
        Happened.SESSION_GONE: Phase.ABSENT,
        Happened.SILENCE: Phase.ABSENT,
    },
}

SPEAKABLE: Final[dict[Phase, frozenset[MessageType]]] = {
    Phase.ABSENT: frozenset({MessageType.IDENTIFY}),
    Phase.IDENTIFIED: frozenset({MessageType.HELLO}),
    Phase.CHALLENGED: frozenset({MessageType.PROOF}),
    Phase.SECURED: frozenset(MessageType) - NEEDS_NO_SESSION - {MessageType.ERROR} | {MessageType.IDENTIFY},
}


def step(phase: Phase, happened: Happened) -> Phase:
    """The next phase. Raises Malformed `out_of_order` for what cannot happen there."""
    try:
        return PHASES[phase][happened]
    except KeyError as error:
        raise Malformed("out_of_order", f"{happened.value} while {phase.value}") from error


class Exchange(enum.Enum):
    """Where one request stands."""

    READY = "ready"
    SENT = "sent"
    ANSWERED = "answered"
    GIVEN_UP = "given_up"


class Turn(enum.Enum):
    """What moves an exchange."""

    SEND = "send"
    REPLY = "reply"
    TIMEOUT = "timeout"
    LAST_TIMEOUT = "last_timeout"


EXCHANGES: Final[dict[Exchange, dict[Turn, Exchange]]] = {
    Exchange.READY: {Turn.SEND: Exchange.SENT},
    Exchange.SENT: {
        Turn.REPLY: Exchange.ANSWERED,
        Turn.TIMEOUT: Exchange.READY,
        Turn.LAST_TIMEOUT: Exchange.GIVEN_UP,
    },
    Exchange.ANSWERED: {},
    Exchange.GIVEN_UP: {},
}


def turn(exchange: Exchange, happened: Turn) -> Exchange:
    """The exchange's next state. Raises Malformed `out_of_order` for what cannot happen there."""
    try:
        return EXCHANGES[exchange][happened]
    except KeyError as error:
        raise Malformed("out_of_order", f"{happened.value} while {exchange.value}") from error
