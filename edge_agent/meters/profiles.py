"""Loads the meter profiles that ship with `protocols.meter`."""

from importlib import resources

from protocols.errors import Malformed
from protocols.meter.profile import MeterProfile, parse_meter_profile


def profile_names() -> tuple[str, ...]:
    """The names that `load_profile` knows."""
    folder = resources.files("protocols.meter") / "profiles"
    names = (file.name for file in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_profile(name: str) -> MeterProfile:
    """A shipped profile such as ``eastron_sdm630``. Raises Malformed naming those that exist, for any other."""
    if name not in profile_names():
        raise Malformed("unknown_meter_profile", f"{name}; known: {', '.join(profile_names())}")
    file = resources.files("protocols.meter") / "profiles" / f"{name}.toml"
    return parse_meter_profile(file.read_text("utf-8"))
