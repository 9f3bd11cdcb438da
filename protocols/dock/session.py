"""The authenticated session: both ends of the handshake, and sealing and opening frames. README.md §4.

Randomness comes in as an argument. What a frame asks for is not known here.
"""

import dataclasses
from typing import Final

from protocols.dock.codes import Capability, Kind
from protocols.dock.framing import TAG_LENGTH, Frame
from protocols.dock.replies import HelloAnswer
from protocols.dock.requests import NONCE_LENGTH, PROOF_LENGTH, Hello, Proof
from protocols.dock.security import cmac, derive, same
from protocols.errors import Malformed

_LAST_COUNTER: Final = 0xFFFFFFFF
_DOCK_PROOF: Final = b"voltdock dock proof"
_STATION_PROOF: Final = b"voltdock station proof"
_STATION_KEY: Final = b"voltdock station key"
_DOCK_KEY: Final = b"voltdock dock key"


class Session:
    """One end of a session: a key and a strictly rising counter for each direction."""

    __slots__ = ("_receive_key", "_received", "_send_key", "_sent")

    def __init__(self, *, send_key: bytes, receive_key: bytes) -> None:
        self._send_key = send_key
        self._receive_key = receive_key
        self._sent = 0
        self._received = 0

    @property
    def spent(self) -> bool:
        """No counter is left: this session can send nothing more, and a new one must be opened."""
        return self._sent >= _LAST_COUNTER

    def seal(self, frame: Frame) -> Frame:
        """The frame with its counter and tag. Raises ValueError when the session is spent."""
        if self.spent:
            raise ValueError("session spent")
        self._sent += 1
        tag = cmac(self._send_key, frame.authenticated_bytes(self._sent))[:TAG_LENGTH]
        return dataclasses.replace(frame, counter=self._sent, tag=tag)

    def open(self, frame: Frame) -> Frame:
        """The frame, now trusted. Raises Malformed: `not_secured`, `bad_tag`, `stale_counter`."""
        if frame.counter is None or frame.tag is None:
            raise Malformed("not_secured")
        expected = cmac(self._receive_key, frame.authenticated_bytes(frame.counter))[:TAG_LENGTH]
        if not same(expected, frame.tag):
            raise Malformed("bad_tag")
        if frame.counter <= self._received:
            raise Malformed("stale_counter", str(frame.counter))
        self._received = frame.counter
        return frame


def transcript(address: int, hello_payload: bytes, proven: bytes) -> bytes:
    """What both proofs and both keys hang on: the address and every byte that both sides said, as sent.

    It covers version and capabilities, fields of newer minor versions included: nobody can talk them down.
    """
    parts = (hello_payload, proven)
    return b"VDK1" + bytes((address,)) + b"".join(len(p).to_bytes(2, "little") + p for p in parts)


class StationHandshake:
    """The station's side: say hello, check the dock's proof, give one's own, use the session."""

    def __init__(self, *, secret: bytes, address: int, nonce: bytes) -> None:
        if len(nonce) != NONCE_LENGTH:
            raise ValueError("a nonce has 16 bytes")
        self._secret = secret
        self._address = address
        self.hello = Hello(nonce=nonce)

    def on_answer(self, payload: bytes) -> tuple[Proof, Session]:
        """Our proof and the session, from the answer's payload as received. Raises Malformed `bad_proof`."""
        proof, proven = payload[:PROOF_LENGTH], payload[PROOF_LENGTH:]
        context = transcript(self._address, self.hello.pack(), proven)
        if not same(proof, derive(self._secret, _DOCK_PROOF, context)):
            raise Malformed("bad_proof")
        session = Session(
            send_key=derive(self._secret, _STATION_KEY, context),
            receive_key=derive(self._secret, _DOCK_KEY, context),
        )
        return Proof(proof=derive(self._secret, _STATION_PROOF, context)), session


class DockHandshake:
    """The dock's side. Until the station's proof is checked nothing of the dock has changed."""

    def __init__(
        self,
        *,
        secret: bytes,
        address: int,
        hello_payload: bytes,
        nonce: bytes,
        minor: int,
        kind: Kind,
        capabilities: Capability,
    ) -> None:
        self.hello_payload = hello_payload
        self._secret = secret
        blank = HelloAnswer(proof=bytes(PROOF_LENGTH), nonce=nonce, minor=minor, kind=kind, capabilities=capabilities)
        self._context = transcript(address, hello_payload, blank.proven())
        self.answer = dataclasses.replace(blank, proof=derive(secret, _DOCK_PROOF, self._context))

    def on_proof(self, proof: Proof) -> Session:
        """The session, if the station knows the secret. Raises Malformed `bad_proof`."""
        if not same(proof.proof, derive(self._secret, _STATION_PROOF, self._context)):
            raise Malformed("bad_proof")
        return Session(
            send_key=derive(self._secret, _DOCK_KEY, self._context),
            receive_key=derive(self._secret, _STATION_KEY, self._context),
        )
