"""Who may speak next, and one attempt at an exchange: the bus thread's work, without the thread.

A request goes on the line by itself, its reply is awaited for a bounded time, and between two attempts at a
dock that is silent the other docks get their turn.
"""

import time
from collections import Counter
from collections.abc import Sequence

from edge_agent.docks.channel import Broken, Why
from edge_agent.docks.config import Pace
from edge_agent.docks.conversation import Conversation
from edge_agent.docks.port import SerialPort
from edge_agent.docks.timing import ReplyTimeout
from edge_agent.docks.wishes import Ask, Haste, Rest, TooLate, Withdrawn
from protocols.dock.framing import FrameStream, encode
from protocols.dock.lifecycle import Exchange, Turn, turn
from protocols.dock.messages import Reply


class Speaker:
    """A conversation with its place in the queue: what it wants, since when, and how often it was tried."""

    def __init__(self, conversation: Conversation, *, baud: int, pace: Pace) -> None:
        self.conversation = conversation
        self.timeout = ReplyTimeout(baud)
        self.retries = 0
        self.ready_at = 0.0
        self.exchange = Exchange.READY
        self._pace = pace
        self._attempts = 0
        self._began_at = 0.0  # when this exchange was first sent
        self._story = conversation.story()
        self._wish: Ask | Rest = Rest(until_mono_s=0.0)
        self._fresh = True

    @property
    def ask(self) -> Ask | None:
        """The exchange that it waits for, if any."""
        return self._wish if isinstance(self._wish, Ask) else None

    @property
    def haste(self) -> Haste:
        """How pressing its exchange is: as an order, too, when an order waits for this exchange to end."""
        if self.conversation.orders:
            return Haste.ORDER
        return self.ask.haste if self.ask is not None else Haste.POLL

    def restart(self) -> None:
        """Tell the story from the beginning, on a new port."""
        self._story.close()
        self._story = self.conversation.story()
        self._wish, self._fresh = Rest(until_mono_s=0.0), True

    def close(self) -> None:
        """End the story."""
        self._story.close()

    def wake(self, now: float) -> None:
        """Go on with the story if its rest is over, or if a poll that was not sent yet should make room."""
        rest = self._wish
        if not isinstance(rest, Rest):
            if rest.yields and self._attempts == 0 and self.conversation.orders:
                self._take(self._story.throw(Withdrawn()), now)
            return
        if now >= rest.until_mono_s or (rest.orders_wake and self.conversation.orders):
            self._continue(None, now)

    def rests_until(self) -> float:
        """When it wants to speak."""
        return self._wish.until_mono_s if isinstance(self._wish, Rest) else self.ready_at

    def on_reply(self, reply: Reply, now: float) -> None:
        """Its exchange was answered."""
        self.exchange = turn(self.exchange, Turn.REPLY)
        # It was made after the first attempt was sent, and nobody knows when: a dock answers a repeated request with
        # the reply that it has kept, and a busy machine reads late what has long been there.
        self.conversation.reply_may_be_old_s = now - self._began_at
        self._continue(reply, now)

    def on_broken(self, error: Exception, now: float) -> None:
        """Its exchange came to nothing."""
        self._take(self._story.throw(error), now)

    def on_silence(self, now: float) -> None:
        """No reply came in time: again, a little later again, or never again."""
        self.timeout.silent()
        ask, self._attempts = self.ask, self._attempts + 1
        most = self._pace.fast_retries + self._pace.slow_retries if ask is not None and ask.retries else 0
        late = ask is not None and ask.not_after_mono_s is not None and now >= ask.not_after_mono_s
        if self._attempts > most or late:
            self.exchange = turn(self.exchange, Turn.LAST_TIMEOUT)
            self.on_broken(Broken(Why.NO_ANSWER), now)
            return
        self.exchange = turn(self.exchange, Turn.TIMEOUT)
        self.retries += 1
        slow = self._attempts > self._pace.fast_retries
        self.ready_at = now + (self._pace.slow_retry_s if slow else 0.0)

    def begin(self, ask: Ask, now: float) -> bool:
        """Prepare the next attempt; False when the story went on instead."""
        if self._attempts == 0:
            self._began_at = now
            if ask.not_after_mono_s is not None and now >= ask.not_after_mono_s:
                self.on_broken(TooLate(), now)
                return False
            try:
                self.conversation.channel.start(ask.request)
            except Broken as error:
                self.on_broken(error, now)
                return False
        self.exchange = turn(self.exchange, Turn.SEND)
        return True

    def _continue(self, reply: Reply | None, now: float) -> None:
        if self._fresh:
            self._fresh = False
            self._take(next(self._story), now)
        else:
            self._take(self._story.send(reply), now)

    def _take(self, wish: Ask | Rest, now: float) -> None:
        self._wish = wish
        self._attempts = 0
        self.exchange = Exchange.READY
        self.ready_at = now


def choose(speakers: Sequence[Speaker], now: float) -> Speaker | None:
    """Who speaks next: orders first, then whoever has been ready for longest; None when all rest."""
    ready = [speaker for speaker in speakers if speaker.ask is not None and speaker.ready_at <= now]
    if not ready:
        return None
    return min(ready, key=lambda speaker: (speaker.haste, speaker.ready_at))


class Line:
    """The port, the parser behind it, and the one exchange that may be open on it."""

    def __init__(self) -> None:
        self.stream = FrameStream()
        self.sent = 0
        self.stray: Counter[str] = Counter()

    def attempt(self, speaker: Speaker, port: SerialPort) -> None:
        """Send the speaker's request once and wait for its reply. Raises PortFailed."""
        ask = speaker.ask
        if ask is None or not speaker.begin(ask, time.monotonic()):
            return
        try:
            data = encode(speaker.conversation.channel.frame())
        except ValueError:  # the session has no counter left
            speaker.on_broken(Broken(Why.SESSION_GONE), time.monotonic())
            return
        port.write(data)
        self.sent += 1
        began = time.monotonic()
        try:
            wait_s = speaker.timeout.seconds if ask.retries else speaker.timeout.probe_s
            reply = self._await_reply(speaker, port, began + wait_s)
        except Broken as error:
            speaker.on_broken(error, time.monotonic())
            return
        now = time.monotonic()
        if reply is None:
            speaker.on_silence(now)
        else:
            speaker.timeout.answered(now - began)
            speaker.on_reply(reply, now)

    def _await_reply(self, speaker: Speaker, port: SerialPort, until: float) -> Reply | None:
        """The first frame that is the reply; other bytes may flow, but the deadline stands."""
        while True:
            data = port.read(until)
            if not data:
                return None
            for frame in self.stream.feed(data):
                reply = speaker.conversation.channel.accept(frame)
                if reply is not None:
                    return reply
