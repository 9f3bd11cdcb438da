"""The agent's configuration file that the simulator writes."""

import tomllib
from pathlib import Path

from firmware_sim.agent_config import Addresses, agent_toml, write_private
from firmware_sim.plan import DEMO, dock_secret

SECRET = bytes(range(32))
AT = Addresses(hub_url="http://127.0.0.1:1", docks_port="/dev/pts/9", modbus_port=2, kiosk_port=3, chargers_port=4)


def test_it_names_every_device_with_its_own_secret() -> None:
    text = agent_toml(DEMO, AT, data_dir=Path('/tmp/a "quoted" place'), station_secret=SECRET)
    parsed = tomllib.loads(text)
    assert parsed["data_dir"] == '/tmp/a "quoted" place'
    assert [dock["no"] for dock in parsed["docks"]["dock"]] == [1, 2, 3, 4, 5, 6]
    assert [dock["secret"] for dock in parsed["docks"]["dock"]] == [dock_secret(SECRET, n).hex() for n in range(1, 7)]
    assert [one["id"] for one in parsed["chargers"]["charger"]] == ["CP-01", "CP-02"]
    assert parsed["meters"][0]["port"] == 2


def test_it_is_for_nobody_elses_eyes(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.stat().st_mode & 0o077 == 0
    assert path.read_text() == "new"
