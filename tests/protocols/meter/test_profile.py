"""Every shipped profile, and what a broken one is told."""

from importlib import resources

import pytest

from protocols.errors import Malformed
from protocols.meter.profile import MeterProfile, parse_meter_profile
from protocols.meter.registers import blocks_of, readings_of, words_of

FILES = sorted(
    (file for file in (resources.files("protocols.meter") / "profiles").iterdir() if file.name.endswith(".toml")),
    key=lambda file: file.name,
)
PROFILES = [parse_meter_profile(file.read_text("utf-8")) for file in FILES]

GOOD = """
name = "x"
maker = "m"
model = "m"
source = "s"
function = "input"
word_order = "big"
block_limit = 2
registers = [{ reading = "power_w", address = 0, type = "f32" }]
"""


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_every_shipped_profile_round_trips_its_readings(profile: MeterProfile) -> None:
    readings = {register.reading: float(7 * register.scale) for register in profile.registers}
    words = words_of(profile, readings)
    read: dict[str, float] = {}
    for block in blocks_of(profile):
        assert block.count <= profile.block_limit
        read |= readings_of(profile, block, [words[block.address + offset] for offset in range(block.count)])
    assert read == pytest.approx(readings)
    assert {"power_w", "energy_import_wh", "voltage_l1_v", "frequency_hz"} <= set(read)


def test_file_names_are_profile_names() -> None:
    assert [file.name for file in FILES] == [f"{profile.name}.toml" for profile in PROFILES]
    assert {"eastron_sdm120", "eastron_sdm630"} <= {profile.name for profile in PROFILES}


def test_golden_sdm630_block_reads_as_its_manual_says() -> None:
    """Registers 0-5 (U L1-L3), big-endian floats: 230.2 V, 100 V, 50 V."""
    profile = next(one for one in PROFILES if one.name == "eastron_sdm630")
    block = blocks_of(profile)[0]
    words = [0x4366, 0x3334, 0x42C8, 0x0000, 0x4248, 0x0000] + [0] * (block.count - 6)
    readings = readings_of(profile, block, words)
    assert readings["voltage_l1_v"] == pytest.approx(230.2, abs=1e-4)
    assert (readings["voltage_l2_v"], readings["voltage_l3_v"]) == (100.0, 50.0)
    assert block.count == 36  # 18 values: below the manual's 30 in one read


def test_golden_sdm630_energy_is_kilowatt_hours_in_the_device() -> None:
    profile = next(one for one in PROFILES if one.name == "eastron_sdm630")
    block = next(one for one in blocks_of(profile) if one.address == 0x46)
    readings = readings_of(profile, block, [0x4248, 0, 0x42C8, 0, 0x4120, 0])  # 50 Hz, 100 kWh, 10 kWh
    assert readings == {"frequency_hz": 50.0, "energy_import_wh": 100_000.0, "energy_export_wh": 10_000.0}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("power_w", "power"), "ends in its unit"),
        (("f32", "f31"), "type"),
        (("block_limit = 2", "block_limit = 1"), "wider than block_limit"),
        (("address = 0", "address = 65535"), "beyond register"),
        (('"f32" }', '"f32" }, { reading = "power_w", address = 4, type = "f32" }'), "named twice"),
        (('"f32" }', '"f32" }, { reading = "power_l1_w", address = 1, type = "f32" }'), "overlaps"),
        (('"f32" }', '"f32", not_implemented = 0 }'), "NaN"),
        (('"f32" }', '"f32", colour = 1 }'), "colour"),
        (("registers = [", "registers = [["), "bad_meter_profile"),
    ],
)
def test_a_broken_profile_is_told_what_is_wrong(change: tuple[str, str], named: str) -> None:
    assert parse_meter_profile(GOOD).name == "x"
    with pytest.raises(Malformed, match=named):
        parse_meter_profile(GOOD.replace(*change))
