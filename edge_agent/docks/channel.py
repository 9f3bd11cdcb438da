"""One dock's end of the wire: requests to frames, frames to replies, the session in between.

No time and no serial port here; when a request is sent again is the bus's business.
"""

import enum
from collections import Counter
from collections.abc import Callable
from typing import Final

from protocols.dock.codes import NEEDS_NO_SESSION, ErrorCode, MessageType
from protocols.dock.framing import Frame
from protocols.dock.lifecycle import SPEAKABLE, Happened, Phase, step
from protocols.dock.messages import Reply, Request, decode_reply
from protocols.dock.replies import Done, ErrorReply
from protocols.dock.requests import NONCE_LENGTH, Hello, Proof
from protocols.dock.sequence import Sequence
from protocols.dock.session import Session, StationHandshake
from protocols.errors import Malformed

_SESSION_ERRORS: Final = frozenset({ErrorCode.NO_SESSION, ErrorCode.SEQUENCE_CONFLICT})


class Why(enum.Enum):
    """Why a conversation broke."""

    NO_ANSWER = "no_answer"
    BAD_PROOF = "bad_proof"
    SESSION_GONE = "session_gone"


class Broken(Exception):
    """The conversation with a dock broke. It has to be opened again from the start."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class Channel:
    """Station's side of one dock's link. One request is open at a time; `frame()` makes each attempt at it."""

    def __init__(self, *, address: int, secret: bytes, randbytes: Callable[[int], bytes]) -> None:
        self.address = address
        self.phase = Phase.ABSENT
        self.ignored: Counter[str] = Counter()
        self._secret = secret
        self._randbytes = randbytes
        self._sequence = Sequence()
        self._session: Session | None = None
        self._handshake: StationHandshake | None = None
        self._proof: Proof | None = None
        self._pending: Session | None = None
        self._open: tuple[int, Request] | None = None

    def hello(self) -> Hello:
        """A fresh challenge."""
        nonce = self._randbytes(NONCE_LENGTH)
        self._handshake = StationHandshake(secret=self._secret, address=self.address, nonce=nonce)
        return self._handshake.hello

    def proof(self) -> Proof:
        """Our proof, after the dock's was checked."""
        if self._proof is None:
            raise Malformed("out_of_order", "proof before the dock's")
        return self._proof

    def forget(self, happened: Happened) -> None:
        """Drop the session: nothing of it can be used again."""
        self.phase = step(self.phase, happened)
        self._session = self._pending = self._handshake = self._proof = None
        self._open = None

    def start(self, request: Request) -> None:
        """Make this the open request. Raises Malformed when the phase does not allow it."""
        if request.type not in SPEAKABLE[self.phase]:
            raise Malformed("out_of_order", f"{request.type.name} while {self.phase.value}")
        if self._session is not None and self._session.spent:
            raise Broken(Why.SESSION_GONE)
        self._open = (self._sequence.take(), request)

    def frame(self) -> Frame:
        """The open request as the next frame: the same sequence number at every attempt, a new counter."""
        if self._open is None:
            raise Malformed("out_of_order", "no open request")
        seq, request = self._open
        frame = Frame(address=self.address, seq=seq, type=request.type, payload=request.pack())
        return self._session.seal(frame) if self._session is not None else frame

    def accept(self, frame: Frame) -> Reply | None:
        """The reply in a frame from the line, or None for a frame that is none to our request (counted).

        Raises Broken when the dock has no session with us any more or one side's proof failed.
        """
        if self._open is None or not frame.reply or frame.address != self.address:
            self.ignored["stray"] += 1
            return None
        seq, request = self._open
        if frame.seq != seq or frame.type not in {request.type, MessageType.ERROR}:
            self.ignored["late"] += 1
            return None
        try:
            reply = self._opened(frame, request)
        except Malformed as error:
            self.ignored[error.reason] += 1
            return None
        self._open = None
        return reply

    def _opened(self, frame: Frame, request: Request) -> Reply:
        session = self._session if self._session is not None else self._pending
        if session is None:
            return self._opened_plain(frame, request)
        if not frame.secured:
            self._hint(frame, request)
        session.open(frame)
        reply = decode_reply(frame.type, frame.payload)
        if isinstance(request, Proof) and isinstance(reply, Done):
            self._session, self._pending, self._proof = session, None, None
            self._sequence = Sequence()
            self.phase = step(self.phase, Happened.STATION_PROVED)
        if isinstance(reply, ErrorReply) and reply.code == ErrorCode.SEQUENCE_CONFLICT:
            raise Broken(Why.SESSION_GONE)
        return reply

    def _opened_plain(self, frame: Frame, request: Request) -> Reply:
        if request.type not in NEEDS_NO_SESSION or frame.secured:
            raise Malformed("unexpected_security")
        reply = decode_reply(frame.type, frame.payload)
        if isinstance(reply, ErrorReply):
            bad = reply.code in {ErrorCode.NOT_PROVISIONED, ErrorCode.BAD_PROOF}
            raise Broken(Why.BAD_PROOF if bad else Why.SESSION_GONE)
        if isinstance(request, Hello) and self._handshake is not None:
            self._check(frame.payload, self._handshake)
        elif self.phase is Phase.ABSENT:
            self.phase = step(self.phase, Happened.IDENTITY_CAME)
        return reply

    def _check(self, payload: bytes, handshake: StationHandshake) -> None:
        try:
            self._proof, self._pending = handshake.on_answer(payload)
        except Malformed as error:
            raise Broken(Why.BAD_PROOF) from error
        self.phase = step(self.phase, Happened.DOCK_PROVED)

    def _hint(self, frame: Frame, request: Request) -> None:
        """An unsecured reply inside a session is worth one thing only: asking the dock for a new session.

        Anybody on the line can send it. It costs us a handshake and opens nothing.
        """
        reply = decode_reply(frame.type, frame.payload)
        if isinstance(reply, ErrorReply) and reply.code in _SESSION_ERRORS:
            raise Broken(Why.SESSION_GONE)
        if isinstance(request, Proof) and isinstance(reply, ErrorReply):
            raise Broken(Why.BAD_PROOF)
        raise Malformed("not_secured")
