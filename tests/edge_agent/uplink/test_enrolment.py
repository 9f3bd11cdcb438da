"""A one-time code for an identity; the key stays here."""

import stat
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge_agent.uplink.enrolment import EnrolmentError, enrol
from edge_agent.uplink.identity import (
    IDENTITY_FILE,
    KEY_FILE,
    NEXT_KEY_FILE,
    Identity,
    IdentityError,
    load_identity,
)
from protocols.sync.enrolment import PREFIX, EnrolReply, EnrolRequest
from tests.edge_agent.uplink.conftest import STATION_ID


class Desk:
    """The hub's enrolment route."""

    def __init__(self) -> None:
        self.asked: list[EnrolRequest] = []
        self.answers: list[web.Response] = []
        self.url = ""

    async def enrol(self, request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=EnrolRequest)
        self.asked.append(asked)
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(asked.public_key))
        public.verify(bytes.fromhex(asked.proof), PREFIX + asked.code.encode())
        if self.answers:
            return self.answers.pop(0)
        return web.Response(
            status=201,
            body=msgspec.json.encode(EnrolReply(station_id=STATION_ID, name="Riverside", time_key="ab" * 32)),
        )


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    app = web.Application()
    app.router.add_post("/api/v1/stations/enrol", made.enrol)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


async def test_an_enrolled_station_knows_itself_after_a_restart(desk: Desk, tmp_path: Path) -> None:
    made = await enrol(hub_url=desk.url + "/", code=" ONE-TIME ", data_dir=tmp_path, agent_version="0.1.0")
    loaded = load_identity(tmp_path)
    assert loaded is not None
    assert (loaded.station_id, loaded.name, loaded.hub_url) == (STATION_ID, "Riverside", desk.url)
    assert (made.time_key, loaded.time_key) == ("ab" * 32,) * 2
    assert loaded.key.sign(b"x") == made.key.sign(b"x")
    assert desk.asked[0].code == "ONE-TIME"
    assert _mode(tmp_path / KEY_FILE) == 0o600
    assert _private_bytes(tmp_path) not in repr(made).encode()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _private_bytes(folder: Path) -> bytes:
    return (folder / KEY_FILE).read_bytes().splitlines()[1]


async def test_a_refused_code_says_why_and_the_next_try_uses_the_same_key(desk: Desk, tmp_path: Path) -> None:
    problem = {"code": "code_used", "title": "no", "detail": "this code was used before"}
    desk.answers = [web.json_response(problem, status=409, content_type="application/problem+json")]
    with pytest.raises(EnrolmentError, match=r"HTTP 409.*code_used · this code was used before") as caught:
        await enrol(hub_url=desk.url, code="OLD", data_dir=tmp_path, agent_version="0.1.0")
    assert caught.value.code == "refused"
    assert load_identity(tmp_path) is None
    await enrol(hub_url=desk.url, code="NEW", data_dir=tmp_path, agent_version="0.1.0")
    assert desk.asked[0].public_key == desk.asked[1].public_key


async def test_a_station_is_enrolled_only_once(desk: Desk, tmp_path: Path) -> None:
    await enrol(hub_url=desk.url, code="A", data_dir=tmp_path, agent_version="0.1.0")
    with pytest.raises(EnrolmentError, match="already") as caught:
        await enrol(hub_url=desk.url, code="B", data_dir=tmp_path, agent_version="0.1.0")
    assert caught.value.code == "already_enrolled"
    assert len(desk.asked) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"station_id":"x","name":"y"}', b"\xff"])
async def test_an_answer_that_cannot_be_read_leaves_no_identity(desk: Desk, tmp_path: Path, body: bytes) -> None:
    desk.answers = [web.Response(status=200, body=body)]
    with pytest.raises(EnrolmentError) as caught:
        await enrol(hub_url=desk.url, code="A", data_dir=tmp_path, agent_version="0.1.0")
    assert caught.value.code == "bad_reply"
    assert load_identity(tmp_path) is None


@pytest.mark.parametrize("url", ["hub.example", "ftp://hub.example", "https://", ""])
async def test_an_address_that_is_none_is_named(tmp_path: Path, url: str) -> None:
    with pytest.raises(EnrolmentError) as caught:
        await enrol(hub_url=url, code="A", data_dir=tmp_path, agent_version="0.1.0")
    assert caught.value.code == "bad_url"


async def test_a_hub_that_is_away_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnrolmentError, match="does not answer") as caught:
        await enrol(hub_url="http://127.0.0.1:1", code="A", data_dir=tmp_path, agent_version="0.1.0")
    assert caught.value.code == "no_answer"


async def test_a_key_that_others_may_read_is_refused(desk: Desk, tmp_path: Path) -> None:
    await enrol(hub_url=desk.url, code="A", data_dir=tmp_path, agent_version="0.1.0")
    _open_up(tmp_path / KEY_FILE)
    with pytest.raises(IdentityError, match="read by others"):
        load_identity(tmp_path)


def _open_up(path: Path) -> None:
    path.chmod(0o644)


@pytest.mark.parametrize("file", [KEY_FILE, IDENTITY_FILE])
@pytest.mark.parametrize("data", [b"", b"nonsense", b"\xff\xfe", None])
async def test_a_broken_identity_is_an_error_that_names_the_file(
    desk: Desk, tmp_path: Path, file: str, data: bytes | None
) -> None:
    await enrol(hub_url=desk.url, code="A", data_dir=tmp_path, agent_version="0.1.0")
    _spoil(tmp_path / file, data)
    if file == IDENTITY_FILE and data is None:
        assert load_identity(tmp_path) is None
        return
    with pytest.raises(IdentityError, match=file):
        load_identity(tmp_path)


def _spoil(path: Path, data: bytes | None) -> None:
    path.unlink()
    if data is not None:
        path.touch(0o600)
        path.write_bytes(data)


async def test_a_revoked_station_is_enrolled_anew_with_another_key_as_the_same_station(
    desk: Desk, tmp_path: Path
) -> None:
    before = await enrol(hub_url=desk.url, code="A", data_dir=tmp_path, agent_version="0.1.0")
    problem = {"code": "code_of_another_station", "title": "no"}
    desk.answers = [web.json_response(problem, status=409, content_type="application/problem+json")]
    with pytest.raises(EnrolmentError, match="code_of_another_station"):
        await enrol(hub_url=desk.url, code="B", data_dir=tmp_path, agent_version="0.1.0", revoked=True)
    still = load_identity(tmp_path)
    assert still is not None
    assert _public(still) == _public(before)
    after = await enrol(hub_url=desk.url, code="C", data_dir=tmp_path, agent_version="0.1.0", revoked=True)
    loaded = load_identity(tmp_path)
    assert loaded is not None
    assert _public(loaded) == _public(after) != _public(before)
    assert [one.station_id for one in desk.asked] == [None, STATION_ID, STATION_ID]
    assert desk.asked[1].public_key == desk.asked[2].public_key, "the key of a trade whose answer may be lost"
    assert _mode(tmp_path / KEY_FILE) == 0o600
    assert not (tmp_path / NEXT_KEY_FILE).exists()


async def test_a_hub_that_makes_another_station_of_it_is_not_believed(desk: Desk, tmp_path: Path) -> None:
    before = await enrol(hub_url=desk.url, code="A", data_dir=tmp_path, agent_version="0.1.0")
    other = EnrolReply(station_id=uuid.UUID(int=99), name="Elsewhere")
    desk.answers = [web.Response(status=201, body=msgspec.json.encode(other))]
    with pytest.raises(EnrolmentError) as caught:
        await enrol(hub_url=desk.url, code="B", data_dir=tmp_path, agent_version="0.1.0", revoked=True)
    assert caught.value.code == "other_station"
    still = load_identity(tmp_path)
    assert still is not None
    assert _public(still) == _public(before)


def _public(identity: Identity) -> bytes:
    return identity.key.public_key().public_bytes_raw()
