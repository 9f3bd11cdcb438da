"""Loads the quirk profiles that ship with `protocols.charger`."""

from importlib import resources

from protocols.charger.profile import ChargerProfile, parse_charger_profile


def shipped_profiles() -> tuple[ChargerProfile, ...]:
    """All charger profiles of this release, by name. Raises Malformed when one is broken (a packaging error)."""
    folder = resources.files("protocols.charger") / "profiles"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return tuple(parse_charger_profile(file.read_text("utf-8")) for file in files)
