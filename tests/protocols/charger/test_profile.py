"""Quirk profiles: every shipped one reads, the best one wins."""

import pytest

from edge_agent.chargers.profiles import shipped_profiles
from protocols.charger.profile import ChargerProfile, parse_charger_profile, profile_for
from protocols.errors import Malformed

ODD = ChargerProfile(name="odd", source="test", vendor="Odd.*", energy_unit_when_missing="kWh")
ODDER = ChargerProfile(name="odder", source="test", vendor="Odd.*", model="X[12]", rank=2)


def test_every_shipped_profile_reads_and_the_generic_one_fits_all() -> None:
    profiles = shipped_profiles()
    assert "generic" in {profile.name for profile in profiles}
    assert profile_for("Nobody", "Nothing", profiles).name == "generic"


@pytest.mark.parametrize(
    ("vendor", "model", "name"), [("ODD GmbH", "X1", "odder"), ("Odd", "Y", "odd"), ("Even", "X1", "generic")]
)
def test_the_most_particular_profile_wins(vendor: str, model: str, name: str) -> None:
    assert profile_for(vendor, model, [ODDER, ODD, *shipped_profiles()]).name == name


@pytest.mark.parametrize(
    "text", ["name = ", 'name = "x"', 'name="x"\nsource="s"\nvendor="("', 'name="x"\nsource="s"\nfoo=1']
)
def test_a_broken_profile_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_charger_profile(text)
