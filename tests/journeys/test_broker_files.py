"""The broker's settings that we ship, with TLS, users and rules, in a real Mosquitto: who passes and who does not."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import subprocess
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from edge_agent.settings import MqttSlice
from edge_agent.uplink import broker as edge
from edge_agent.uplink.identity import Identity
from edge_agent.uplink.mqtt import MqttLink
from hub.intake import broker as hub
from hub.settings import MqttSettings
from protocols.sync import mqtt
from protocols.sync.live import Nudge, Telemetry, encode_live
from protocols.values import UTC
from tests.mosquitto import Mosquitto, mosquitto

pytestmark = pytest.mark.journey
ROOT = Path(__file__).parents[2]
STATION, OTHER = uuid.UUID(int=14), uuid.UUID(int=15)
_WAIT_S = 15


@pytest.fixture
def lines(tmp_path: Path) -> list[str]:
    """deploy/mqtt as it stands; only the places differ."""
    (tmp_path / "certs").mkdir()
    certify(tmp_path / "certs" / "broker.pem", tmp_path / "certs" / "broker.key")
    (tmp_path / "voltdock.acl").write_text((ROOT / "deploy/mqtt/voltdock.acl").read_text())
    passwords = tmp_path / "voltdock.passwd"
    passwords.touch(mode=0o600)
    for name in ("hub", str(STATION), str(OTHER)):
        subprocess.run(["mosquitto_passwd", "-b", passwords, name, f"secret of {name}"], check=True, timeout=30)
    text = (ROOT / "deploy/mqtt/mosquitto.conf").read_text().replace("/etc/mosquitto", str(tmp_path))
    return [one for one in text.splitlines() if one.split()[:1] not in (["listener"], ["persistence"])]


@pytest.fixture
async def broker(tmp_path: Path, lines: list[str]) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path, *lines) as started:
        yield started


def certify(certificate: Path, key: Path) -> None:
    """A certificate for 127.0.0.1 that signs itself, good for a day."""
    made, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(made.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(made, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    kind, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key.write_bytes(made.private_bytes(serialization.Encoding.PEM, kind, plain))


def station_at(broker: Mosquitto, ca_file: Path | None, station_id: uuid.UUID = STATION) -> edge.Broker:
    given = MqttSlice(
        url=f"mqtts://127.0.0.1:{broker.port}", password=SecretStr(f"secret of {station_id}"), ca_file=ca_file
    )
    return edge.Broker(
        host=given.host, port=given.port, username=str(station_id), password=given.secret(), tls=given.tls()
    )


def hub_at(broker: Mosquitto, folder: Path) -> hub.Broker:
    (folder / "password").write_text("secret of hub\n")
    given = MqttSettings(
        url=f"mqtts://127.0.0.1:{broker.port}",
        password_file=folder / "password",
        ca_file=folder / "certs" / "broker.pem",
    )
    return hub.Broker(host=given.host, port=given.port, username="hub", password=given.secret(), tls=given.tls())


def link_to(broker: edge.Broker, nudges: list[int]) -> MqttLink:
    key = Ed25519PrivateKey.generate()
    return MqttLink(
        identity=Identity(station_id=STATION, name="Riverside", hub_url="http://127.0.0.1:1", key=key),
        broker=broker,
        on_nudge=lambda: nudges.append(1),
        telemetry=lambda: Telemetry(at_ms=1),
        request_number=iter(range(1, 1000)).__next__,
    )


async def until(nudges: list[int], count: int) -> None:
    async with asyncio.timeout(_WAIT_S):
        while len(nudges) < count:
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running(link: MqttLink) -> AsyncIterator[None]:
    task = asyncio.create_task(link.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_hub_and_station_speak_over_tls_by_their_names_and_passwords(broker: Mosquitto, tmp_path: Path) -> None:
    nudges: list[int] = []
    link = link_to(station_at(broker, tmp_path / "certs" / "broker.pem"), nudges)
    async with hub.connected(hub_at(broker, tmp_path)) as client, asyncio.timeout(_WAIT_S):
        await hub.subscribe(client, [mqtt.of_all(mqtt.STATUS), mqtt.of_all(mqtt.TELEMETRY)], 1)
        async with running(link):
            heard = [await anext(client.messages) for _ in range(2)]
            assert {str(one.topic) for one in heard} == {
                mqtt.topic(STATION, mqtt.STATUS),
                mqtt.topic(STATION, mqtt.TELEMETRY),
            }
            assert all(hub.properties_of(one) for one in heard)
            await until(nudges, 1)
            await client.publish(mqtt.topic(STATION, mqtt.NUDGE), encode_live(Nudge(rev=1)), qos=1)
            await until(nudges, 2)


async def test_a_station_is_not_heard_on_anothers_topics_and_does_not_hear_anothers_nudges(
    broker: Mosquitto, tmp_path: Path
) -> None:
    other = station_at(broker, tmp_path / "certs" / "broker.pem", OTHER)
    will = edge.LastWill(topic=mqtt.topic(OTHER, mqtt.STATUS), payload=b"", properties=())
    async with (
        hub.connected(hub_at(broker, tmp_path)) as client,
        edge.connected(other, "intruder", will) as intruder,
        asyncio.timeout(_WAIT_S),
    ):
        await hub.subscribe(client, [mqtt.of_all(mqtt.TELEMETRY)], 1)
        with contextlib.suppress(edge.BrokerError):
            await intruder.subscribe(mqtt.topic(STATION, mqtt.NUDGE), qos=1)
        await client.publish(mqtt.topic(STATION, mqtt.NUDGE), b"secret", qos=1)
        for station_id in (STATION, OTHER):
            with contextlib.suppress(edge.BrokerError):
                await edge.publish(intruder, mqtt.topic(station_id, mqtt.TELEMETRY), b"x", (), qos=1)
        heard = await anext(client.messages)
        assert str(heard.topic) == mqtt.topic(OTHER, mqtt.TELEMETRY)
        assert len(intruder.messages) == 0


async def test_a_certificate_of_an_unknown_authority_is_refused(broker: Mosquitto) -> None:
    will = edge.LastWill(topic="x", payload=b"", properties=())
    with pytest.raises(edge.BrokerError, match="certificate verify failed"):
        async with edge.connected(station_at(broker, None), "x", will):
            pass


@pytest.mark.parametrize("name", ["", "hub", str(STATION)])
async def test_who_has_no_password_is_refused(broker: Mosquitto, tmp_path: Path, name: str) -> None:
    at = hub_at(broker, tmp_path)
    closed = hub.Broker(host=at.host, port=at.port, username=name or None, password="guess", tls=at.tls)
    with pytest.raises(hub.BrokerError, match="authori"):
        async with hub.connected(closed):
            pass
