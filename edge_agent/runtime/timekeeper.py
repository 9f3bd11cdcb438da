"""Pure: what time it is at a station, how sure that is, and what each witness may do to it. Reads no clock.

The reading is carried by the monotonic clock plus an offset: whatever happens to the machine's own clock, it goes on.
The witnesses, by weight: the hub (signed requests, TLS), then NTP as the kernel reports it, then the last time that is
known to have passed. Each is an interval for the offset, so the truth lies inside whatever they agree on.

 * A clock that nobody has confirmed in this boot takes the first word it gets, if that is not before what has passed.
 * A trusted clock is only narrowed by a word that fits what it knows already. One that does not fit is an outlier
   until AGREEING of them, over AGREE_FOR_S at least, say the same: no single reply, however wrong, moves it.
 * NTP is not authenticated: once the hub was heard in this boot, NTP may narrow the reading but never move it out.
"""

from dataclasses import dataclass, replace
from typing import Final

from edge_agent.runtime.kernel_time import KernelTime
from protocols.sync.clock import ClockQuality

# What a clock may drift that runs alone: RFC 5905 §11 takes no oscillator for usable that is further off than 500 ppm
# (MAXFREQ), and ordinary crystals stay below 100 over a station's temperatures.
DRIFT: Final = 500e-6
SLEW: Final = 500e-6  # small corrections are worked off at this rate, as adjtime(3) does it
STEP_S: Final = 0.5  # what differs by more is stepped, and said
JUMP_S: Final = 0.5  # the machine's clock against the monotonic one: NTP never slews so much from look to look
HOLDOVER_AFTER_S: Final = 900.0
AGREEING: Final = 3
AGREE_FOR_S: Final = 60.0
NOBODY_KNOWS_S: Final = 10 * 365.25 * 86_400
TOLERANCE_S: Final = 1.0
NO_EARLIER_S: Final = 1_767_225_600.0  # 2026-01-01: no station of ours ran before
NO_LATER_S: Final = 4_102_444_800.0  # 2100-01-01: a machine's clock beyond it says nothing
HLC_AHEAD_S: Final = 3600.0  # a hybrid clock further beyond the saved time was written under a wrong clock
SPREAD_S: Final = 0.1  # the machines of one hub, and NTP's servers, agree to within this
_RESOLUTION_S: Final = 0.001  # the hub's time comes in milliseconds
_KEPT: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The time at one monotonic instant, in Unix seconds; `passed_s` has certainly passed."""

    at_s: float
    uncertainty_s: float
    quality: ClockQuality
    passed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """A clock moved: `reason` hub, ntp (ours was put right) or jump (the machine's moved under us)."""

    reason: str
    old_s: float
    new_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What outlives the process, and of it what outlives the boot (`passed_s`)."""

    boot: str
    mono_s: float
    at_s: float
    uncertainty_s: float
    trusted: bool
    hub_heard: bool
    passed_s: float


@dataclass(frozen=True, slots=True)
class _Word:
    """A witness at monotonic `mono_s`: wall less monotonic clock is `offset_s`, give or take `half_s`."""

    offset_s: float
    half_s: float
    mono_s: float

    def half_at(self, mono_s: float) -> float:
        return self.half_s + abs(mono_s - self.mono_s) * DRIFT

    def agrees(self, other: "_Word") -> bool:
        drift_s = abs(self.mono_s - other.mono_s) * DRIFT
        return abs(self.offset_s - other.offset_s) <= self.half_s + other.half_s + drift_s


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """All that a reading needs, in one value: readers in other threads see the old one or the new one."""

    word: _Word
    trusted: bool
    known_floor: bool
    alone: bool = False  # something happened to the machine's clock, and nobody has confirmed ours since
    confirmed_mono_s: float = 0.0
    slew_s: float = 0.0  # what was still to be worked off when `word` was taken
    passed_s: float = NO_EARLIER_S
    passed_mono_s: float = 0.0

    def left_s(self, mono_s: float) -> float:
        done = max(0.0, mono_s - self.word.mono_s) * SLEW
        return max(0.0, self.slew_s - done) if self.slew_s > 0 else min(0.0, self.slew_s + done)

    def read(self, mono_s: float) -> Reading:
        left_s = self.left_s(mono_s)
        at_s = self.word.offset_s + left_s + mono_s
        passed_s = self.passed_s + max(0.0, mono_s - self.passed_mono_s) * (1 - DRIFT)
        if not self.trusted:
            quality = ClockQuality.FLOOR if self.known_floor else ClockQuality.UNKNOWN
            return Reading(at_s=at_s, uncertainty_s=NOBODY_KNOWS_S, quality=quality, passed_s=passed_s)
        uncertainty_s = self.word.half_at(mono_s) + abs(left_s)
        fresh = not self.alone and mono_s - self.confirmed_mono_s <= HOLDOVER_AFTER_S
        quality = ClockQuality.SYNCED if fresh else ClockQuality.HOLDOVER
        passed_s = max(passed_s, at_s - uncertainty_s)
        return Reading(at_s=at_s, uncertainty_s=uncertainty_s, quality=quality, passed_s=passed_s)


class Timekeeper:
    """One boot's time. Every method takes the monotonic instant it speaks of, in seconds."""

    def __init__(
        self, *, boot: str, mono_s: float, system_s: float, kernel: KernelTime, saved: Saved | None = None
    ) -> None:
        self._boot = boot
        self._machine_offset_s = system_s - mono_s
        self._hub_heard = False
        self._from_file = saved is not None
        self._doubts: list[_Word] = []
        passed_s = NO_EARLIER_S if saved is None else max(saved.passed_s, NO_EARLIER_S)
        at_s = passed_s if system_s > NO_LATER_S else max(system_s, passed_s)
        self._state = _State(
            word=_Word(at_s - mono_s, NOBODY_KNOWS_S, mono_s),
            trusted=False,
            known_floor=saved is not None,
            passed_s=passed_s,
            passed_mono_s=mono_s,
        )
        if saved is not None and saved.boot == boot and saved.mono_s <= mono_s:
            self._go_on(saved, mono_s)
        self._hear_kernel(mono_s, system_s, kernel)

    def _go_on(self, saved: Saved, mono_s: float) -> None:
        """The process began again within the boot: what was learnt holds, and the monotonic clock ran on."""
        passed_s = self._state.passed_s + (mono_s - saved.mono_s) * (1 - DRIFT)
        self._state = replace(self._state, passed_s=passed_s)
        if not saved.trusted:
            at_s = max(saved.at_s + mono_s - saved.mono_s, passed_s)
            self._state = replace(self._state, word=_Word(at_s - mono_s, NOBODY_KNOWS_S, mono_s))
            return
        self._hub_heard = saved.hub_heard
        word = _Word(saved.at_s - saved.mono_s, saved.uncertainty_s, saved.mono_s)
        self._state = replace(self._state, word=word, trusted=True, alone=True, confirmed_mono_s=saved.mono_s)

    def read(self, mono_s: float) -> Reading:
        """The time."""
        return self._state.read(mono_s)

    def offset_s(self) -> float:
        """The reading less the machine's clock, as they were when last looked at."""
        return self._state.word.offset_s + self._state.slew_s - self._machine_offset_s

    def seen(self, mono_s: float, at_s: float) -> None:
        """The store holds facts of this time: it has passed, unless it was written under a wrong clock."""
        passed_s = self.read(mono_s).passed_s
        if at_s <= passed_s or at_s > NO_LATER_S or (self._from_file and at_s > passed_s + HLC_AHEAD_S):
            return
        if self._state.trusted:
            return
        self._state = replace(self._state, passed_s=at_s, passed_mono_s=mono_s, known_floor=True)
        if self.read(mono_s).at_s < at_s:
            self._state = replace(self._state, word=_Word(at_s - mono_s, NOBODY_KNOWS_S, mono_s))

    def hear(self, sent_mono_s: float, got_mono_s: float, hub_s: float) -> Stepped | None:
        """The hub said `hub_s` at some instant between the two (Cristian 1989)."""
        low_s, high_s = hub_s - got_mono_s, hub_s + _RESOLUTION_S - sent_mono_s
        if not low_s <= high_s or not NO_EARLIER_S <= hub_s <= NO_LATER_S:
            return None
        word = _Word((low_s + high_s) / 2, (high_s - low_s) / 2 + SPREAD_S, got_mono_s)
        stepped = self._weigh(word, "hub")
        self._hub_heard = self._hub_heard or not self._doubts
        return stepped

    def look(self, mono_s: float, system_s: float, kernel: KernelTime) -> list[Stepped]:
        """Compare the machine's clocks: did its wall clock jump, and does NTP keep it?"""
        found = []
        jump_s = system_s - mono_s - self._machine_offset_s
        self._machine_offset_s = system_s - mono_s
        if abs(jump_s) > JUMP_S:
            self._state = replace(self._state, alone=True)
            found.append(Stepped(reason="jump", old_s=system_s - jump_s, new_s=system_s))
        stepped = self._hear_kernel(mono_s, system_s, kernel)
        return found if stepped is None else [*found, stepped]

    def _hear_kernel(self, mono_s: float, system_s: float, kernel: KernelTime) -> Stepped | None:
        if not kernel.synchronised or system_s > NO_LATER_S:
            return None
        word = _Word(system_s - mono_s, kernel.max_error_s + SPREAD_S, mono_s)
        if self._hub_heard and not self._fits(word):
            return None
        return self._weigh(word, "ntp")

    def _fits(self, word: _Word) -> bool:
        held = self._state
        if not held.trusted:
            passed_s = held.read(word.mono_s).passed_s
            return word.offset_s + word.half_s + word.mono_s >= passed_s - TOLERANCE_S
        return held.word.agrees(word)

    def _weigh(self, word: _Word, reason: str) -> Stepped | None:
        if self._fits(word):
            self._doubts = []
            return self._take(self._narrowed(word) if self._state.trusted else word, reason)
        self._doubts = [one for one in self._doubts if one.agrees(word)][-_KEPT:]
        if len(self._doubts) == _KEPT:
            del self._doubts[1]  # the first one says for how long they agree
        self._doubts.append(word)
        if len(self._doubts) < AGREEING or word.mono_s - self._doubts[0].mono_s < AGREE_FOR_S:
            return None
        self._doubts = []
        return self._take(word, reason)

    def _narrowed(self, word: _Word) -> _Word:
        """What both allow."""
        held = self._state.word
        half_s = held.half_at(word.mono_s)
        low_s = max(held.offset_s - half_s, word.offset_s - word.half_s)
        high_s = max(low_s, min(held.offset_s + half_s, word.offset_s + word.half_s))
        return _Word((low_s + high_s) / 2, max(SPREAD_S, (high_s - low_s) / 2), word.mono_s)

    def _take(self, word: _Word, reason: str) -> Stepped | None:
        mono_s, before = word.mono_s, self._state.read(word.mono_s)
        new_s = word.offset_s + mono_s
        off_s = before.at_s - new_s
        says_so = not self._state.trusted or abs(off_s) > STEP_S
        earliest_s = new_s - word.half_s
        # What has passed is taken back only by who proved it wrong.
        passed_s = earliest_s if before.passed_s > new_s + word.half_s + TOLERANCE_S else before.passed_s
        self._state = _State(
            word=word,
            trusted=True,
            known_floor=True,
            confirmed_mono_s=mono_s,
            slew_s=0.0 if says_so else off_s,
            passed_s=max(passed_s, earliest_s),
            passed_mono_s=mono_s,
        )
        return Stepped(reason=reason, old_s=before.at_s, new_s=new_s) if says_so else None

    def saved(self, mono_s: float) -> Saved:
        """What to write down."""
        reading = self.read(mono_s)
        return Saved(
            boot=self._boot,
            mono_s=mono_s,
            at_s=reading.at_s,
            uncertainty_s=reading.uncertainty_s,
            trusted=self._state.trusted,
            hub_heard=self._hub_heard,
            passed_s=reading.passed_s,
        )
