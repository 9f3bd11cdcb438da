"""The shape of a meter's register map: one device model as data, checked when it is read.

No file is opened here; the rooms that have I/O load the profiles.
"""

import re
import tomllib
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from protocols.errors import Malformed

RegisterType = Literal["u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64"]
WORDS_OF: Final[dict[str, int]] = {"16": 1, "32": 2, "64": 4}

# A reading's name says its unit; a power factor has none.
_NAME: Final = re.compile(r"^(power_factor(_l[123])?|[a-z][a-z0-9_]*_(w|va|var|wh|vah|varh|v|a|hz|deg|pct|c))$")


class Register(BaseModel):
    """One value in the device: where it stands, how it is coded, what it means to us.

    `address` is the one on the wire (0-based). The reading is the raw number times `scale`, in the unit that ends
    the `reading`'s name. A raw integer equal to `not_implemented` is no reading.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reading: str
    address: Annotated[int, Field(ge=0, le=0xFFFF)]
    type: RegisterType
    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    not_implemented: int | None = None

    @property
    def words(self) -> int:
        """How many 16-bit registers it takes."""
        return WORDS_OF[self.type[1:]]

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if not _NAME.match(self.reading):
            raise ValueError(f"{self.reading}: a reading's name ends in its unit")
        if self.address + self.words > 0x10000:
            raise ValueError(f"{self.reading}: reaches beyond register 65535")
        if self.type.startswith("f") and self.not_implemented is not None:
            raise ValueError(f"{self.reading}: a float says 'not implemented' by NaN")
        return self


class MeterProfile(BaseModel):
    """One device model. `block_limit` is the most registers that it answers in one read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    maker: str
    model: str
    source: Annotated[str, Field(min_length=1)]
    function: Literal["holding", "input"]  # Modbus function 03 or 04
    word_order: Literal["big", "little"]  # big: the high word first; bytes in a word are always big-endian
    block_limit: Annotated[int, Field(ge=1, le=125)]
    registers: Annotated[tuple[Register, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [register.reading for register in self.registers]
        if len(set(names)) != len(names):
            raise ValueError("a reading is named twice")
        taken: dict[int, str] = {}
        for register in self.registers:
            if register.words > self.block_limit:
                raise ValueError(f"{register.reading}: wider than block_limit")
            for address in range(register.address, register.address + register.words):
                other = taken.setdefault(address, register.reading)
                if other != register.reading:
                    raise ValueError(f"{register.reading} overlaps {other} at register {address}")
        return self


def parse_meter_profile(toml_text: str) -> MeterProfile:
    """The profile in a TOML text. Raises Malformed naming the field and what was expected."""
    try:
        data: dict[str, Any] = tomllib.loads(toml_text)
        return MeterProfile.model_validate(data)
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise Malformed("bad_meter_profile", str(error)) from error
