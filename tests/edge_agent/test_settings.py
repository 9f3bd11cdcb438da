import json
from pathlib import Path

import pytest

from edge_agent.settings import Misconfigured, read, redacted, unknown_variables

SECRET = "00112233445566778899aabbccddeeff"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.upper().startswith(("VOLTDOCK_EDGE_", "VOLTDOCK_MQTT_")):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "edge.toml"


def problems(file: Path, text: str) -> list[str]:
    file.write_text(text)
    with pytest.raises(Misconfigured) as caught:
        read(file)
    assert SECRET not in str(caught.value)
    return caught.value.problems


def test_the_defaults_need_no_file() -> None:
    settings = read(None)
    assert (settings.kiosk.host, settings.kiosk.port, settings.chargers.port) == ("127.0.0.1", 8090, 9000)


def test_the_environment_is_stronger_than_the_file_key_by_key(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('data_dir = "/tmp/a"\n[kiosk]\nhost = "0.0.0.0"\nport = 1\n')
    monkeypatch.setenv("VOLTDOCK_EDGE_KIOSK__PORT", "2")
    monkeypatch.setenv("VOLTDOCK_EDGE_DATA_DIR", "/tmp/b")
    settings = read(file)
    assert (settings.kiosk.host, settings.kiosk.port, settings.data_dir) == ("0.0.0.0", 2, Path("/tmp/b"))


def test_lists_may_come_from_the_environment_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLTDOCK_EDGE_DOCKS__DOCK", json.dumps([{"no": 1, "address": 1, "secret": SECRET}]))
    assert read(None).docks.dock[0].key() == bytes.fromhex(SECRET)


@pytest.mark.parametrize(
    "name", ["VOLTDOCK_EDGE_KIOSK__PROT", "VOLTDOCK_EDGE_DATADIR", "VOLTDOCK_EDGE_KIOSK_PORT", "voltdock_edge_nothing"]
)
def test_a_misspelt_variable_is_an_error_that_names_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(Misconfigured) as caught:
        read(None)
    assert f"{name}: unknown environment variable" in caught.value.problems


def test_only_our_own_prefix_is_looked_at() -> None:
    assert unknown_variables({"PATH": "", "VOLTDOCK_MQTT_URL": "", "VOLTDOCK_HUB_PORT": ""}) == []


def test_a_variable_that_is_no_json_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLTDOCK_EDGE_DOCKS__DOCK", f"[{{'secret': {SECRET}}}]")
    with pytest.raises(Misconfigured) as caught:
        read(None)
    assert len(caught.value.problems) == 1
    assert SECRET not in str(caught.value)


def test_all_problems_are_told_at_once_with_key_value_and_what_was_expected(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOLTDOCK_EDGE_TYPO", "1")
    found = problems(
        file,
        f"""
        colour = "red"
        _env_file = "x"
        [kiosk]
        port = 99999
        hots = "x"
        [log]
        level = "loud"
        [docks]
        baud = 1
        [[docks.dock]]
        no = 1
        address = 1
        secret = "{SECRET}00"
        [[docks.dock]]
        no = 2
        address = 2
        """,
    )
    text = "\n".join(found)
    for expected in (
        "VOLTDOCK_EDGE_TYPO: unknown environment variable",
        "colour: unknown key",
        "_env_file: unknown key",
        "kiosk.port = 99999: Input should be less than or equal to 65535",
        "kiosk.hots: unknown key",
        "log.level = 'loud': Input should be 'debug'",
        "docks.baud = 1: ",
        "docks.dock.0: secret must be 32 hexadecimal digits",
        "docks.dock.1: give either secret or secret_file",
    ):
        assert expected in text
    assert len(found) == 9


@pytest.mark.parametrize(
    "text",
    [
        f'[docks]\ndock = [{{no=1,address=1,secret="{SECRET}"}},{{no=1,address=2,secret="{SECRET}"}}]',
        f'[docks]\ndock = [{{no=1,address=1,secret="{SECRET}"}},{{no=2,address=1,secret="{SECRET}"}}]',
        f'[docks]\ndock = ["{SECRET}"]',
        f'[docks]\ndock = "{SECRET}"',
        f'[docks]\ndock = [{{no=1,address=1,secret=["{SECRET}"]}}]',
        f'[chargers]\ncharger = [{{id="a b",password="{SECRET}"}}]',
        f'[hub]\nurl = "http://user:{SECRET}@hub.example"',
    ],
)
def test_no_message_shows_a_secret(file: Path, text: str) -> None:
    assert len(problems(file, text)) == 1


def test_a_secret_may_come_from_a_file(file: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET + "\n")
    file.write_text(f'[docks]\ndock = [{{no=1,address=1,secret_file="{tmp_path}/key"}}]')
    dock = read(file).docks.dock[0]
    assert dock.key() == bytes.fromhex(SECRET)
    (tmp_path / "key").write_text("short")
    with pytest.raises(ValueError, match="expected 32 hexadecimal digits"):
        dock.key()


def test_a_file_that_cannot_be_read_or_is_no_toml_says_so(file: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        read(file)
    assert "is no TOML" in problems(file, "[kiosk")[0]
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match="cannot be read"):
        read(file)


def test_what_people_see_holds_no_secret(file: Path) -> None:
    file.write_text(
        f'[docks]\ndock = [{{no=1,address=1,secret="{SECRET}"}}]\n'
        f'[[chargers.charger]]\nid = "CP1"\npassword = "{SECRET}"'
    )
    text = json.dumps(redacted(read(file)))
    assert SECRET not in text
    assert "CP1" in text


def test_a_broker_may_be_shared_with_the_hub_and_the_stations_own_name_is_stronger(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('[mqtt]\nurl = "mqtt://of-the-file"\nusername = "we"\n')
    monkeypatch.setenv("VOLTDOCK_MQTT_URL", "mqtts://shared")
    mqtt = read(file).mqtt
    assert (mqtt.host, mqtt.port, mqtt.username, mqtt.tls() is not None) == ("shared", 8883, "we", True)
    monkeypatch.setenv("VOLTDOCK_EDGE_MQTT__URL", "mqtt://[::1]:1")
    own = read(file).mqtt
    assert (own.host, own.port, own.tls()) == ("::1", 1, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('url = "http://b"', "expected mqtt://HOST:PORT"),
        (f'url = "mqtt://we:{SECRET}@b"', "without name and password"),
        ('url = "mqtt://b:70000"', "expected mqtt://HOST:PORT"),
        ('url = "mqtts://b"\nca_file = "/nowhere"', "cannot be used"),
        ('url = "mqtts://b"\ncert_file = "/dev/null"', "cannot be used"),
        ('url = "mqtt://b"\nca_file = "/dev/null"', "mqtts://"),
        ('url = "mqtts://b"\nkey_file = "/dev/null"', "needs cert_file"),
        (f'password = "{SECRET}"\npassword_file = "/dev/null"', "either password or password_file"),
        ('password_file = "/nowhere"', "cannot be read"),
    ],
)
def test_a_broker_that_cannot_be_used_is_told_without_its_secret(file: Path, text: str, expected: str) -> None:
    told = problems(file, f"[mqtt]\n{text}\n")
    assert expected in told[0]
    assert len(told) == 1


def test_the_brokers_password_is_not_shown(file: Path) -> None:
    file.write_text(f'[mqtt]\nurl = "mqtt://b"\npassword = "{SECRET}"\n')
    assert read(file).mqtt.secret() == SECRET
    assert SECRET not in json.dumps(redacted(read(file)))
