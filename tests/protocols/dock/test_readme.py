"""The specification's worked examples are what the code does, byte for byte."""

import re
import zlib

import pytest

from protocols.dock import codes
from protocols.dock.framing import MAX_ENCODED, MAX_PAYLOAD, Frame, decode, encode
from protocols.dock.messages import decode_reply, decode_request
from protocols.dock.replies import Done, HelloAnswer, LockAnswer
from protocols.dock.security import cmac
from protocols.dock.session import DockHandshake, StationHandshake, transcript
from tests.protocols.dock import examples as values
from tests.protocols.dock.readme import README, examples

BLOCKS = examples()


def test_every_example_of_the_page_is_checked_here() -> None:
    mine = {f"request {n}" for n in values.REQUESTS} | {f"reply {n}" for n in values.REPLIES}
    assert set(BLOCKS) == mine | {"frame plain", "handshake keys", "handshake lines"}


@pytest.mark.parametrize("name", values.REQUESTS)
def test_requests_are_laid_out_as_specified(name: str) -> None:
    block, request = BLOCKS[f"request {name}"], values.REQUESTS[name]
    assert request.pack() == block["payload"]
    assert decode_request(block["type"][0], block["payload"]) == request


@pytest.mark.parametrize("name", values.REPLIES)
def test_replies_are_laid_out_as_specified(name: str) -> None:
    block, (_, reply) = BLOCKS[f"reply {name}"], values.REPLIES[name]
    assert reply.pack() == block["payload"]
    assert decode_reply(block["type"][0], block["payload"]) == reply


def test_the_plain_frame_is_header_payload_and_crc_in_cobs() -> None:
    block = BLOCKS["frame plain"]
    assert zlib.crc32(b"123456789") == 0xCBF43926  # the check value that the page names
    assert zlib.crc32(block["body"]).to_bytes(4, "little") == block["crc"]
    assert by_hand_uncobs(block["line"]) == block["body"] + block["crc"]
    assert encode(Frame(address=5, seq=0, type=1, payload=b"\0")) == block["line"]


def by_hand_uncobs(line: bytes) -> bytes:
    """COBS as in the paper, without the library: so the page is checked against two decoders."""
    data, out, at = line.strip(b"\0"), bytearray(), 0
    while at < len(data):
        code = data[at]
        out += data[at + 1 : at + code]
        at += code
        if code < 0xFF and at < len(data):
            out.append(0)
    return bytes(out)


def test_the_handshake_and_the_unlock_are_as_printed() -> None:
    keys, lines = BLOCKS["handshake keys"], BLOCKS["handshake lines"]
    station = StationHandshake(secret=keys["secret"], address=values.ADDRESS, nonce=keys["station_nonce"])
    dock = DockHandshake(
        secret=keys["secret"],
        address=values.ADDRESS,
        hello_payload=station.hello.pack(),
        nonce=keys["dock_nonce"],
        minor=0,
        kind=codes.Kind.LATCH,
        capabilities=values.CAPABILITIES,
    )
    answer = dock.answer.pack()
    proof, ours = station.on_answer(answer)
    theirs = dock.on_proof(proof)
    assert dock.answer.proof == keys["dock_proof"]
    assert proof.proof == keys["station_proof"]
    unlock = values.REQUESTS["unlock"].pack()
    moving = LockAnswer(lock=codes.Lock.MOVING).pack()

    def frame(seq: int, type_: int, payload: bytes = b"", *, reply: bool = False) -> Frame:
        return Frame(address=values.ADDRESS, seq=seq, type=type_, payload=payload, reply=reply)

    spoken = {
        "hello_request": frame(1, 0x02, station.hello.pack()),
        "hello_reply": frame(1, 0x02, answer, reply=True),
        "proof_request": frame(2, 0x03, proof.pack()),
        "proof_reply": theirs.seal(frame(2, 0x03, reply=True)),
        "status_request": ours.seal(frame(0, 0x10)),
        "status_reply": theirs.seal(frame(0, 0x10, values.STATUS.pack(), reply=True)),
        "unlock_request": ours.seal(frame(1, 0x21, unlock)),
        "unlock_retry": ours.seal(frame(1, 0x21, unlock)),
        "unlock_reply": theirs.seal(frame(1, 0x21, moving, reply=True)),
    }
    assert {name: encode(one) for name, one in spoken.items()} == lines
    assert decode_reply(0x02, decode(lines["hello_reply"].strip(b"\0")).payload) == HelloAnswer(
        proof=keys["dock_proof"],
        nonce=keys["dock_nonce"],
        minor=0,
        kind=codes.Kind.LATCH,
        capabilities=values.CAPABILITIES,
    )
    assert decode_reply(0x03, b"") == Done()


def test_keys_and_tags_follow_from_the_page_with_nothing_but_aes_cmac() -> None:
    keys, lines = BLOCKS["handshake keys"], BLOCKS["handshake lines"]
    hello = keys["station_nonce"] + b"\0"
    proven = keys["dock_nonce"] + bytes.fromhex("00 01 1f 00 00 00")
    spelled = b"VDK1\x05" + b"\x11\x00" + hello + b"\x16\x00" + proven
    assert spelled == keys["transcript"] == transcript(5, hello, proven)
    for label in ("dock proof", "station proof", "station key", "dock key"):
        derived = cmac(keys["secret"], b"\x01voltdock " + label.encode() + b"\0" + spelled + b"\0\x80")
        assert derived == keys[label.replace(" ", "_")]
    body = by_hand_uncobs(lines["unlock_request"])
    assert cmac(keys["station_key"], body[:-12])[:8] == body[-12:-4]


def test_the_numbers_in_the_text_are_those_of_the_code() -> None:
    text = README.read_text()
    assert f"a buffer of {MAX_ENCODED} bytes" in text
    assert f"0 to {MAX_PAYLOAD}" in text
    for code in codes.ErrorCode:
        assert f"{code.value} {code.name}" in text.replace("\n", " ")
    for type_ in codes.MessageType:
        assert re.search(rf"\*\*{type_.value:02x} ", text), type_.name
