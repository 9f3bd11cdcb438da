"""Pure: what the hub's cursor says to a batch (taken, gap, fork), and which bytes of it are new.

The rules of Replicache's and CouchDB's push, with a hash chain: numbers alone cannot tell a retry from another
history under the same numbers (a cloned card, a restored image).
"""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from protocols.errors import Malformed
from protocols.sync.envelope import (
    MAX_FACTS,
    MOST_FACTS,
    NO_HASH,
    Fact,
    FactBatch,
    Lane,
    LostRange,
    Verdict,
    decode_fact,
)

MAX_EPOCH: Final = 2**31 - 1
_MAX_NUMBER: Final = 2**62
_WIDE: Final = 2**63
_MAX_TYPE: Final = 80
_MAX_NONCE: Final = 64
_MAX_LOST: Final = 200  # in one request
_MAX_REASON: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the hub holds of one (lane, epoch). `chain` None: its value is not known, any is believed."""

    acked: int
    nonce: str
    chain: bytes | None


class Framed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A record with its place; `fact` None when its frame cannot be read, `fact_id` None when not even its id can.

    A struct, not a dataclass: five hundred are made for every request.
    """

    seq: int
    record: bytes
    fact_id: uuid.UUID | None
    fact: Fact | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A batch, read before its transaction begins. `chain[n]` is the chain's value after its first n records.

    The values are None from the first record on whose id cannot be read, for then nobody can know them.
    """

    batch: FactBatch
    framed: Sequence[Framed]
    chain: Sequence[bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`new` are the records to take; `compare` those that must equal what is stored already."""

    verdict: Verdict
    held: Held
    new: Sequence[Framed] = ()
    compare: Sequence[Framed] = ()


class _OnlyId(msgspec.Struct, frozen=True):
    id: uuid.UUID


_only_id = msgspec.json.Decoder(_OnlyId)
_sha256 = hashlib.sha256
_every_fact = msgspec.json.Decoder(list[Fact])


def check_batches(batches: Sequence[FactBatch]) -> None:
    """Whether the envelope keeps the contract; facts are never refused here. Raises Malformed."""
    if sum(len(batch.records) for batch in batches) > MOST_FACTS:
        raise Malformed("too_many_facts", f"at most {MOST_FACTS} in one request")
    if sum(len(batch.records) for batch in batches if batch.lane is not Lane.TELEMETRY) > MAX_FACTS:
        raise Malformed("too_many_facts", f"at most {MAX_FACTS} of business and operations in one request")
    for batch in batches:
        _check_place(batch)
        if not batch.records:
            raise Malformed("bad_numbers", f"{batch.lane} {batch.epoch} from {batch.first_seq}")
        hash_of(batch)


def _check_place(one: FactBatch | LostRange) -> None:
    place = f"{one.lane} {one.epoch}"
    if not 0 < one.epoch <= MAX_EPOCH:
        raise Malformed("bad_epoch", place)
    if not 0 < one.first_seq <= _MAX_NUMBER:
        raise Malformed("bad_numbers", f"{place} from {one.first_seq}")
    if not 0 < len(one.nonce) <= _MAX_NONCE or not one.nonce.isascii() or not one.nonce.isprintable():
        raise Malformed("bad_nonce", place)


def check_lost(ranges: Sequence[LostRange]) -> None:
    """Whether the lost ranges keep the contract. Raises Malformed."""
    if len(ranges) > _MAX_LOST:
        raise Malformed("too_many_lost", f"at most {_MAX_LOST} in one request")
    for one in ranges:
        _check_place(one)
        last = _MAX_NUMBER if one.last_seq is None else one.last_seq
        if not one.first_seq <= last <= _MAX_NUMBER or not 0 <= one.gone <= last - one.first_seq + 1:
            raise Malformed("bad_numbers", f"{one.lane} {one.epoch} lost from {one.first_seq}")
        if not 0 < len(one.reason) <= _MAX_REASON or not one.reason.isascii() or not one.reason.isprintable():
            raise Malformed("bad_reason", f"{one.lane} {one.epoch}")
        _hash_in(one.hash, one)


def hash_of(batch: FactBatch) -> bytes:
    """The batch's `prev_hash`. Raises Malformed when it is not 32 bytes in hex."""
    return _hash_in(batch.prev_hash, batch)


def _hash_in(text: str, one: FactBatch | LostRange) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != len(NO_HASH):
        raise Malformed("bad_prev_hash", f"{one.lane} {one.epoch}")
    return value


def read(batch: FactBatch) -> Read:
    """The batch's records with their numbers, each read as far as it can be, and chained."""
    records = [bytes(raw) for raw in batch.records]
    facts = _facts(records)
    if facts is None:
        framed = [framed_alone(seq, record) for seq, record in enumerate(records, batch.first_seq)]
    else:
        numbered = enumerate(zip(records, facts, strict=True), batch.first_seq)
        framed = [Framed(seq=seq, record=record, fact_id=fact.id, fact=fact) for seq, (record, fact) in numbered]
    return Read(batch=batch, framed=framed, chain=_chained(hash_of(batch), framed))


def _facts(records: Sequence[bytes]) -> list[Fact] | None:
    """All frames in one go; None when there is one that cannot be read or does not fit: then each is looked at."""
    try:
        facts = _every_fact.decode(b"[" + b",".join(records) + b"]")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return facts if len(facts) == len(records) and all(map(_fits, facts)) else None


def framed_alone(seq: int, record: bytes) -> Framed:
    """One record by itself, read as far as it can be."""
    try:
        fact = decode_fact(record)
    except Malformed as error:
        return Framed(seq=seq, record=record, fact_id=_id_of(record), fact=None, why=error.detail)
    if not _fits(fact):
        return Framed(seq=seq, record=record, fact_id=fact.id, fact=None, why="a number or a word is out of range")
    return Framed(seq=seq, record=record, fact_id=fact.id, fact=fact)


def _id_of(record: bytes) -> uuid.UUID | None:
    try:
        return _only_id.decode(record).id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _fits(fact: Fact) -> bool:
    """Whether the frame's values fit the columns of both databases (PostgreSQL takes no NUL in text)."""
    return (
        -_WIDE < fact.v < _WIDE
        and -_WIDE < fact.hlc < _WIDE
        and -_WIDE < fact.at_ms < _WIDE
        and 0 < len(fact.type) <= _MAX_TYPE
        and "\x00" not in fact.type
    )


def judge(held: Held | None, nonce: str | None, read: Read) -> Judged:
    """The verdict. `nonce` is what the hub knows of this epoch from any lane (None: nothing)."""
    batch, framed = read.batch, read.framed
    at = held or Held(acked=0, nonce=batch.nonce, chain=NO_HASH)
    if batch.nonce != (nonce or at.nonce):
        return Judged(verdict=Verdict.FORK, held=at)
    if batch.first_seq > at.acked + 1:
        return Judged(verdict=Verdict.GAP, held=at)
    known = at.acked - batch.first_seq + 1  # how many of its records the hub holds already
    old, new = framed[:known], framed[known:]
    if len(old) < known:  # ends before the cursor: the chain's value there is not kept
        return Judged(verdict=Verdict.TAKEN, held=at, compare=old)
    here = read.chain[known]
    if at.chain is not None and here is not None and here != at.chain:
        return Judged(verdict=Verdict.FORK, held=at)
    after = read.chain[-1] if here is not None or not new else _chained(at.chain, new)[-1]
    return Judged(
        verdict=Verdict.TAKEN,
        held=Held(acked=at.acked + len(new), nonce=batch.nonce, chain=after if new else at.chain),
        new=new,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedLost:
    """`first_seq` is where the loss begins for the hub, None when it holds all of it; `gone` as told, or less."""

    verdict: Verdict
    held: Held
    first_seq: int | None = None
    gone: int = 0


def judge_lost(held: Held | None, nonce: str | None, lost: LostRange) -> JudgedLost:
    """Whether the cursor may go over these numbers: never over facts that are held, never over a gap."""
    at = held or Held(acked=0, nonce=lost.nonce, chain=NO_HASH)
    if lost.nonce != (nonce or at.nonce):
        return JudgedLost(verdict=Verdict.FORK, held=at)
    if lost.first_seq > at.acked + 1:
        return JudgedLost(verdict=Verdict.GAP, held=at)
    first = at.acked + 1
    if lost.last_seq is None:
        return JudgedLost(verdict=Verdict.TAKEN, held=at, first_seq=first, gone=0)
    if lost.last_seq < first:
        return JudgedLost(verdict=Verdict.TAKEN, held=at)
    return JudgedLost(
        verdict=Verdict.TAKEN,
        held=Held(acked=lost.last_seq, nonce=lost.nonce, chain=bytes.fromhex(lost.hash)),
        first_seq=first,
        gone=min(lost.gone, lost.last_seq - at.acked),
    )


def _chained(start: bytes | None, framed: Sequence[Framed]) -> list[bytes | None]:
    values = [start]
    for one in framed:
        if start is None or one.fact_id is None:
            start = None
        else:  # envelope.chain, without a call for every record
            start = _sha256(start + one.fact_id.bytes + _sha256(one.record).digest()).digest()
        values.append(start)
    return values
