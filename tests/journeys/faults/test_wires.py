"""The adversary on the chargers' and the meter's wires does what it says, and nothing on a fine day."""

import random

import pytest

from firmware_sim.demo.ports import HOST
from protocols.charger import frames
from tests.journeys.faults.proxy import Weather
from tests.journeys.faults.wires import AnswerTap, FrameTap, MeterWeather, ModbusProxy, OcppProxy, garbage, masked

HEAD = b"GET /ocpp/CP-01 HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
ASKED = HEAD.replace(b"Sec-WebSocket-Extensions: permessage-deflate\r\n", b"")
FIRST, SECOND = masked(b'[2,"1","Heartbeat",{}]'), masked(b"x" * 70_000)


class Writer:
    def is_closing(self) -> bool:
        return False


def tap(proxy: OcppProxy) -> FrameTap:
    made = FrameTap(proxy)
    made.leads_to(Writer())  # type: ignore[arg-type]
    return made


def ocpp() -> OcppProxy:
    return OcppProxy(targets=[(HOST, 1)], seed=1)


@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_on_a_fine_day_whole_frames_pass_in_whatever_pieces_they_come(size: int) -> None:
    line, data, out = tap(ocpp()), HEAD + FIRST + SECOND, b""
    for at in range(0, len(data), size):
        out += await line.passing(data[at : at + size], lost=False)
    assert out == ASKED + FIRST + SECOND


async def test_frames_come_twice_and_old_ones_again() -> None:
    proxy = ocpp()
    line = tap(proxy)
    await line.passing(HEAD + FIRST, lost=False)
    proxy.twice = 1.0
    assert await line.passing(SECOND, lost=False) == SECOND + SECOND
    proxy.clear()
    proxy.stale = 1.0
    assert (await line.passing(FIRST, lost=False))[len(FIRST) :] in (FIRST, SECOND)


def test_garbage_is_never_a_word_about_a_charge() -> None:
    chance = random.Random(1)
    for _ in range(300):
        data = garbage(chance)
        size = 2 + (0, 2, 8)[max(0, (data[1] & 0x7F) - 125)]
        mask, hidden = data[size : size + 4], data[size + 4 :]
        text = bytes(one ^ mask[at % 4] for at, one in enumerate(hidden[:600]))
        try:
            read = frames.read_frame(text.decode())
        except (frames.BadFrame, UnicodeDecodeError):
            continue
        if isinstance(read, frames.Call) and read.action in ("StartTransaction", "StopTransaction"):
            assert not isinstance(read.payload.get("transactionId"), int)
            assert not isinstance(read.payload.get("meterStart"), int)


async def test_a_flipped_bit_makes_no_other_text() -> None:
    proxy = ocpp()
    proxy.weather = Weather(flip=1.0, flip_mask=0x80)
    assert all(one >= 0x80 for one in proxy._flipped(b'{"meterStop":1234}'))


ANSWER = bytes.fromhex("0001000000070104" + "04" + "43660000")


@pytest.mark.parametrize(
    ("weather", "expected"),
    [
        (MeterWeather(), ANSWER),
        (MeterWeather(number=1.0), b"\x5a" + ANSWER[1:]),
        (MeterWeather(half=1.0), ANSWER[: len(ANSWER) // 2]),
        (MeterWeather(twice=1.0), ANSWER * 2),
        (MeterWeather(late=1.0), b""),
    ],
)
async def test_the_meters_answers_are_spoilt_as_the_weather_says(weather: MeterWeather, expected: bytes) -> None:
    proxy = ModbusProxy(targets=[(HOST, 1)], seed=1)
    proxy.meter = weather
    assert await AnswerTap(proxy).passing(ANSWER, lost=False) == expected


async def test_a_late_answer_comes_in_the_place_of_the_next() -> None:
    proxy = ModbusProxy(targets=[(HOST, 1)], seed=1)
    proxy.meter, line = MeterWeather(late=1.0), AnswerTap(proxy)
    await line.passing(ANSWER, lost=False)
    assert await line.passing(b"\x00\x02" + ANSWER[2:], lost=False) == ANSWER
