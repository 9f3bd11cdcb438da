"""Settings: where they come from, and how wrong ones are told."""

from pathlib import Path

import pytest

from hub.settings import BadSettingsError, load


def _problems(config: Path | None, environ: dict[str, str], **given: object) -> list[str]:
    with pytest.raises(BadSettingsError) as caught:
        load(config, environ, **given)
    return caught.value.problems


def test_the_defaults_reach_nobody_else() -> None:
    settings = load(None, {"PATH": "/bin"})
    assert (settings.host, settings.port, settings.is_loopback) == ("127.0.0.1", 8080, True)
    assert settings.url.startswith("sqlite+aiosqlite:////")
    assert settings.url.endswith("/hub-data/hub.sqlite")


def test_the_command_line_beats_the_environment_and_that_the_file(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text('host = "::1"\nport = 1\n[log]\nlevel = "debug"\nformat = "json"\n')
    environ = {"VOLTDOCK_HUB_PORT": "2", "VOLTDOCK_HUB_LOG__LEVEL": "error"}
    settings = load(config, environ, host="localhost", port=None)
    assert (settings.host, settings.port) == ("localhost", 2)
    assert (settings.log.level, settings.log.format) == ("error", "json")


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("postgresql://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgres://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgresql+asyncpg://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("sqlite:////x/y", "sqlite+aiosqlite:////x/y"),
    ],
)
def test_a_database_needs_no_driver_in_its_address(given: str, url: str) -> None:
    assert load(None, {}, database_url=given).url == url


def test_all_problems_are_told_at_once_with_their_origin(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text('prot = 1\nport = "many"\n')
    environ = {"VOLTDOCK_HUB_LOG__LEVEL": "loud", "VOLTDOCK_HUB_COLOUR": "red"}
    told = "\n".join(_problems(config, environ))
    assert f"{config}: prot: unknown key" in told
    assert f"{config}: port: 'many' input should be a valid integer" in told
    assert "VOLTDOCK_HUB_LOG__LEVEL: 'loud' input should be 'debug'" in told
    assert "VOLTDOCK_HUB_COLOUR: unknown key" in told


def test_a_secret_may_come_from_a_file_and_never_shows(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://u:hush@h/d\n")
    settings = load(None, {"VOLTDOCK_HUB_DATABASE_URL_FILE": str(secret)})
    assert settings.url == "postgresql+asyncpg://u:hush@h/d"
    assert "hush" not in repr(settings)
    assert "hush" not in "".join(_problems(None, {}, database_url="mysql://u:hush@h/d"))


@pytest.mark.parametrize("content", [None, b"port = ", b"\xff"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    config = tmp_path / "hub.toml"
    if content is not None:
        config.write_bytes(content)
    assert str(config) in _problems(config, {})[0]


def test_a_missing_secret_file_is_told(tmp_path: Path) -> None:
    told = _problems(None, {"VOLTDOCK_HUB_DATABASE_URL_FILE": str(tmp_path / "no")})
    assert "VOLTDOCK_HUB_DATABASE_URL_FILE" in told[0]


def test_a_broker_may_be_shared_with_the_stations_and_the_hubs_own_name_is_stronger(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text('[mqtt]\nurl = "mqtt://of-the-file"\nusername = "we"\n')
    shared = {"VOLTDOCK_MQTT_URL": "mqtts://shared"}
    mqtt = load(config, shared).mqtt
    assert (mqtt.host, mqtt.port, mqtt.username, mqtt.tls() is not None) == ("shared", 8883, "we", True)
    own = load(config, shared | {"VOLTDOCK_HUB_MQTT__URL": "mqtt://[::1]:1"}).mqtt
    assert (own.host, own.port, own.tls()) == ("::1", 1, None)
    assert load(config, {"VOLTDOCK_MQTT_URL": ""}).mqtt.host == "of-the-file"
    assert load(None, {}).mqtt.url is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"URL": "http://b"}, "expected mqtt://HOST:PORT"),
        ({"URL": "mqtt://we:hush@b"}, "without name and password"),
        ({"URL": "mqtt://b:70000"}, "expected mqtt://HOST:PORT"),
        ({"URL": "mqtt://b:0"}, "expected mqtt://HOST:PORT"),
        ({"URL": "mqtts://b", "CA_FILE": "/nowhere"}, "cannot be used"),
        ({"URL": "mqtts://b", "CERT_FILE": "/dev/null"}, "cannot be used"),
        ({"URL": "mqtt://b", "CA_FILE": "/dev/null"}, "mqtts://"),
        ({"URL": "mqtts://b", "KEY_FILE": "/dev/null"}, "needs cert_file"),
        ({"PASSWORD": "hush", "PASSWORD_FILE": "/dev/null"}, "either password or password_file"),
        ({"PASSWORD_FILE": "/nowhere"}, "cannot be read"),
    ],
)
def test_a_broker_that_cannot_be_used_is_told_without_its_secret(given: dict[str, str], expected: str) -> None:
    told = _problems(None, {f"VOLTDOCK_HUB_MQTT__{name}": value for name, value in given.items()})
    assert expected in told[0]
    assert "hush" not in told[0]


def test_providers_of_log_ins_come_by_file_or_environment_and_are_checked(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text('[oidc.city]\nissuer = "https://id.example"\nclient_id = "x"\n')
    (tmp_path / "secret").write_text("hush\n")
    environ = {"VOLTDOCK_HUB_OIDC__CITY__CLIENT_SECRET_FILE": str(tmp_path / "secret")}
    city = load(config, environ).oidc["city"]
    assert (city.issuer, city.secret(), "hush" in repr(city)) == ("https://id.example", "hush", False)
    as_json = '{"city": {"issuer": "https://id.example", "client_id": "x"}}'
    assert load(None, {"VOLTDOCK_HUB_OIDC": as_json}).oidc["city"].client_id == "x"
    for bad, why in (
        ({"ISSUER": "http://id.example", "CLIENT_ID": "x"}, "expected https"),
        ({"ISSUER": "https://id.example"}, "client_id"),
        ({"ISSUER": "https://id.example", "CLIENT_ID": "x", "SCOPES": "email"}, "openid"),
        ({"ISSUER": "https://id.example", "CLIENT_ID": "x", "CLIENT_SECRET_FILE": "/nowhere"}, "cannot be read"),
    ):
        told = "\n".join(_problems(None, {f"VOLTDOCK_HUB_OIDC__CITY__{name}": value for name, value in bad.items()}))
        assert why in told


def test_mail_and_proxies_are_checked_and_a_mail_servers_password_never_shows() -> None:
    told = "\n".join(
        _problems(
            None,
            {
                "VOLTDOCK_HUB_SMTP_URL": "http://hub:hush@mail.example",
                "VOLTDOCK_HUB_TRUSTED_PROXIES": "127.0.0.1, nowhere",
                "VOLTDOCK_HUB_MAIL_FROM": "nobody",
                "VOLTDOCK_HUB_PUBLIC_URL": "hub.example",
            },
        )
    )
    for name in ("SMTP_URL", "TRUSTED_PROXIES", "MAIL_FROM", "PUBLIC_URL"):
        assert f"VOLTDOCK_HUB_{name}" in told
    assert "hush" not in told
    settings = load(None, {"VOLTDOCK_HUB_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8", "VOLTDOCK_HUB_HOST": "::1"})
    assert [str(one) for one in settings.proxies] == ["127.0.0.1/32", "10.0.0.0/8"]
    assert settings.people_reach == "http://[::1]:8080"
