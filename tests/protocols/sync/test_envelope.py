"""The envelope round-trips, never raises anything but Malformed, and its hash chain is fixed for ever."""

import contextlib
import functools
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from protocols.errors import Malformed
from protocols.sync import changes, envelope, facts, live
from protocols.sync.envelope import (
    NO_HASH,
    Backlog,
    Clock,
    Fact,
    FactBatch,
    Lane,
    ListChange,
    ListVersion,
    OrderChange,
    SyncRequest,
    chain,
    chain_all,
    decode_change,
    decode_fact,
    decode_reply,
    decode_request,
    digest_of,
    encode,
    rev_of,
)

VECTORS: Final = json.loads((Path(__file__).parents[2] / "data" / "sync" / "vectors.json").read_text("utf-8"))
words = st.text(max_size=20)
numbers = st.integers(0, 2**62)
bodies = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


@st.composite
def records(draw: st.DrawFn) -> Fact:
    return Fact(
        id=draw(st.uuids()),
        type=draw(words),
        v=draw(st.integers(0, 99)),
        hlc=draw(numbers),
        at_ms=draw(numbers),
        mono_ms=draw(numbers),
        boot=draw(words),
        clock=draw(words),
        body=raw(draw(bodies)),
    )


@st.composite
def requests(draw: st.DrawFn) -> SyncRequest:
    batch = st.builds(
        FactBatch,
        lane=st.sampled_from(Lane),
        epoch=numbers,
        nonce=words,
        first_seq=numbers,
        prev_hash=words,
        records=st.lists(records().map(lambda fact: msgspec.Raw(encode(fact))), max_size=3),
    )
    return SyncRequest(
        protocol=draw(st.integers(0, 9)),
        agent=draw(words),
        rev=draw(numbers),
        clock=Clock(at_ms=draw(numbers), mono_ms=draw(numbers), boot=draw(words), quality=draw(words)),
        lists=draw(st.lists(st.builds(ListVersion, name=words, version=numbers), max_size=3)),
        batches=draw(st.lists(batch, max_size=3)),
        backlog=draw(st.lists(st.builds(Backlog, lane=st.sampled_from(Lane), waiting=numbers), max_size=3)),
    )


@settings(max_examples=60)
@given(request=requests())
def test_a_request_comes_out_as_it_went_in_with_its_records_byte_for_byte(request: SyncRequest) -> None:
    again = decode_request(encode(request))
    assert encode(again) == encode(request)
    sent = [bytes(record) for batch in request.batches for record in batch.records]
    assert [bytes(record) for batch in again.batches for record in batch.records] == sent


@settings(max_examples=60)
@given(fact=records())
def test_a_fact_comes_out_as_it_went_in(fact: Fact) -> None:
    again = decode_fact(encode(fact))
    assert (again.id, again.type, again.hlc, bytes(again.body)) == (fact.id, fact.type, fact.hlc, bytes(fact.body))


DECODERS: Final[dict[str, Callable[[bytes], object]]] = {
    "request": decode_request,
    "reply": decode_reply,
    "fact": decode_fact,
    "change": decode_change,
    "rev": rev_of,
    "live": live.decode_live,
    **{f"list {name}": functools.partial(changes.item_of, name) for name in changes.LISTS},
}


@pytest.mark.parametrize("name", DECODERS)
@settings(max_examples=60)
@given(data=st.binary(max_size=80) | bodies.map(msgspec.json.encode))
def test_no_bytes_raise_anything_but_malformed(name: str, data: bytes) -> None:
    with contextlib.suppress(Malformed):
        DECODERS[name](data)


@settings(max_examples=60)
@given(request=requests(), cut=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_damaged_request_is_read_or_malformed(request: SyncRequest, cut: int, flip: int) -> None:
    data = bytearray(encode(request))
    data[cut % len(data)] ^= flip
    for damaged in (bytes(data), bytes(data[: cut % len(data)])):
        try:
            decode_request(damaged)
        except Malformed:
            continue


@settings(max_examples=30)
@given(body=bodies, v=st.integers(0, 5), kind=words | st.sampled_from([name for name, _ in facts.KNOWN]))
def test_a_body_of_any_type_and_version_is_known_unknown_or_malformed(body: object, v: int, kind: str) -> None:
    fact = Fact(id=uuid.UUID(int=1), type=kind, v=v, hlc=0, at_ms=0, mono_ms=0, boot="", clock="", body=raw(body))
    try:
        found = facts.body_of(fact)
    except Malformed:
        return
    assert (found is None) == ((kind, v) not in facts.KNOWN)


def test_a_fact_of_an_unknown_type_keeps_its_bytes() -> None:
    record = b'{"id":"00000000-0000-0000-0000-000000000001","type":"FromTheFuture","v":9,"hlc":1,"at_ms":2,'
    record += b'"mono_ms":3,"boot":"b","clock":"synced","body": {"new" :1 },"and":"more"}'
    fact = decode_fact(record)
    assert facts.body_of(fact) is None
    assert bytes(fact.body) == b'{"new" :1 }'


def test_a_change_of_an_unknown_kind_is_kept_and_has_its_revision() -> None:
    data = b'{"kind":"firmware","rev":12,"url":"x"}'
    assert decode_change(data) is None
    assert rev_of(data) == 12


def test_changes_of_both_kinds_come_out_as_they_went_in() -> None:
    step = ListChange(rev=3, name="cards", from_version=1, to_version=2, sha256="ab", upserts=[raw({"key": "A"})])
    order = OrderChange(rev=4, id=uuid.UUID(int=7), type="UnlockDock", v=1, not_after_ms=9, body=raw({"dock_no": 1}))
    for change in (step, order):
        again = decode_change(encode(change))
        assert again is not None
        assert encode(again) == encode(change)


def test_the_hash_chain_is_what_it_always_was() -> None:
    value = NO_HASH
    for one in VECTORS["chain"]:
        value = chain(value, uuid.UUID(one["id"]), one["record"].encode())
        assert value.hex() == one["hash"]
    pairs = [(uuid.UUID(one["id"]), one["record"].encode()) for one in VECTORS["chain"]]
    assert chain_all(NO_HASH, pairs) == value


@settings(max_examples=40)
@given(data=st.lists(st.tuples(st.uuids(), st.binary(max_size=30)), min_size=1, max_size=6), at=st.integers(0, 5))
def test_any_change_of_any_fact_changes_the_chain(data: list[tuple[uuid.UUID, bytes]], at: int) -> None:
    at %= len(data)
    fact_id, record = data[at]
    plain = chain_all(NO_HASH, data)
    for other in ((fact_id, record + b" "), (uuid.UUID(int=fact_id.int ^ 1), record)):
        changed = [*data]
        changed[at] = other
        assert chain_all(NO_HASH, changed) != plain
    assert chain_all(NO_HASH, data[:-1]) != plain


@settings(max_examples=40)
@given(items=st.dictionaries(words, st.binary(max_size=20), max_size=6))
def test_the_digest_does_not_depend_on_the_order_of_the_items(items: dict[str, bytes]) -> None:
    pairs = list(items.items())
    assert digest_of(pairs) == digest_of(pairs[::-1])
    if pairs:
        assert digest_of(pairs) != digest_of(pairs[1:])


def test_the_digest_is_what_it_always_was() -> None:
    pairs = [(one["key"], one["raw"].encode()) for one in VECTORS["digest"]["items"]]
    assert digest_of(pairs) == VECTORS["digest"]["sha256"]


def test_the_lanes_are_sent_business_first() -> None:
    assert [lane.value for lane in envelope.Lane] == ["biz", "ops", "tel"]
