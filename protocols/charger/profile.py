"""The shape of a quirk profile: what is peculiar about one charger model. Data only; files are loaded elsewhere."""

import re
import tomllib
from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from protocols.errors import Malformed


class ChargerProfile(BaseModel):
    """How to read one model (or a maker's whole range) where it differs from the standard.

    `vendor` and `model` are regular expressions that the whole BootNotification field must match, any case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, pattern=r"^[a-z0-9_]+$")
    source: str = Field(min_length=1, description="Where this was learned: a document, an issue, an observation.")
    vendor: str = ".*"
    model: str = ".*"
    rank: int = Field(default=1, ge=0, description="The highest matching rank wins; the generic profile has 0.")
    energy_unit_when_missing: Literal["Wh", "kWh"] = "Wh"
    heartbeat_interval_s: int | None = Field(default=None, ge=10, le=86400)

    def fits(self, vendor: str, model: str) -> bool:
        """Does this profile describe that charger?"""
        return _matches(self.vendor, vendor) and _matches(self.model, model)


GENERIC = ChargerProfile(name="generic", source="OCPP 1.6 edition 2", rank=0)


def parse_charger_profile(toml_text: str) -> ChargerProfile:
    """The profile in a TOML text. Raises Malformed naming the field."""
    try:
        profile = ChargerProfile.model_validate(tomllib.loads(toml_text))
        re.compile(profile.vendor)
        re.compile(profile.model)
    except (tomllib.TOMLDecodeError, ValidationError, re.error) as error:
        raise Malformed("bad_charger_profile", str(error)) from error
    return profile


def profile_for(vendor: str, model: str, profiles: Iterable[ChargerProfile]) -> ChargerProfile:
    """The best profile for a charger; the generic one where none fits."""
    fitting = [profile for profile in profiles if profile.fits(vendor, model)]
    return max(fitting, key=lambda profile: profile.rank, default=GENERIC)


def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value, re.IGNORECASE) is not None
