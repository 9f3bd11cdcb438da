"""The sync exchange as shapes: one request with facts up, one reply with acknowledgements and changes down.

A fact travels as the exact bytes that the station stored (`record`), so that the hash chain is checked over
what was really written and the hub can keep every fact as received:

    h[n] = SHA-256(h[n-1] || id (16 bytes) || SHA-256(record))          h[0] = 32 zero bytes

one chain per (station, lane, epoch), numbers from 1 without gaps. A body of an unknown type or a newer version
is a `Fact` like any other: kept, chained, acknowledged.

A fact has one id for ever, but not always one number: when the hub cannot continue a chain (Verdict.FORK, or a
cursor that went back to where the station no longer keeps the rows), the station moves what the hub does not
hold to a higher epoch. Such a fact keeps its id and its record under a new number, with a new hash: who must not
act twice on a fact goes by its id.
"""

import enum
import hashlib
import uuid
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

import msgspec

from protocols.errors import Malformed

PROTOCOL_VERSION: Final = 1  # the newest that is spoken here
OLDEST_PROTOCOL: Final = 1  # a hub speaks everything from here on, a station goes down to it
MAX_FACTS: Final = 500  # in one request; of business and operations in any case, of telemetry where no more is offered
MAX_BYTES: Final = 1_048_576  # of the request as it is sent; of the decompressed one where no more is offered
MOST_FACTS: Final = 4_000  # that a hub may offer room for
MOST_BYTES: Final = 4_194_304
NO_HASH: Final = bytes(32)

_T = TypeVar("_T")


class Lane(enum.StrEnum):
    """Facts are in order inside a lane; business is always sent first. A fourth would need a new protocol."""

    BUSINESS = "biz"
    OPERATIONS = "ops"
    TELEMETRY = "tel"


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact's record. `body` stays raw until somebody who knows (type, v) reads it.

    `hlc` orders; `at_ms` is the station's wall clock (Unix ms) with its `clock` quality, off by `uncertainty_ms` at
    most; `mono_ms` counts within `boot` and bills durations. What a clock that is not trusted (floor, unknown) said is
    dated anew by who knows another fact of the same boot with a trusted one. An older agent says no uncertainty.
    """

    id: uuid.UUID
    type: str
    v: int
    hlc: int
    at_ms: int
    mono_ms: int
    boot: str
    clock: str
    body: msgspec.Raw
    uncertainty_ms: int = 0


class FactBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive facts of one (lane, epoch): numbers first_seq, first_seq + 1, …

    `nonce` was drawn when the epoch was opened; `prev_hash` is the chain's value at first_seq - 1 (hex).
    """

    lane: Lane
    epoch: int
    nonce: str
    first_seq: int
    prev_hash: str
    records: list[msgspec.Raw]


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """The station's clocks when it sent the request; `uncertainty_ms` is None from an agent that does not know."""

    at_ms: int
    mono_ms: int
    boot: str
    quality: str
    uncertainty_ms: int | None = None


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """What waits at the station in one lane, and since when (Unix ms; None when nothing waits)."""

    lane: Lane
    waiting: int
    oldest_at_ms: int | None = None


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the agent and its store are when it sends the request. An older agent does not say.

    `up_s` counts since the agent started. `store_pressure` is a word of the agent's; `store_low`: only what the reserve
    is for is still written. `disk_free_bytes` is None where the disk does not say.
    """

    up_s: float
    store_low: bool = False
    store_damaged: bool = False
    store_pressure: str = ""
    disk_free_bytes: int | None = None


class ListVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The version of a list that the station holds."""

    name: str
    version: int


class LossReason(enum.StrEnum):
    """Why numbers have no facts any more."""

    DAMAGED = "damaged"  # the station's file was damaged, or its card was restored
    SHED = "shed"  # given up on purpose: there was no room for all


class LostRange(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers under which the station has nothing more to send: the hub goes on behind them.

    `gone` says how many of these facts are lost for good; the others come (or came) under other numbers. `hash`
    (hex) is the chain's value at `last_seq`, which the fact after it follows. `last_seq` None: nobody knows how many
    there were after first_seq - 1; nothing moves, people are told. `reason` is a LossReason, or one of a later
    version. Sent only when the hub holds everything before `first_seq`, as far as the station knows.
    """

    lane: Lane
    epoch: int
    nonce: str
    first_seq: int
    last_seq: int | None = None
    reason: str
    gone: int
    hash: str


class SyncRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /api/v1/sync`. `rev` is the last change the station has stored; 0 asks for everything.

    `lost` is taken before `batches`, so that a batch may follow a lost range in the same request.
    """

    protocol: int
    agent: str
    rev: int
    clock: Clock
    lists: list[ListVersion] = []
    batches: list[FactBatch] = []
    backlog: list[Backlog] = []
    lost: list[LostRange] = []
    health: Health | None = None


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """The hub holds (and has committed) all facts of this lane and epoch up to `acked`."""

    lane: Lane
    epoch: int
    acked: int


class Verdict(enum.StrEnum):
    """What became of a batch as a whole."""

    TAKEN = "taken"
    GAP = "gap"  # first_seq > acked + 1: send again from acked + 1
    FORK = "fork"  # another history under the same numbers: open an epoch >= epoch_floor
    UNKNOWN = "unknown"  # never sent: read in place of a word of a later version; nothing follows from it

    @classmethod
    def _missing_(cls, _value: object) -> "Verdict":
        return cls.UNKNOWN


class BatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """The fate of one batch; `acked` is the hub's cursor afterwards."""

    lane: Lane
    epoch: int
    verdict: Verdict
    acked: int
    epoch_floor: int | None = None


class LostResult(msgspec.Struct, frozen=True, kw_only=True):
    """The fate of one lost range, named by its first number; `acked` is the hub's cursor afterwards."""

    lane: Lane
    epoch: int
    first_seq: int
    verdict: Verdict
    acked: int


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that is kept and acknowledged but could not be applied."""

    lane: Lane
    epoch: int
    seq: int
    code: str


class ListChange(msgspec.Struct, frozen=True, kw_only=True, tag="list", tag_field="kind"):
    """A list's step from one version to the next.

    `from_version` None: `upserts` is the whole list. Otherwise a delta on exactly that version. Items are
    objects with a string `key`. `sha256` is `digest_of` the whole list after the step.
    """

    rev: int
    name: str
    from_version: int | None
    to_version: int
    sha256: str
    upserts: list[msgspec.Raw] = []
    deletes: list[str] = []


class OrderChange(msgspec.Struct, frozen=True, kw_only=True, tag="order", tag_field="kind"):
    """An order for the station. Carried out at most once; refused as expired after `not_after_ms`."""

    rev: int
    id: uuid.UUID
    type: str
    v: int
    not_after_ms: int
    body: msgspec.Raw


Change = ListChange | OrderChange


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """What the next request may carry in all: facts, and bytes decompressed. Business and operations: MAX_FACTS."""

    facts: int
    bytes: int


class SyncReply(msgspec.Struct, frozen=True, kw_only=True):
    """The hub's answer, sent after its transaction has committed.

    `rev` is the last change in this reply (or the request's rev when there is none); `more` says that another
    request would bring more at once. `changes` are raw so that an unknown kind is kept, not fatal.

    `cursors` say what the hub holds. In the reply to a request without batches they are its newest 100 chains of
    this station at least (by epoch), or all when it has fewer: a station's chain that is missing from a shorter
    list, or from a longer one whose oldest epoch it is newer than, is unknown to the hub (which was restored from
    an older backup) and is sent again from its first fact. From a reply to batches nothing follows for a chain
    that it does not name.

    `lost` answers every lost range of the request. A hub from before lost ranges leaves it empty: the station then
    numbers what follows them anew.

    Under load: `retry_after_s` asks for no request before it, of whatever kind; `hold_telemetry_s` asks to keep facts
    of the telemetry lane back for so long, so that everybody's business comes first. Business is never held.

    `room`: a hub that can offers more than MAX_FACTS and MAX_BYTES to the next request, up to MOST_FACTS and
    MOST_BYTES, for a backlog of telemetry. Without it, as from an older hub or after a failure, those hold.
    """

    protocol: int
    hub: str
    hub_at_ms: int
    rev: int
    more: bool = False
    cursors: list[Cursor] = []
    results: list[BatchResult] = []
    lost: list[LostResult] = []
    quarantined: list[Quarantined] = []
    changes: list[msgspec.Raw] = []
    retry_after_s: float | None = None
    hold_telemetry_s: float | None = None
    room: Room | None = None


_fact = msgspec.json.Decoder(Fact)
_request = msgspec.json.Decoder(SyncRequest)
_reply = msgspec.json.Decoder(SyncReply)
_change = msgspec.json.Decoder(Change)
_encoder = msgspec.json.Encoder()


def common_protocol(oldest: int, newest: int) -> int | None:
    """The newest protocol that we and somebody who speaks these have in common."""
    found = min(PROTOCOL_VERSION, newest)
    return found if found >= max(OLDEST_PROTOCOL, oldest) else None


def encode(message: SyncRequest | SyncReply | Fact | ListChange | OrderChange) -> bytes:
    """The message as UTF-8 JSON."""
    return _encoder.encode(message)


def decode_request(data: bytes) -> SyncRequest:
    """Parse a request. Raises Malformed."""
    return _decode(_request, data)


def decode_reply(data: bytes) -> SyncReply:
    """Parse a reply. Raises Malformed."""
    return _decode(_reply, data)


def decode_fact(record: bytes | msgspec.Raw) -> Fact:
    """Parse one record's frame; its body stays raw. Raises Malformed."""
    return _decode(_fact, record)


def decode_change(raw: bytes | msgspec.Raw) -> Change | None:
    """Parse one change; None for a kind that this version does not know (keep the bytes). Raises Malformed."""
    kind = _decode(_kind, raw).kind
    return _decode(_change, raw) if kind in ("list", "order") else None


class _Kind(msgspec.Struct, frozen=True):
    kind: str
    rev: int


_kind = msgspec.json.Decoder(_Kind)


def rev_of(raw: bytes | msgspec.Raw) -> int:
    """The revision of a change of any kind. Raises Malformed."""
    return _decode(_kind, raw).rev


def _decode(decoder: msgspec.json.Decoder[_T], data: bytes | msgspec.Raw) -> _T:
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed("bad_json_shape", str(error)) from error


def chain(prev_hash: bytes, fact_id: uuid.UUID, record: bytes | msgspec.Raw) -> bytes:
    """The chain's next value after this fact."""
    inner = hashlib.sha256(record).digest()
    return hashlib.sha256(prev_hash + fact_id.bytes + inner).digest()


def chain_all(prev_hash: bytes, facts: Iterable[tuple[uuid.UUID, bytes | msgspec.Raw]]) -> bytes:
    """The chain's value after all of these facts."""
    for fact_id, record in facts:
        prev_hash = chain(prev_hash, fact_id, record)
    return prev_hash


def digest_of(items: Sequence[tuple[str, bytes | msgspec.Raw]]) -> str:
    """The hash both sides agree on for a whole list: over its items' bytes in the order of their keys (hex)."""
    total = hashlib.sha256()
    for key, raw in sorted(items, key=lambda item: item[0]):
        total.update(hashlib.sha256(key.encode()).digest())
        total.update(hashlib.sha256(raw).digest())
    return total.hexdigest()
