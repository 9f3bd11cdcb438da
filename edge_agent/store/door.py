"""Work as it comes in, on the event loop: checked, given its clock values, encoded and digested. No SQL, no numbers.

What is here depends on no other work but for the clock, so it is made while the disk is busy with others; the
number and the chain's hash follow in the writer thread, when it is sure what came before.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Sequence
from typing import Final, NoReturn

import msgspec

from edge_agent.store.chains import LANES
from edge_agent.store.errors import StoreUnwritable
from edge_agent.store.work import MAX_BODY_BYTES, NewFact, Put, Work
from protocols.sync.clock import hlc_of, physical_ms
from protocols.values import to_ms

_INDEX: Final = {lane: index for index, lane in enumerate(LANES)}
_MAX_HLC: Final = (1 << 63) - 1  # SQLite's largest integer: a clock in the year 6429

_encode = msgspec.json.Encoder().encode
_well_formed = msgspec.json.Decoder(msgspec.Raw).decode
_sha256 = hashlib.sha256

Made = tuple[int, str, bytes]  # the lane's place in LANES, the record, what it adds to the chain's hash
Value = int | str | bytes


class Record(msgspec.Struct, gc=False, omit_defaults=True):
    """`protocols.sync.envelope.Fact` field by field, to be made by position: half the time on the hot path."""

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


class Ready(msgspec.Struct):
    """A work that can be committed; `hlc` is the last value it got, `done` is whoever waits for it."""

    facts: list[Made]
    journal: list[Value]
    puts: tuple[Put, ...]
    new_business: bool
    hlc: int
    done: "asyncio.Future[None]"


def joined(works: Sequence[Ready]) -> Ready:
    """Works that are ready, made one after the other, as a single one."""
    last = works[-1]
    return Ready(
        [fact for one in works for fact in one.facts],
        [value for one in works for value in one.journal],
        tuple(put for one in works for put in one.puts),
        any(one.new_business for one in works),
        last.hlc,
        last.done,
    )


class Door:
    """Gives clock values in the order of the calls. `hlc` is the last one given, committed or not."""

    def __init__(self, hlc: int) -> None:
        self.hlc = hlc

    def take(self, work: Work, done: "asyncio.Future[None]") -> Ready:
        """Make it ready. Raises ValueError for bytes that are no JSON, StoreUnwritable for a clock beyond use."""
        moment = work.moment
        at_ms = to_ms(moment.at)
        hlc = hlc_of(physical_ms(moment))  # as protocols.sync.clock.tick has it
        hlc = hlc - 1 if hlc > self.hlc else self.hlc
        mono_ms, boot, clock = int(moment.mono_s * 1000), moment.boot_id, moment.quality
        uncertainty_ms = moment.uncertainty_ms
        facts = []
        for fact in work.facts:
            hlc += 1
            id_, body = fact.id, fact.body
            # A body that is no JSON would make the whole request unreadable, and so block its lane for ever.
            raw = _well_formed(body) if len(body) <= MAX_BODY_BYTES else _too_large(fact)
            record = _encode(Record(id_, fact.type, fact.v, hlc, at_ms, mono_ms, boot, clock, raw, uncertainty_ms))
            facts.append((_INDEX[fact.lane], record.decode(), id_.bytes + _sha256(record).digest()))
        puts = work.puts
        journal = _journal(work, at_ms, hlc) if work.journal or puts else []
        hlc += len(work.journal)
        if hlc > _MAX_HLC:
            raise StoreUnwritable("bad_clock", moment.at.isoformat())
        if facts or journal:
            self.hlc = hlc
        return Ready(facts, journal, puts, work.new_business, self.hlc, done)


def _journal(work: Work, at_ms: int, hlc: int) -> list[Value]:
    """The journal's rows, value after value; the state is only looked at."""
    values: list[Value] = []
    for number, entry in enumerate(work.journal, start=hlc + 1):
        _well_formed(entry.data)
        values += (number, at_ms, entry.kind, entry.data.decode())
    for put in work.puts:
        if put.value is not None:
            _well_formed(put.value)
    return values


def _too_large(fact: NewFact) -> NoReturn:
    raise ValueError(f"the body of {fact.type} has {len(fact.body)} bytes, more than {MAX_BODY_BYTES}")
