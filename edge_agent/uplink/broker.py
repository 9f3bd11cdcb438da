"""The station's connection to the MQTT broker: opened, closed and cut. Knows nothing of what is said over it.

The only file of the agent that imports aiomqtt and paho.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

KEEPALIVE_S: Final = 20
"""The broker takes a silent client for dead after one and a half times this (MQTT 5, §3.1.2.10)."""

_ANSWER_S: Final = 5.0
_CONNECT_S: Final = 5.0
_MOST_WAITING: Final = 100  # nudges; one is as good as many
_quiet = logging.getLogger("edge_agent.uplink.mqtt.paho")
_quiet.setLevel(logging.CRITICAL)  # what goes wrong is raised as MqttError, and told once by who runs the link

BrokerError = aiomqtt.MqttError
Client = aiomqtt.Client
UserProperties = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the broker is, and who the station is there."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
    keepalive_s: int = KEEPALIVE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWill:
    """What the broker says in the station's name when the connection breaks; QoS 1, retained."""

    topic: str
    payload: bytes
    properties: UserProperties


class _ClosingSocket(ssl.SSLSocket):
    # paho forgets a socket whose handshake failed, and leaves it to the garbage collector to close.
    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


@contextlib.asynccontextmanager
async def connected(broker: Broker, name: str, will: LastWill) -> AsyncIterator[Client]:
    """A clean session under this name, whose older holder the broker puts out.

    Raises BrokerError, also when the connection is lost inside.
    """
    if broker.tls is not None:
        broker.tls.sslsocket_class = _ClosingSocket
    client = Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        tls_context=broker.tls,
        identifier=name,
        protocol=aiomqtt.ProtocolVersion.V5,
        will=aiomqtt.Will(
            will.topic, will.payload, qos=1, retain=True, properties=_as(PacketTypes.WILLMESSAGE, will.properties)
        ),
        keepalive=broker.keepalive_s,
        timeout=_ANSWER_S,
        max_queued_incoming_messages=_MOST_WAITING,
        logger=_quiet,
    )
    client._client.connect_timeout = _CONNECT_S  # noqa: SLF001  # aiomqtt has no name for it
    try:
        await _entered(client)
        try:
            yield client
        except asyncio.CancelledError:
            await _leave(client)
            raise
        await _leave(client)
    finally:
        _cut(client)  # after any other exception it is a break, and the broker speaks the last will


async def subscribe(client: Client, topic: str) -> None:
    """At QoS 1. Raises BrokerError when the broker refuses."""
    for code in await client.subscribe(topic, qos=1):
        if getattr(code, "is_failure", False):
            raise BrokerError(f"{topic}: {code}")
    heed_cancellation()


async def publish(
    client: Client, topic: str, payload: bytes, properties: UserProperties, *, qos: int, retain: bool = False
) -> None:
    """Send one message, with QoS 1 until the broker has it. Raises BrokerError."""
    await client.publish(topic, payload, qos=qos, retain=retain, properties=_as(PacketTypes.PUBLISH, properties))
    heed_cancellation()


def heed_cancellation() -> None:
    """Say again what aiomqtt may have dropped, or the task never ends.

    It waits by `asyncio.wait_for`, where up to Python 3.11 a cancellation in the same turn as the answer is lost.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _as(packet: int, properties: UserProperties) -> Properties:
    made = Properties(packet)  # type: ignore[no-untyped-call]  # as paho has it
    made.UserProperty = list(properties)
    return made


async def _entered(client: Client) -> None:
    # The socket is opened in a thread, which nobody can cancel: a stop in between waits for it, to close it.
    entering = asyncio.ensure_future(client.__aenter__())
    try:
        await asyncio.shield(entering)
    except asyncio.CancelledError:
        client._connected.cancel()  # noqa: SLF001  # the broker's answer is not waited for
        await asyncio.wait({entering})
        if not entering.cancelled() and entering.exception() is None:
            await _leave(client)
        raise


async def _leave(client: Client) -> None:
    with contextlib.suppress(BrokerError):
        await client.__aexit__(None, None, None)


def _cut(client: Client) -> None:
    # After a refusal or a time-out aiomqtt leaves the socket open, and a task that looks after it.
    paho: Any = client._client  # noqa: SLF001
    paho._sock_close()  # noqa: SLF001  # does nothing when it is closed
    if client._misc_task is not None:  # noqa: SLF001
        client._misc_task.cancel()  # noqa: SLF001
